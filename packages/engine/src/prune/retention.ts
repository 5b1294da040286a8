/** How long snapshots are kept: six windows, each with a count of hours, days, weeks … of which one snapshot stays. */

/** In the order in which they choose. */
export const KEEP_RULES = [
  "keep-last",
  "keep-hourly",
  "keep-daily",
  "keep-weekly",
  "keep-monthly",
  "keep-yearly",
] as const;
export type KeepRule = (typeof KEEP_RULES)[number];

export interface Retention {
  /** Absent or 0: the window keeps nothing. */
  readonly counts: Readonly<Partial<Record<KeepRule, number>>>;
  /** IANA name of the zone in which the windows begin and end. */
  readonly timeZone: string;
}

/** Without a window that keeps something, everything stays. */
export function keepsSomething(counts: Retention["counts"]): boolean {
  return KEEP_RULES.some((rule) => (counts[rule] ?? 0) > 0);
}
