/** Retention in words: what is kept, and by which window a snapshot stays. */

import { KEEP_RULES } from "@ironcore-backup/protocol/calls";
import type { EffectiveRetention, KeepRule, PruneDecision, Retention } from "@ironcore-backup/protocol/calls";

import type { PlainKey } from "../texts/catalogue.ts";
import { t } from "../texts/texts.ts";

export const KEEP_FIELDS = {
  "keep-last": "keepLast",
  "keep-hourly": "keepHourly",
  "keep-daily": "keepDaily",
  "keep-weekly": "keepWeekly",
  "keep-monthly": "keepMonthly",
  "keep-yearly": "keepYearly",
} as const satisfies Record<KeepRule, keyof Retention>;

const RULE_WORDS = {
  "keep-last": "parts.keepWord.last",
  "keep-hourly": "parts.keepWord.hourly",
  "keep-daily": "parts.keepWord.daily",
  "keep-weekly": "parts.keepWord.weekly",
  "keep-monthly": "parts.keepWord.monthly",
  "keep-yearly": "parts.keepWord.yearly",
} as const satisfies Record<KeepRule, string>;

/** `keep-daily` → `daily` */
export function ruleWord(rule: KeepRule): string {
  return t(RULE_WORDS[rule]);
}

/** One letter for where there is no room for the word, in every language that of the rule: L H D W M Y. */
export function ruleLetter(rule: KeepRule): string {
  return rule.charAt("keep-".length).toUpperCase();
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
  return words.length === 0 ? t("parts.retention.everything") : words.join(", ");
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
      return t("parts.retention.asAsked");
    case "job":
      return t("parts.retention.ofJob", { name: setOn ?? "" }).trim();
    case "namespace":
      return t("parts.retention.ofNamespace", { name: setOn ?? "" }).trim();
    case "datastore":
      return t("parts.retention.ofDatastore", { name: setOn ?? "" }).trim();
    case "none":
      return t("parts.retention.none");
  }
}

/** `daily 3/7`: the third of seven that the daily window keeps. Other reasons as a word of their own. */
export function decisionWord(
  { action, reason, rule, position }: PruneDecision,
  retention: Retention | undefined,
): string {
  if (action === "remove") return t(GO_WORDS[reason] ?? "parts.retention.goes");
  if (rule === undefined || rule !== reason) return t(STAY_WORDS[reason] ?? "parts.retention.stays");
  const count = retention?.[KEEP_FIELDS[rule]];
  if (position === undefined || count === undefined) return ruleWord(rule);
  return `${ruleWord(rule)} ${position}/${count}`;
}

const STAY_WORDS: Partial<Record<PruneDecision["reason"], PlainKey>> = {
  "no-retention": "parts.retention.everythingStays",
  protected: "parts.retention.protected",
  running: "parts.retention.running",
  "in-use": "parts.retention.inUse",
  damaged: "parts.retention.damaged",
  "last-sound": "parts.retention.lastSound",
};

const GO_WORDS: Partial<Record<PruneDecision["reason"], PlainKey>> = {
  superseded: "parts.retention.superseded",
  outside: "parts.retention.outside",
  unfinished: "parts.retention.unfinished",
};
