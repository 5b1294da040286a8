/**
 * "Is everything well?" in one line, and what is not, the worst first. It judges only what it is given: while something is
 * not known yet there is no verdict, and what was last known is never called well.
 */

import { formatSize } from "@ironcore-backup/base";
import type { Datastore, Task, TaskCounts } from "@ironcore-backup/protocol/calls";
import type { LiveState } from "../../live/live-state.ts";
import { countOf } from "../../parts/stage-text.ts";

/** A file system this full is worth a look before it is in the way. */
const USED_SHARE_MAX = 0.9;

export type VerdictLevel = "ok" | "warning" | "failed";

export interface Finding {
  readonly level: Exclude<VerdictLevel, "ok">;
  readonly text: string;
  /** Where to look. */
  readonly link: "tasks-failed" | "tasks-warning" | "tasks-running" | "workers" | undefined;
}

export interface Verdict {
  readonly level: VerdictLevel;
  readonly headline: string;
  readonly findings: readonly Finding[];
}

export interface VerdictFacts {
  readonly live: LiveState;
  /** Tasks queued within the last day, by state. */
  readonly dayCounts: TaskCounts | undefined;
  /** The failures that ended last; some of them may have been queued long before. */
  readonly recentFailures: readonly Task[] | undefined;
  /** When the day began. */
  readonly since: number;
  readonly datastores: readonly Datastore[] | undefined;
}

/** Undefined while too little is known to say anything. */
export function judge(facts: VerdictFacts): Verdict | undefined {
  const { live, dayCounts, recentFailures, since, datastores } = facts;
  if (live.contact.state === "connecting") return undefined;
  if (dayCounts === undefined || recentFailures === undefined || datastores === undefined) return undefined;
  // Counted by their queueing are all but those that took longer than the day.
  const longFailures = recentFailures.filter(
    ({ queuedAt, endedAt }) => queuedAt < since && (endedAt ?? 0) >= since,
  );
  const findings = [
    ...contactFindings(live),
    ...datastores.flatMap(datastoreFindings),
    ...outcomeFindings(dayCounts, longFailures.length),
    ...workerFindings(live),
    ...taskFindings(live),
  ].sort((a, b) => Number(b.level === "failed") - Number(a.level === "failed"));
  const [worst] = findings;
  if (worst === undefined) return { level: "ok", headline: "All quiet", findings };
  const headline = findings.length === 1 ? worst.text : `${countOf(findings.length, "thing")} to look at`;
  return { level: worst.level, headline, findings };
}

function contactFindings({ contact }: LiveState): Finding[] {
  if (contact.state !== "lost") return [];
  return [
    { level: "warning", text: "The server is out of reach: this is what was known last", link: undefined },
  ];
}

function datastoreFindings({
  name,
  status,
  statusReason,
  totalBytes,
  usedBytes,
  freeBytes,
}: Datastore): Finding[] {
  if (status === "offline") {
    const reason = statusReason === undefined ? "" : `: ${statusReason}`;
    return [{ level: "failed", text: `Datastore ${name} is offline${reason}`, link: undefined }];
  }
  if (totalBytes === undefined || usedBytes === undefined || totalBytes === 0) return [];
  if (usedBytes / totalBytes < USED_SHARE_MAX) return [];
  const free = freeBytes ?? totalBytes - usedBytes;
  return [
    {
      level: "warning",
      text: `Datastore ${name} has only ${formatSize(free)} left on its disk`,
      link: undefined,
    },
  ];
}

function outcomeFindings({ counts, capped }: TaskCounts, longFailureCount: number): Finding[] {
  const failed = counts.failed + longFailureCount;
  const { warning } = counts;
  const atLeast = capped ? "At least " : "";
  return [
    ...(failed > 0
      ? [
          {
            level: "failed",
            text: `${atLeast}${countOf(failed, "task")} failed in the last 24 hours`,
            link: "tasks-failed",
          } as const,
        ]
      : []),
    ...(warning > 0
      ? [
          {
            level: "warning",
            text: `${atLeast}${countOf(warning, "task")} of the last 24 hours ended with warnings`,
            link: "tasks-warning",
          } as const,
        ]
      : []),
  ];
}

function workerFindings({ workers, scheduler }: LiveState): Finding[] {
  const lost = [...(workers?.values() ?? [])].filter(({ state }) => state === "lost");
  const findings: Finding[] = lost.map(({ name }) => ({
    level: "failed",
    text: `Worker ${name} is lost`,
    link: "workers",
  }));
  if (scheduler?.paused === true) {
    findings.push({ level: "warning", text: "The scheduler is paused: nothing new starts", link: "workers" });
  }
  return findings;
}

function taskFindings({ tasks }: LiveState): Finding[] {
  const concerned = [...(tasks?.values() ?? [])].filter(({ concern }) => concern !== undefined);
  if (concerned.length === 0) return [];
  const verb = concerned.length === 1 ? "does" : "do";
  return [
    {
      level: "warning",
      text: `${countOf(concerned.length, "running task")} ${verb} not move`,
      link: "tasks-running",
    },
  ];
}
