/**
 * What a task's start and end mean. A failure of what recurs (a job's task, or a backup, verify, prune or gc of the same source
 * by hand) is an incident: it goes on until the same thing works again. A failure of what was done once (a restore, a drill by
 * hand) is a note. A try that will be repeated by itself alarms nobody.
 */

import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Task, TaskEventOutcome, TaskEventWord } from "@ironcore-backup/protocol";
import { TASK_EVENTS } from "@ironcore-backup/protocol";
import type { Occurrence, Subject } from "./occurrence.ts";

/** More are in the task. */
const SNAPSHOT_LINE_COUNT_MAX = 20;

/** Undefined for types of tasks that nobody is told of. */
export function taskStarted(task: Task): Occurrence | undefined {
  return occurrenceOf(task, { outcome: "started", severity: "info", at: task.startedAt ?? task.queuedAt });
}

/** @param task  finished */
export function taskEnded(task: Task): Occurrence | undefined {
  const at = task.endedAt ?? task.queuedAt;
  const [failedKey, warningKey] = keysOf(task);
  switch (task.state) {
    case "ok":
      return occurrenceOf(task, {
        outcome: "completed",
        severity: "info",
        at,
        resolves: [failedKey, warningKey],
      });
    case "warning":
      return occurrenceOf(task, {
        outcome: "warning",
        severity: "warning",
        at,
        resolves: [failedKey],
        opens: recurs(task) ? warningKey : undefined,
        isKept: true,
      });
    case "failed":
      // Another try comes by itself: only the last one counts.
      if (task.retriedBy !== undefined)
        return occurrenceOf(task, { outcome: "failed", severity: "info", at, isKept: false });
      return occurrenceOf(task, {
        outcome: "failed",
        severity: "error",
        at,
        opens: recurs(task) ? failedKey : undefined,
        isKept: true,
      });
    case "cancelled":
      return occurrenceOf(task, { outcome: "cancelled", severity: "info", at });
    case "queued":
    case "running":
      return undefined;
  }
}

interface Facts {
  readonly outcome: TaskEventOutcome;
  readonly severity: Occurrence["severity"];
  readonly at: number;
  readonly opens?: string | undefined;
  readonly resolves?: readonly string[];
  readonly isKept?: boolean;
}

function occurrenceOf(task: Task, { outcome, isKept = false, ...facts }: Facts): Occurrence | undefined {
  const event = wordOf(task, outcome);
  if (event === undefined) return undefined;
  const { error } = task;
  return {
    event,
    ...facts,
    isKept,
    title: `${describeTask(task)} ${OUTCOME_TEXT[outcome]}`,
    text: outcome === "started" ? "" : textOf(task),
    remedy: outcome === "failed" ? error?.remedy : undefined,
    code: outcome === "failed" ? error?.code : undefined,
    audience: "task",
    taskType: task.type,
    ...subjectOf(task),
  };
}

const OUTCOME_TEXT: Readonly<Record<TaskEventOutcome, string>> = {
  started: "started",
  completed: "completed",
  warning: "completed with warnings",
  failed: "failed",
  cancelled: "was cancelled",
};

function wordOf({ type }: Task, outcome: TaskEventOutcome): TaskEventWord | undefined {
  return TASK_EVENTS.find((word) => word === `${type}.${outcome}`);
}

export function subjectOf(task: Task): Subject {
  return {
    project: task.project,
    datastore: task.datastore,
    namespace: task.namespace,
    job: task.job,
    workload: task.workload,
    upid: task.upid,
  };
}

/** Backup of web-1 (job nightly) */
export function describeTask({ type, source, datastore, workload, job }: Task): string {
  const name = {
    backup: `Backup of ${workload ?? source}`,
    restore: `Restore of ${source}`,
    verify: `Verification of ${source}`,
    prune: `Prune of ${source}`,
    gc: `Garbage collection of ${datastore}`,
    drill: `Restore drill of ${source}`,
    sync: `Sync of ${source}`,
    tape: `Tape run of ${source}`,
  }[type];
  return job === undefined ? name : `${name} (job ${job})`;
}

const RECURRING: ReadonlySet<Task["type"]> = new Set(["backup", "verify", "prune", "gc", "sync"]);

function recurs({ type, job }: Task): boolean {
  return job !== undefined || RECURRING.has(type);
}

/** The incidents of failing and of ending with warnings. All of a job's begin with `job|NAME|`. */
function keysOf({ type, job, workload, source, datastore, namespace }: Task): readonly [string, string] {
  const place = `${type}|${workload ?? source}|${datastore}:${namespace}`;
  const owner = job === undefined ? `datastore|${datastore}|task` : `job|${job}|task`;
  return [`${owner}|${place}|failed`, `${owner}|${place}|warning`];
}

function textOf(task: Task): string {
  const { startedAt, endedAt, bytes, warningCount, statistics } = task;
  const exit = task.error?.message ?? task.exitStatus ?? "";
  const duration =
    startedAt === undefined || endedAt === undefined ? [] : [formatDuration(endedAt - startedAt)];
  const amounts = [
    ...duration,
    ...(bytes === 0 ? [] : [formatSize(bytes)]),
    ...(warningCount === 0 ? [] : [`${warningCount} ${warningCount === 1 ? "warning" : "warnings"}`]),
  ];
  const lines = [
    ...(exit === "" || exit === "OK" ? [] : [exit]),
    ...(amounts.length === 0 ? [] : [amounts.join(", ")]),
    ...(statistics?.kind === "verify" ? verifyLines(statistics.verify.snapshots) : []),
  ];
  return lines.join("\n");
}

/** What each snapshot turned out to be, the damaged ones by name. */
function verifyLines(
  snapshots: readonly { readonly snapshot: string; readonly result: string }[],
): readonly string[] {
  if (snapshots.length === 0) return [];
  const damaged = snapshots.filter(({ result }) => result !== "OK");
  const sum = `${snapshots.length - damaged.length} of ${snapshots.length} snapshots are OK`;
  const named = damaged
    .slice(0, SNAPSHOT_LINE_COUNT_MAX)
    .map(({ snapshot, result }) => `${snapshot}: ${result}`);
  const leftCount = damaged.length - named.length;
  return [sum, ...named, ...(leftCount === 0 ? [] : [`and ${leftCount} more`])];
}
