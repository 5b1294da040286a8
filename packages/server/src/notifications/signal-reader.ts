/** What a signal of the state store means: looks up the task, the run or the audit entry that it names. */

import type { Task } from "@ironcore-backup/protocol";
import { findAuditEntry } from "../state/audit-records.ts";
import { findRunRecord } from "../state/run-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { SignalRecord } from "../state/signal-records.ts";
import { findTaskById } from "../state/task-records.ts";
import type { Occurrence } from "./occurrence.ts";
import { auditNoted, runEnded } from "./other-occurrences.ts";
import type { JobFacts } from "./other-occurrences.ts";
import { taskEnded, taskStarted } from "./task-occurrence.ts";

/** Undefined for what nobody is told of, and for what was taken away meanwhile. */
export async function readSignal(
  needs: { readonly database: StateDatabase; readonly jobOf: (job: string) => JobFacts | undefined },
  { kind, ref }: SignalRecord,
): Promise<Occurrence | undefined> {
  const { database, jobOf } = needs;
  const withTask = async (read: (task: Task) => Occurrence | undefined): Promise<Occurrence | undefined> => {
    const task = await findTaskById(database, Number(ref));
    return task === undefined ? undefined : read(task);
  };
  switch (kind) {
    case "task-started":
      return withTask(taskStarted);
    case "task-ended":
      return withTask(taskEnded);
    case "run-ended": {
      const run = await findRunRecord(database, Number(ref));
      return run === undefined ? undefined : runEnded(run, jobOf(run.job));
    }
    case "audit": {
      const entry = await findAuditEntry(database, Number(ref));
      return entry === undefined ? undefined : auditNoted(entry);
    }
    case "occurrence":
      // Written by this room from the same type.
      return JSON.parse(ref) as Occurrence;
    default:
      return undefined;
  }
}
