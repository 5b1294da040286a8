/**
 * What becomes of every snapshot of one group. Finished ones go through their retention's windows; around that stand the rules
 * that protect from loss: what a backup writes stays, what nobody can read is not counted and stays for a person to look at,
 * and a group never loses its last snapshot that is not known to be damaged.
 */

import type { LocalCalendar } from "./calendar-period.ts";
import { decideByWindows, STAYS_PROTECTED, STAYS_WITHOUT_RETENTION } from "./prune-rule.ts";
import type { PruneDecision } from "./prune-rule.ts";
import { keepsSomething } from "./retention.ts";
import type { Retention } from "./retention.ts";

/** Snapshots with the same set are counted together: a job's own ones, or all that no job's retention takes. */
export interface RetentionSet {
  readonly key: string;
  readonly retention: Retention;
}

export interface GroupMember {
  readonly backupTime: number;
  readonly isProtected: boolean;
  /** `damaged`: it has a manifest that cannot be read. */
  readonly state: "finished" | "unfinished" | "damaged";
  /** Of an unfinished one: its writer lives. */
  readonly isBeingWritten: boolean;
  /** Its last verification failed. */
  readonly isKnownBad: boolean;
  readonly set: RetentionSet;
}

/** @param calendarOf  by time zone. @returns a decision for each member, by its `backupTime` */
export function decideGroup(
  needs: { calendarOf: (timeZone: string) => LocalCalendar },
  members: readonly GroupMember[],
): Map<number, PruneDecision> {
  const decisions = new Map<number, PruneDecision>();
  const newestFinished = newestOf(members.filter(({ state }) => state !== "unfinished"));
  const newestUnfinished = newestOf(members.filter(({ state }) => state === "unfinished"));
  for (const member of members) {
    if (member.state === "damaged") decisions.set(member.backupTime, decideDamaged(member));
    if (member.state !== "unfinished") continue;
    const mayRun = member.backupTime === newestUnfinished && member.backupTime > newestFinished;
    decisions.set(member.backupTime, decideUnfinished(member, mayRun));
  }
  const finished = members.filter(({ state }) => state === "finished");
  for (const together of Map.groupBy(finished, ({ set }) => set.key).values()) {
    const retention = together[0]?.set.retention;
    if (retention === undefined) continue;
    const calendar = needs.calendarOf(retention.timeZone);
    for (const [time, decision] of decideByWindows({ calendar }, together, retention.counts))
      decisions.set(time, decision);
  }
  holdLastSound(finished, decisions);
  return decisions;
}

/** 0 when there is none. */
function newestOf(members: readonly GroupMember[]): number {
  return members.reduce((newest, { backupTime }) => Math.max(newest, backupTime), 0);
}

function decideDamaged({ isProtected }: GroupMember): PruneDecision {
  if (isProtected) return STAYS_PROTECTED;
  const message = "Its manifest cannot be read: it is not counted, and goes only when somebody forgets it";
  return { action: "keep", reason: "damaged", message };
}

function decideUnfinished(member: GroupMember, mayRun: boolean): PruneDecision {
  if (member.isProtected) return STAYS_PROTECTED;
  if (member.isBeingWritten)
    return { action: "keep", reason: "running", message: "A backup is writing it right now" };
  if (mayRun)
    return {
      action: "keep",
      reason: "running",
      message: "The newest, without a manifest: a backup may be at it",
    };
  if (!keepsSomething(member.set.retention.counts)) return STAYS_WITHOUT_RETENTION;
  return { action: "remove", reason: "unfinished", message: "A broken backup left it without a manifest" };
}

/** Damaged ones count in the windows like all others; but they must not be all that is left. */
function holdLastSound(finished: readonly GroupMember[], decisions: Map<number, PruneDecision>): void {
  const sound = finished.filter(({ isKnownBad }) => !isKnownBad);
  if (sound.some(({ backupTime }) => decisions.get(backupTime)?.action === "keep")) return;
  const newest = sound.toSorted((a, b) => b.backupTime - a.backupTime)[0];
  if (newest === undefined) return;
  const message = "Every other that stays failed its verification or cannot be read";
  decisions.set(newest.backupTime, { action: "keep", reason: "last-sound", message });
}
