/** What a plan or a simulation says, in one shape for the page: decisions by snapshot and by day. */

import { KEEP_RULES } from "@ironcore-backup/protocol/calls";
import type {
  KeepRule,
  PruneDecision,
  PrunePlan,
  PruneSimulation,
  Retention,
} from "@ironcore-backup/protocol/calls";
import { formatDay } from "../../parts/instant-text.ts";

export interface Outcome {
  readonly keepCount: number;
  readonly removeCount: number;
  readonly groups: readonly OutcomeGroup[];
}

export interface OutcomeGroup {
  /** `[NS/]type/id`; absent for an invented schedule. */
  readonly group: string | undefined;
  /** Newest first. */
  readonly decisions: readonly OutcomeRow[];
  readonly keepCount: number;
  readonly removeCount: number;
}

export interface OutcomeRow extends PruneDecision {
  /** `[NS/]type/id/time` of a real one. */
  readonly snapshot?: string;
  readonly retention: Retention;
  /** The zone in which its retention counts. */
  readonly timeZone: string;
  /** `2026-11-23` in that zone. */
  readonly day: string;
}

export function outcomeOfPlan(plan: PrunePlan): Outcome {
  return {
    keepCount: plan.keepCount,
    removeCount: plan.removeCount,
    groups: plan.groups.map(({ group, snapshots, keepCount, removeCount }) => ({
      group,
      keepCount,
      removeCount,
      decisions: snapshots.map((planned) => {
        const applied = plan.retentions[planned.retentionIndex];
        return rowOf(planned, applied?.retention ?? {}, applied?.timeZone ?? "UTC");
      }),
    })),
  };
}

export function outcomeOfSimulation(
  { snapshots, keepCount, removeCount, timeZone }: PruneSimulation,
  retention: Retention,
): Outcome {
  const decisions = snapshots.map((decision) => rowOf(decision, retention, timeZone));
  return { keepCount, removeCount, groups: [{ group: undefined, decisions, keepCount, removeCount }] };
}

function rowOf<Decision extends PruneDecision>(decision: Decision, retention: Retention, timeZone: string) {
  return { ...decision, retention, timeZone, day: formatDay(decision.backupTime * 1000, timeZone) };
}

export interface OutcomeDay {
  readonly day: string;
  readonly keepCount: number;
  readonly removeCount: number;
  /** Of those that stay, the widest window that keeps one: what will still be there last. */
  readonly rule: KeepRule | undefined;
}

/** By day, only the days that have snapshots. */
export function daysOf(rows: readonly OutcomeRow[]): ReadonlyMap<string, OutcomeDay> {
  const days = new Map<string, OutcomeDay>();
  for (const { day, action, rule } of rows) {
    const before = days.get(day) ?? { day, keepCount: 0, removeCount: 0, rule: undefined };
    const isKept = action === "keep";
    days.set(day, {
      day,
      keepCount: before.keepCount + (isKept ? 1 : 0),
      removeCount: before.removeCount + (isKept ? 0 : 1),
      rule: isKept ? widerRule(before.rule, rule) : before.rule,
    });
  }
  return days;
}

function widerRule(a: KeepRule | undefined, b: KeepRule | undefined): KeepRule | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return KEEP_RULES.indexOf(a) > KEEP_RULES.indexOf(b) ? a : b;
}

/** How many each rule keeps; only rules that keep something. */
export function countRules(rows: readonly OutcomeRow[]): readonly (readonly [KeepRule, number])[] {
  const counts = new Map<KeepRule, number>();
  for (const { action, reason, rule } of rows) {
    if (action === "keep" && rule !== undefined && rule === reason)
      counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return KEEP_RULES.flatMap((rule) => {
    const count = counts.get(rule);
    return count === undefined ? [] : [[rule, count] as const];
  });
}
