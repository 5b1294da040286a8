/**
 * Which snapshots stay, and by which rule: pure functions over times. docs/prune.md tells the same to people.
 *
 * The windows choose one after the other, keep-last first. Each goes through the snapshots that none before it has marked,
 * newest first: the newest of a period stays, the others of that period go. A period in which an earlier window keeps one
 * needs no other and is not counted. When a window has as many periods as it keeps, it stops. What nobody marked goes.
 */

import { formatBackupTime } from "@ironcore-backup/base";
import type { CalendarPeriods, LocalCalendar } from "./calendar-period.ts";
import { KEEP_RULES, keepsSomething } from "./retention.ts";
import type { KeepRule, Retention } from "./retention.ts";

export interface PruneCandidate {
  /** Unix time in seconds, another one for each. */
  readonly backupTime: number;
  readonly isProtected: boolean;
}

/** What was decided and why; `message` is the reason for people. */
export interface PruneDecision {
  readonly action: "keep" | "remove";
  readonly reason:
    | KeepRule
    | "no-retention"
    | "protected"
    | "running"
    | "damaged"
    | "last-sound"
    | "superseded"
    | "outside"
    | "unfinished";
  readonly message: string;
  /** The window that decided, the period it decided for, and for what it keeps the number in that window, from 1. */
  readonly rule?: KeepRule;
  readonly period?: string;
  readonly position?: number;
  /** `backupTime` of the snapshot that stays for this one's period. */
  readonly keptInstead?: number;
}

const PERIOD_OF_RULE: Readonly<Record<KeepRule, (periods: CalendarPeriods, backupTime: number) => string>> = {
  // Every snapshot is a period of its own.
  "keep-last": (_periods, backupTime) => formatBackupTime(backupTime),
  "keep-hourly": ({ hour }) => hour,
  "keep-daily": ({ day }) => day,
  "keep-weekly": ({ week }) => week,
  "keep-monthly": ({ month }) => month,
  "keep-yearly": ({ year }) => year,
};

/**
 * Decides about finished snapshots that are counted together.
 * @param candidates  in any order
 * @returns a decision for each, by its `backupTime`
 */
export function decideByWindows(
  needs: { calendar: LocalCalendar },
  candidates: readonly PruneCandidate[],
  counts: Retention["counts"],
): ReadonlyMap<number, PruneDecision> {
  if (!keepsSomething(counts))
    return new Map(candidates.map(({ backupTime }) => [backupTime, STAYS_WITHOUT_RETENTION]));
  const marks = new WindowMarks(candidates, needs.calendar);
  for (const rule of KEEP_RULES) {
    const count = counts[rule] ?? 0;
    if (count > 0) marks.choose(rule, count);
  }
  return new Map(candidates.map(({ backupTime }) => [backupTime, marks.decisionOf(backupTime)]));
}

export const STAYS_WITHOUT_RETENTION: PruneDecision = {
  action: "keep",
  reason: "no-retention",
  message: "No retention is set: everything stays",
};
export const STAYS_PROTECTED: PruneDecision = {
  action: "keep",
  reason: "protected",
  message: "It is protected",
};
const OUTSIDE: PruneDecision = {
  action: "remove",
  reason: "outside",
  message: "It is older than the windows reach",
};

interface DatedCandidate extends PruneCandidate {
  readonly periods: CalendarPeriods;
}

/** The marks that the windows have set so far. */
class WindowMarks {
  readonly #newestFirst: readonly DatedCandidate[];
  readonly #decisions = new Map<number, PruneDecision>();
  /** Why nobody marked it although a window came by: another one stands for its period. */
  readonly #covered = new Map<number, PruneDecision>();

  constructor(candidates: readonly PruneCandidate[], calendar: LocalCalendar) {
    this.#newestFirst = candidates
      .toSorted((a, b) => b.backupTime - a.backupTime)
      .map((one) => ({ ...one, periods: calendar.periodsOf(one.backupTime) }));
    for (const { backupTime, isProtected } of candidates)
      if (isProtected) this.#decisions.set(backupTime, STAYS_PROTECTED);
  }

  choose(rule: KeepRule, count: number): void {
    const periodOf = ({ periods, backupTime }: DatedCandidate): string =>
      PERIOD_OF_RULE[rule](periods, backupTime);
    const already = new Map<string, number>();
    const unmarked: DatedCandidate[] = [];
    for (const one of this.#newestFirst) {
      const decision = this.#decisions.get(one.backupTime);
      if (decision === undefined) unmarked.push(one);
      else if (decision.rule !== undefined && decision.action === "keep" && !already.has(periodOf(one)))
        already.set(periodOf(one), one.backupTime);
    }
    const seen = new Map<string, number>();
    for (const one of unmarked) {
      const period = periodOf(one);
      const earlier = already.get(period);
      const keeper = seen.get(period);
      if (earlier !== undefined) {
        if (!this.#covered.has(one.backupTime))
          this.#covered.set(one.backupTime, supersededBy(earlier, rule, period));
      } else if (keeper !== undefined) {
        this.#decisions.set(one.backupTime, supersededBy(keeper, rule, period));
      } else {
        if (seen.size >= count) return;
        seen.set(period, one.backupTime);
        this.#decisions.set(one.backupTime, keptBy(rule, period, seen.size, count));
      }
    }
  }

  decisionOf(backupTime: number): PruneDecision {
    return this.#decisions.get(backupTime) ?? this.#covered.get(backupTime) ?? OUTSIDE;
  }
}

function keptBy(rule: KeepRule, period: string, position: number, count: number): PruneDecision {
  const which = rule === "keep-last" ? "" : `newest of ${period}, `;
  const message = `${rule}: ${which}${position} of ${count}`;
  return { action: "keep", reason: rule, message, rule, period, position };
}

function supersededBy(keeper: number, rule: KeepRule, period: string): PruneDecision {
  const message = `${formatBackupTime(keeper)} stays for ${period}`;
  return { action: "remove", reason: "superseded", message, rule, period, keptInstead: keeper };
}
