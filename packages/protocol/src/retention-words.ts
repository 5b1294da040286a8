/** The words of retention, without any schema. */

/** The windows of a retention, in the order in which they choose. */
export const KEEP_RULES = [
  "keep-last",
  "keep-hourly",
  "keep-daily",
  "keep-weekly",
  "keep-monthly",
  "keep-yearly",
] as const;
export type KeepRule = (typeof KEEP_RULES)[number];

/** Why a snapshot stays or goes. `stay` and `go` are the two halves of this list. */
export const STAY_REASONS = [
  ...KEEP_RULES,
  /** No window is set: everything stays. */
  "no-retention",
  "protected",
  /** A backup is writing it, or may be. */
  "running",
  /** Something reads it right now, or a running backup stands on it. Only a prune that ran says so. */
  "in-use",
  /** Its manifest cannot be read: a person has to look. Never counted. */
  "damaged",
  /** Every newer one that stays failed its verification or cannot be read. */
  "last-sound",
] as const;
export type StayReason = (typeof STAY_REASONS)[number];

export const GO_REASONS = [
  /** A newer snapshot of the same hour, day, week, month or year stays. */
  "superseded",
  /** Older than every window reaches. */
  "outside",
  /** What a broken backup left: it has no manifest. */
  "unfinished",
] as const;
export type GoReason = (typeof GO_REASONS)[number];

/** Where a retention was set, most specific first. `request`: given with the question itself. */
export const RETENTION_LEVELS = ["request", "job", "namespace", "datastore", "none"] as const;
export type RetentionLevel = (typeof RETENTION_LEVELS)[number];

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];
