/**
 * Projects: whose tasks are whose, and how many of them run at once. Members are grants on the project. Making and removing
 * projects and setting their limit is the platform's; the rest a project's own administrators do.
 */

import type { Project, ProjectCreate, ProjectUpdate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { deleteGrantRecordsOn, listGrantRecords } from "../state/grant-records.ts";
import type { GrantRecord } from "../state/grant-records.ts";
import {
  deleteProjectRecord,
  findActiveTaskOf,
  findProjectRecord,
  insertProjectRecord,
  isProjectInHistory,
  listProjectRecords,
  updateProjectRecord,
} from "../state/project-records.ts";
import type { ProjectRecord } from "../state/project-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { parseProjectName } from "./access-name.ts";
import type { Caller } from "./caller.ts";
import { assertMay, mayDo, PLATFORM } from "./rights.ts";
import type { Resource } from "./rights.ts";

const PROJECT_COUNT_MAX = 1000;

export interface Projects {
  /** Those that the caller may read. */
  list(caller: Caller): Promise<Project[]>;
  /** @throws PROJECT_NOT_FOUND */
  get(caller: Caller, name: string): Promise<Project>;
  /** @throws FORBIDDEN, NAME_INVALID, PROJECT_EXISTS, PROJECT_NAME_USED */
  create(caller: Caller, request: ProjectCreate): Promise<Project>;
  /** @throws PROJECT_NOT_FOUND, FORBIDDEN */
  update(caller: Caller, name: string, request: ProjectUpdate): Promise<Project>;
  /** With its grants. @throws PROJECT_NOT_FOUND, FORBIDDEN, PROJECT_IN_USE */
  remove(caller: Caller, name: string): Promise<void>;
  /** How many tasks of a project run at once; undefined: as many as there are slots. */
  runningTaskCountMaxOf(name: string): number | undefined;
}

export async function openProjects(needs: AccessNeeds): Promise<Projects> {
  const { database } = needs.state;
  // Asked at every claim of a task, so it is kept here; only this file changes it.
  const limits = new Map<string, number | undefined>();
  for (const { name, runningTaskCountMax } of await listProjectRecords(database))
    limits.set(name, runningTaskCountMax);
  return {
    list: async (caller) => {
      const projects = await listProjectRecords(database);
      const visible = projects.filter(({ name }) => mayDo(caller.rights, "project.read", projectOf(name)));
      return Promise.all(visible.map((project) => present(database, project)));
    },
    get: async (caller, name) => present(database, await getReadable(database, caller, name)),
    create: async (caller, request) => {
      const record = await createProject(needs, caller, request);
      limits.set(record.name, record.runningTaskCountMax);
      return present(database, record);
    },
    update: async (caller, name, request) => {
      const record = await updateProject(needs, caller, { name, request });
      limits.set(record.name, record.runningTaskCountMax);
      return present(database, record);
    },
    remove: async (caller, name) => {
      await removeProject(needs, caller, name);
      limits.delete(name);
    },
    runningTaskCountMaxOf: (name) => limits.get(name),
  };
}

async function createProject(
  { clock, state }: AccessNeeds,
  caller: Caller,
  request: ProjectCreate,
): Promise<ProjectRecord> {
  assertMay(caller, "project.manage", PLATFORM);
  const name = parseProjectName(request.name);
  const { comment, runningTaskCountMax } = request;
  const record: ProjectRecord = { name, comment, createdAt: clock.now(), runningTaskCountMax };
  await state.database.transaction().execute(async (database) => {
    const projects = await listProjectRecords(database);
    if (projects.some((other) => other.name === name)) throw serverErrors.PROJECT_EXISTS({ project: name });
    if (projects.length >= PROJECT_COUNT_MAX)
      throw serverErrors.ACCESS_LIMIT_REACHED({ what: "projects", countMax: PROJECT_COUNT_MAX });
    if (await isProjectInHistory(database, name)) throw serverErrors.PROJECT_NAME_USED({ project: name });
    await insertProjectRecord(database, record);
  });
  await state.flush();
  return record;
}

async function updateProject(
  { state }: AccessNeeds,
  caller: Caller,
  { name, request }: { readonly name: string; readonly request: ProjectUpdate },
): Promise<ProjectRecord> {
  assertMay(caller, "project.manage", projectOf(name));
  if (request.runningTaskCountMax !== undefined) assertMay(caller, "project.manage", PLATFORM);
  const { comment, runningTaskCountMax } = request;
  const record = await state.database.transaction().execute(async (database) => {
    const known = await getReadable(database, caller, name);
    const updated: ProjectRecord = {
      ...known,
      ...(comment === undefined ? {} : { comment: comment ?? undefined }),
      ...(runningTaskCountMax === undefined ? {} : { runningTaskCountMax: runningTaskCountMax ?? undefined }),
    };
    await updateProjectRecord(database, name, updated);
    return updated;
  });
  await state.flush();
  return record;
}

async function removeProject(
  { state, revocations }: AccessNeeds,
  caller: Caller,
  name: string,
): Promise<void> {
  await state.database.transaction().execute(async (database) => {
    await getReadable(database, caller, name);
    assertMay(caller, "project.manage", PLATFORM);
    const active = await findActiveTaskOf(database, name);
    if (active !== undefined) throw serverErrors.PROJECT_IN_USE({ project: name, upid: active });
    await deleteGrantRecordsOn(database, { kind: "project", name });
    await deleteProjectRecord(database, name);
  });
  await state.flush();
  revocations.tell(undefined);
}

async function getReadable(database: StateDatabase, caller: Caller, name: string): Promise<ProjectRecord> {
  assertMay(caller, "project.read", projectOf(name));
  const record = await findProjectRecord(database, name);
  if (record === undefined) throw serverErrors.PROJECT_NOT_FOUND({ project: name });
  return record;
}

function projectOf(name: string): Resource {
  return { kind: "project", project: name };
}

async function present(
  database: StateDatabase,
  { name, comment, createdAt, runningTaskCountMax }: ProjectRecord,
): Promise<Project> {
  const grants = await listGrantRecords(database, { scope: { kind: "project", name } });
  return {
    name,
    createdAt,
    ...(comment === undefined ? {} : { comment }),
    ...(runningTaskCountMax === undefined ? {} : { runningTaskCountMax }),
    members: grants.map(({ authId, role }: GrantRecord) => ({ authId, role })),
  };
}
