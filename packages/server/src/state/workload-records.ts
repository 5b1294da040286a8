/** What is protected: one row for each workload. */

import type { Workload } from "@ironcore-backup/protocol";
import type { StateDatabase, WorkloadRow } from "./schema.ts";

/** Everything that its makers said of it; names and times stand beside it. */
export type WorkloadDefinition = Omit<Workload, "name" | "project" | "createdAt" | "changedAt" | "jobs">;

export interface WorkloadRecord {
  readonly name: string;
  readonly project: string | undefined;
  readonly definition: WorkloadDefinition;
  readonly createdAt: number;
  readonly changedAt: number;
}

export async function listWorkloadRecords(database: StateDatabase): Promise<WorkloadRecord[]> {
  const rows = await database.selectFrom("workloads").selectAll().orderBy("name").execute();
  return rows.map(recordFromRow);
}

export async function putWorkloadRecord(database: StateDatabase, record: WorkloadRecord): Promise<void> {
  const { name, project, createdAt, changedAt } = record;
  const definition = JSON.stringify(record.definition);
  await database
    .insertInto("workloads")
    .values({ name, project: project ?? null, definition, created_at: createdAt, changed_at: changedAt })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ definition, changed_at: changedAt }))
    .execute();
}

export async function deleteWorkloadRecord(database: StateDatabase, name: string): Promise<void> {
  await database.deleteFrom("workloads").where("name", "=", name).execute();
}

function recordFromRow(row: WorkloadRow): WorkloadRecord {
  return {
    name: row.name,
    project: row.project ?? undefined,
    // Written by this file from the same type; the state store has no other writer.
    definition: JSON.parse(row.definition) as WorkloadDefinition,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
