/** What runs of jobs, findings of verifications, entries of the audit log and failed deliveries mean. */

import { formatDuration, formatGroupRef, parseSnapshotRef } from "@ironcore-backup/base";
import type { AuditEntry, Task, TaskLogLine } from "@ironcore-backup/protocol";
import type { RunRecord } from "../state/run-records.ts";
import type { Occurrence } from "./occurrence.ts";
import { subjectOf } from "./task-occurrence.ts";

/** What a run's job is, as far as it matters here; of a job that is gone nothing is known. */
export interface JobFacts {
  readonly project: string | undefined;
  readonly datastore: string;
  /** A run that has not succeeded so long after its instant is overdue. */
  readonly allowedMs: number;
}

const overdueKey = (job: string): string => `job|${job}|overdue`;
const missedKey = (job: string): string => `job|${job}|missed`;

/** @param run  over. Undefined when its tasks have told it already */
export function runEnded(run: RunRecord, job: JobFacts | undefined): Occurrence | undefined {
  const { job: name, dueAt, cause, message, instantCount, endedAt } = run;
  const common = {
    at: endedAt ?? dueAt,
    audience: "task",
    job: name,
    project: job?.project,
    datastore: job?.datastore,
  } as const;
  if (run.state !== "missed")
    return {
      ...common,
      event: "job.overdue",
      severity: "info",
      title: `The job ${name} succeeded`,
      text: message ?? "",
      resolves: [overdueKey(name), missedKey(name)],
      isOnlyEnd: true,
      isKept: false,
    };
  if (cause === "task-failed" || cause === "task-cancelled" || cause === "job-removed") return undefined;
  const times = instantCount === 1 ? "A run" : `${instantCount} runs`;
  return {
    ...common,
    event: "job.missed",
    severity: cause === "start-failed" ? "error" : "warning",
    title: `${times} of the job ${name} did not happen`,
    text: `Due at ${instantText(dueAt)}: ${message ?? MISSED_TEXT[cause ?? ""] ?? cause ?? "missed"}`,
    remedy: "The job's history shows what was missed; run the job now to have it all the same.",
    opens: missedKey(name),
    isKept: true,
  };
}

const MISSED_TEXT: Readonly<Record<string, string>> = {
  "server-down": "no server was there to start it",
  "no-workloads": "nothing fits the job's sources",
  "still-running": "the run before it had not ended",
  "start-failed": "its tasks could not be queued",
};

/** A run that has not succeeded in the time its job allows, whether it began or not. */
export function runOverdue(
  run: RunRecord,
  { project, datastore, allowedMs }: JobFacts,
  at: number,
): Occurrence {
  const state = run.state === "running" ? "It is running." : "It has not begun.";
  return {
    event: "job.overdue",
    severity: "error",
    at,
    title: `The job ${run.job} is overdue`,
    text: `Due at ${instantText(run.dueAt)}, and not done after the ${formatDuration(allowedMs)} that it is allowed. ${state}`,
    remedy:
      "Look at its tasks: the queue says what a waiting one waits for, the log what a running one does.",
    audience: "task",
    job: run.job,
    project,
    datastore,
    opens: overdueKey(run.job),
    part: String(run.runId),
    isKept: true,
  };
}

/** Codes of the log lines of a verification that say what a snapshot turned out to be. */
const DAMAGE_CODES: ReadonlySet<string> = new Set(["SNAPSHOT_CORRUPT", "SNAPSHOT_MISSING"]);

const damageKey = (datastore: string, group: string): string => `datastore|${datastore}|damage|${group}`;

export function isDamageKey(key: string): boolean {
  return /^datastore\|[^|]+\|damage\|/.test(key);
}

/** A verification found a snapshot damaged, or sound again. Undefined for lines that say neither. */
export function lineLogged(
  task: Task,
  { at, code, message, fields }: Pick<TaskLogLine, "at" | "code" | "message" | "fields">,
): Occurrence | undefined {
  const { snapshot } = fields;
  const isDamage = DAMAGE_CODES.has(code);
  if (task.type !== "verify" || typeof snapshot !== "string" || (!isDamage && code !== "SNAPSHOT_OK"))
    return undefined;
  const ref = parseSnapshotRef(snapshot);
  const group = formatGroupRef(ref);
  const key = damageKey(task.datastore, group);
  const common = {
    event: "snapshot.damaged",
    at,
    text: message,
    audience: "task",
    ...subjectOf(task),
    namespace: ref.namespace,
    part: snapshot,
  } as const;
  if (!isDamage)
    return {
      ...common,
      severity: "info",
      title: `Snapshots of ${group} are sound again`,
      resolves: [key],
      isOnlyEnd: true,
      isKept: false,
    };
  return {
    ...common,
    severity: "error",
    title: `Snapshot ${snapshot} in ${task.datastore} is ${code === "SNAPSHOT_CORRUPT" ? "CORRUPT" : "MISSING"}`,
    code,
    remedy:
      "Take a backup of its source: it writes anew what the source still has. Then verify again. Until then restore from the newest snapshot that verified.",
    opens: key,
    isKept: true,
  };
}

/** Undefined for entries that nobody is told of. */
export function auditNoted(entry: AuditEntry): Occurrence | undefined {
  const { action, subject, address, outcome } = entry;
  const text = `By ${entry.authId} from ${address}.`;
  const common = { at: entry.at, audience: "audit", isKept: true } as const;
  if (action === "login.failed") return loginFailed(entry);
  if (outcome !== "done") return undefined;
  if (action === "login.done")
    return {
      ...common,
      event: "login.failed",
      severity: "info",
      title: `${subject} signed in`,
      text,
      resolves: [loginKey(subject), lockKey(subject)],
      isOnlyEnd: true,
      isSilentEnd: true,
      isKept: false,
    };
  if (action === "job.removed" || action === "datastore.removed") {
    const kind = action === "job.removed" ? "job" : "datastore";
    return {
      ...common,
      event: "job.missed",
      severity: "info",
      title: `${subject} was removed`,
      text,
      // Nobody is to hear of what is gone.
      resolves: [`${kind}|${subject}|*`],
      isOnlyEnd: true,
      isSilentEnd: true,
      isKept: false,
    };
  }
  const note = AUDIT_NOTES[action];
  if (note === undefined) return undefined;
  const detail = Object.entries(entry.detail).map(([name, value]) => `${name}: ${String(value)}`);
  return {
    ...common,
    event: note.event,
    severity: "info",
    title: `${note.what} ${subject}`,
    text: [text, ...detail].join("\n"),
  };
}

const loginKey = (user: string): string => `login|${user}|failed`;
const lockKey = (user: string): string => `login|${user}|locked`;

/** Tries in between that came too early were refused unseen: then it is more than a slip. */
function loginFailed({ at, subject, address, detail }: AuditEntry): Occurrence {
  const { throttledCount } = detail;
  const isLocked = typeof throttledCount === "number";
  return {
    event: isLocked ? "login.locked" : "login.failed",
    severity: "warning",
    at,
    title: isLocked ? `Somebody keeps trying to sign in as ${subject}` : `A login as ${subject} failed`,
    text: isLocked
      ? `From ${address}; ${throttledCount} more tries came too early and were refused unseen.`
      : `From ${address}.`,
    remedy: "If nobody you know did it, look at the audit log and at where the server can be reached from.",
    audience: "audit",
    opens: isLocked ? lockKey(subject) : loginKey(subject),
    isKept: true,
  };
}

const AUDIT_NOTES: Readonly<
  Record<string, { readonly event: Occurrence["event"]; readonly what: string } | undefined>
> = {
  "token.created": { event: "token.created", what: "New API token" },
  "grant.created": { event: "grant.changed", what: "New grant for" },
  "grant.removed": { event: "grant.changed", what: "Grant removed:" },
  "role.created": { event: "role.changed", what: "New role" },
  "role.changed": { event: "role.changed", what: "Role changed:" },
  "role.removed": { event: "role.changed", what: "Role removed:" },
  "user.created": { event: "user.changed", what: "New user" },
  "user.changed": { event: "user.changed", what: "User changed:" },
  "user.removed": { event: "user.changed", what: "User removed:" },
};

/** The incident of a target that does not take what it is sent. */
export const targetKey = (target: string): string => `target|${target}|failed`;

/** A message that is given up is told by every other way; the inbox has it in any case. */
export function deliveryFailed(
  at: number,
  {
    target,
    project,
    title,
    response,
  }: {
    readonly target: string;
    readonly project: string | undefined;
    readonly title: string;
    readonly response: string;
  },
): Occurrence {
  return {
    at,
    audience: project === undefined ? "platform" : "task",
    project,
    event: "delivery.failed",
    severity: "error",
    title: `A message to ${target} was given up`,
    text: `${title}\n${response}`,
    remedy: "Correct the target and press Test; then send the message again from the list of deliveries.",
    opens: targetKey(target),
    isKept: true,
  };
}

export function deliveryWorks(at: number, target: string, project: string | undefined): Occurrence {
  return {
    at,
    audience: project === undefined ? "platform" : "task",
    project,
    event: "delivery.failed",
    severity: "info",
    title: `${target} takes messages again`,
    text: "",
    resolves: [targetKey(target)],
    isOnlyEnd: true,
    isKept: false,
  };
}

function instantText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
