/** Plans that recur: one row for each job. */

import type { Job, JobType } from "@ironcore-backup/protocol";
import type { JobRow, StateDatabase } from "./schema.ts";

/** Everything that its makers said of it; what else a job shows is worked out. */
export type JobDefinition = Omit<
  Job,
  | "name"
  | "project"
  | "type"
  | "datastore"
  | "owner"
  | "createdAt"
  | "changedAt"
  | "scheduleText"
  | "nextRuns"
  | "currentRun"
  | "lastRun"
  | "workloads"
>;

export interface JobRecord {
  readonly name: string;
  readonly project: string | undefined;
  readonly type: JobType;
  readonly datastore: string;
  /** Whose tasks its runs are. */
  readonly owner: string;
  readonly definition: JobDefinition;
  readonly createdAt: number;
  readonly changedAt: number;
}

export async function listJobRecords(database: StateDatabase): Promise<JobRecord[]> {
  const rows = await database.selectFrom("jobs").selectAll().orderBy("name").execute();
  return rows.map(recordFromRow);
}

export async function putJobRecord(database: StateDatabase, record: JobRecord): Promise<void> {
  const { name, project, type, datastore, owner, createdAt, changedAt } = record;
  const definition = JSON.stringify(record.definition);
  await database
    .insertInto("jobs")
    .values({
      name,
      project: project ?? null,
      type,
      datastore,
      owner,
      definition,
      created_at: createdAt,
      changed_at: changedAt,
    })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ definition, changed_at: changedAt }))
    .execute();
}

export async function deleteJobRecord(database: StateDatabase, name: string): Promise<void> {
  await database.deleteFrom("jobs").where("name", "=", name).execute();
}

function recordFromRow(row: JobRow): JobRecord {
  return {
    name: row.name,
    project: row.project ?? undefined,
    // These two were written by this file from the same types; the state store has no other writer.
    type: row.type as JobType,
    definition: JSON.parse(row.definition) as JobDefinition,
    datastore: row.datastore,
    owner: row.owner,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
