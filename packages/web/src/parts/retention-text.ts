/** Retention in words: what is kept, and by which window a snapshot stays. */

import { KEEP_RULES } from "@ironcore-backup/protocol/calls";
import type { EffectiveRetention, KeepRule, PruneDecision, Retention } from "@ironcore-backup/protocol/calls";

export const KEEP_FIELDS = {
  "keep-last": "keepLast",
  "keep-hourly": "keepHourly",
  "keep-daily": "keepDaily",
  "keep-weekly": "keepWeekly",
  "keep-monthly": "keepMonthly",
  "keep-yearly": "keepYearly",
} as const satisfies Record<KeepRule, keyof Retention>;

/** `keep-daily` → `daily` */
export function ruleWord(rule: KeepRule): string {
  return rule.slice("keep-".length);
}

/** One letter for where there is no room for the word: L H D W M Y. */
export function ruleLetter(rule: KeepRule): string {
  return ruleWord(rule).charAt(0).toUpperCase();
}

/** True when some window keeps something; without one everything stays. */
export function hasWindow(retention: Retention): boolean {
  return KEEP_RULES.some((rule) => (retention[KEEP_FIELDS[rule]] ?? 0) > 0);
}

/** `last 3, daily 7, weekly 4`; `everything` when no window is set. */
export function formatRetention(retention: Retention): string {
  const words = KEEP_RULES.flatMap((rule) => {
    const count = retention[KEEP_FIELDS[rule]] ?? 0;
    return count === 0 ? [] : [`${ruleWord(rule)} ${count}`];
  });
  return words.length === 0 ? "everything" : words.join(", ");
}

/** `--keep-daily 7 --keep-weekly 4`, as the command line takes it. */
export function retentionOptions(retention: Retention): string {
  return KEEP_RULES.flatMap((rule) => {
    const count = retention[KEEP_FIELDS[rule]] ?? 0;
    return count === 0 ? [] : [`--${rule} ${count}`];
  }).join(" ");
}

/** Where it was set: `of the datastore main`. */
export function formatOrigin({ level, setOn }: EffectiveRetention): string {
  switch (level) {
    case "request":
      return "as asked for";
    case "job":
      return `of the job ${setOn ?? ""}`.trim();
    case "namespace":
      return `of the namespace ${setOn ?? ""}`.trim();
    case "datastore":
      return `of the datastore ${setOn ?? ""}`.trim();
    case "none":
      return "none is set";
  }
}

/** `daily 3/7`: the third of seven that the daily window keeps. Other reasons as a word of their own. */
export function decisionWord(
  { action, reason, rule, position }: PruneDecision,
  retention: Retention | undefined,
): string {
  if (action === "remove") return GO_WORDS[reason] ?? "goes";
  if (rule === undefined || rule !== reason) return STAY_WORDS[reason] ?? "stays";
  const count = retention?.[KEEP_FIELDS[rule]];
  if (position === undefined || count === undefined) return ruleWord(rule);
  return `${ruleWord(rule)} ${position}/${count}`;
}

const STAY_WORDS: Partial<Record<PruneDecision["reason"], string>> = {
  "no-retention": "everything stays",
  protected: "protected",
  running: "running",
  "in-use": "in use",
  damaged: "unreadable",
  "last-sound": "last sound one",
};

const GO_WORDS: Partial<Record<PruneDecision["reason"], string>> = {
  superseded: "superseded",
  outside: "outside",
  unfinished: "unfinished",
};
