/** Projects: whose tasks are whose. Their members are grants. */

import type { ProjectRow, StateDatabase } from "./schema.ts";

export interface ProjectRecord {
  readonly name: string;
  readonly comment: string | undefined;
  readonly createdAt: number;
  readonly runningTaskCountMax: number | undefined;
}

export type ProjectSettings = Pick<ProjectRecord, "comment" | "runningTaskCountMax">;

export async function listProjectRecords(database: StateDatabase): Promise<ProjectRecord[]> {
  const rows = await database.selectFrom("projects").selectAll().orderBy("name").execute();
  return rows.map(recordFromRow);
}

export async function findProjectRecord(
  database: StateDatabase,
  name: string,
): Promise<ProjectRecord | undefined> {
  const row = await database.selectFrom("projects").selectAll().where("name", "=", name).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

export async function insertProjectRecord(database: StateDatabase, record: ProjectRecord): Promise<void> {
  await database
    .insertInto("projects")
    .values({
      name: record.name,
      comment: record.comment ?? null,
      created_at: record.createdAt,
      running_task_count_max: record.runningTaskCountMax ?? null,
    })
    .execute();
}

export async function updateProjectRecord(
  database: StateDatabase,
  name: string,
  { comment, runningTaskCountMax }: ProjectSettings,
): Promise<void> {
  await database
    .updateTable("projects")
    .set({ comment: comment ?? null, running_task_count_max: runningTaskCountMax ?? null })
    .where("name", "=", name)
    .execute();
}

export async function deleteProjectRecord(database: StateDatabase, name: string): Promise<void> {
  await database.deleteFrom("projects").where("name", "=", name).execute();
}

/** Whether tasks of a project with this name are in the history. */
export async function isProjectInHistory(database: StateDatabase, name: string): Promise<boolean> {
  const row = await database
    .selectFrom("tasks")
    .select("task_id")
    .where("project", "=", name)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** A task of the project that is not over. */
export async function findActiveTaskOf(
  database: StateDatabase,
  project: string,
): Promise<string | undefined> {
  const row = await database
    .selectFrom("tasks")
    .select("upid")
    .where("state", "in", ["queued", "running"])
    .where("project", "=", project)
    .limit(1)
    .executeTakeFirst();
  return row?.upid;
}

function recordFromRow(row: ProjectRow): ProjectRecord {
  return {
    name: row.name,
    comment: row.comment ?? undefined,
    createdAt: row.created_at,
    runningTaskCountMax: row.running_task_count_max ?? undefined,
  };
}
