/** How jobs come, change and go. What is expected follows the schedule at once; a run that goes on is not touched. */

import type { JobCreate, JobUpdate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { deleteJobRecord, putJobRecord } from "../state/job-records.ts";
import type { JobRecord } from "../state/job-records.ts";
import { deleteExpectedRuns, endRunRecord, findLastInstant, insertRunRecords } from "../state/run-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { Verdict } from "./due-instants.ts";
import { expectedAfter, holdJob } from "./instants.ts";
import { checkJob } from "./job-check.ts";
import { readOpenRuns } from "./job-desk.ts";
import type { JobDesk } from "./job-desk.ts";
import { withChanges } from "./record-change.ts";

const JOB_COUNT_MAX = 5000;

/** Changes of these make other instants. */
const SCHEDULE_FIELDS = ["schedule", "timeZone", "enabled", "randomDelaySeconds"] as const;

/** @throws JOB_EXISTS, JOB_INVALID, SCHEDULE_INVALID, TIME_ZONE_UNKNOWN, JOB_LIMIT_REACHED */
export async function createJob(desk: JobDesk, owner: string, request: JobCreate): Promise<JobRecord> {
  const { name, project, type, datastore, ...rest } = request;
  if (desk.jobs.has(name)) throw serverErrors.JOB_EXISTS({ job: name });
  if (desk.jobs.size >= JOB_COUNT_MAX)
    throw serverErrors.JOB_LIMIT_REACHED({ what: "jobs", countMax: JOB_COUNT_MAX });
  const now = desk.clock.now();
  // A server that moves to another zone must not move its jobs.
  const definition = { ...rest, enabled: rest.enabled ?? true, timeZone: rest.timeZone ?? desk.timeZone };
  const record = { name, project, type, datastore, owner, definition, createdAt: now, changedAt: now };
  return put(desk, record, { isOtherSchedule: true });
}

/** @throws JOB_INVALID, SCHEDULE_INVALID, TIME_ZONE_UNKNOWN */
export async function updateJob(desk: JobDesk, old: JobRecord, request: JobUpdate): Promise<JobRecord> {
  const record: JobRecord = {
    ...old,
    definition: withChanges(old.definition, request),
    changedAt: desk.clock.now(),
  };
  const isOtherSchedule = SCHEDULE_FIELDS.some((field) => old.definition[field] !== record.definition[field]);
  return put(desk, record, { isOtherSchedule });
}

export async function removeJob(desk: JobDesk, { name }: JobRecord): Promise<void> {
  const now = desk.clock.now();
  await desk.state.database.transaction().execute(async (database) => {
    await deleteExpectedRuns(database, name, { after: now });
    await endHeldBack(desk, database, name, REMOVED);
    await deleteJobRecord(database, name);
  });
  await desk.state.flush();
  desk.jobs.delete(name);
  await readOpenRuns(desk, [name]);
}

const REMOVED: Verdict = { state: "skipped", cause: "job-removed", message: "The job was removed" };
const DISABLED: Verdict = { state: "skipped", cause: "job-disabled", message: "The job was disabled" };

async function put(
  desk: JobDesk,
  record: JobRecord,
  { isOtherSchedule }: { readonly isOtherSchedule: boolean },
): Promise<JobRecord> {
  checkJob(record);
  const held = holdJob(record, desk.timeZone);
  const now = desk.clock.now();
  await desk.state.database.transaction().execute(async (database) => {
    await putJobRecord(database, record);
    if (!isOtherSchedule) return;
    await deleteExpectedRuns(database, record.name, { after: now });
    if (held.event === undefined) await endHeldBack(desk, database, record.name, DISABLED);
    // After a clock that went back there may be rows of later instants: what ran does not run again.
    const last = (await findLastInstant(database, record.name)) ?? now;
    const next = expectedAfter(held, Math.max(now, last));
    if (next !== undefined) await insertRunRecords(database, [next]);
  });
  await desk.state.flush();
  desk.jobs.set(record.name, held);
  await readOpenRuns(desk, [record.name]);
  return record;
}

/** Instants that have come and wait for the scheduler to go on, or for their random delay. */
async function endHeldBack(
  desk: JobDesk,
  database: StateDatabase,
  job: string,
  verdict: Verdict,
): Promise<void> {
  const now = desk.clock.now();
  for (const row of desk.expected.get(job) ?? [])
    if (row.dueAt <= now) await endRunRecord(database, row.runId, { ...verdict, endedAt: now });
}
