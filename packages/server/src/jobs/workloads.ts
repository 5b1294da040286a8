/** What is protected: named sources in projects. In memory, every change durable before it is told. */

import { access, constants, open, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@ironcore-backup/base";
import type { WorkloadCheck, WorkloadCreate, WorkloadUpdate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { deleteWorkloadRecord, listWorkloadRecords, putWorkloadRecord } from "../state/workload-records.ts";
import type { WorkloadDefinition, WorkloadRecord } from "../state/workload-records.ts";
import { checkWorkload } from "./job-check.ts";
import { withChanges } from "./record-change.ts";

const WORKLOAD_COUNT_MAX = 10_000;

export interface Workloads {
  all(): readonly WorkloadRecord[];
  /** @throws WORKLOAD_NOT_FOUND */
  get(name: string): WorkloadRecord;
  /** @throws WORKLOAD_EXISTS, WORKLOAD_INVALID, NAME_INVALID, JOB_LIMIT_REACHED */
  create(request: WorkloadCreate): Promise<WorkloadRecord>;
  /** @throws WORKLOAD_NOT_FOUND, WORKLOAD_INVALID */
  update(name: string, request: WorkloadUpdate): Promise<WorkloadRecord>;
  /** @throws WORKLOAD_NOT_FOUND */
  remove(name: string): Promise<void>;
  /** Looks at each part where it lies, without reading it. @throws WORKLOAD_NOT_FOUND */
  check(name: string): Promise<WorkloadCheck>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  /** Where programs are found: folders, joined by colons. */
  readonly searchPath: string;
}

export async function openWorkloads(needs: Needs): Promise<Workloads> {
  const { clock, state } = needs;
  const held = new Map((await listWorkloadRecords(state.database)).map((record) => [record.name, record]));
  const get = (name: string): WorkloadRecord => {
    const record = held.get(name);
    if (record === undefined) throw serverErrors.WORKLOAD_NOT_FOUND({ workload: name });
    return record;
  };
  const put = async (given: WorkloadRecord): Promise<WorkloadRecord> => {
    const { tags } = given.definition;
    const definition = { ...given.definition, ...(tags === undefined ? {} : { tags: [...new Set(tags)] }) };
    const record = { ...given, definition };
    checkWorkload(record.definition);
    await putWorkloadRecord(state.database, record);
    await state.flush();
    held.set(record.name, record);
    return record;
  };
  return {
    all: () => [...held.values()],
    get,
    create: async ({ name, project, ...definition }) => {
      if (held.has(name)) throw serverErrors.WORKLOAD_EXISTS({ workload: name });
      if (held.size >= WORKLOAD_COUNT_MAX)
        throw serverErrors.JOB_LIMIT_REACHED({ what: "workloads", countMax: WORKLOAD_COUNT_MAX });
      const now = clock.now();
      return put({ name, project, definition, createdAt: now, changedAt: now });
    },
    update: async (name, request) => {
      const record = get(name);
      const definition: WorkloadDefinition = withChanges(record.definition, request);
      return put({ ...record, definition, changedAt: clock.now() });
    },
    remove: async (name) => {
      get(name);
      await deleteWorkloadRecord(state.database, name);
      await state.flush();
      held.delete(name);
    },
    check: (name) => check(needs, get(name).definition),
  };
}

type Part = WorkloadCheck["parts"][number];

async function check({ clock, searchPath }: Needs, definition: WorkloadDefinition): Promise<WorkloadCheck> {
  const {
    kind,
    paths = [],
    optionalPaths = [],
    keyFile,
    commands = [],
    preCommand,
    postCommand,
  } = definition;
  const programs = [...commands, preCommand, postCommand].flatMap((command) => command?.argv[0] ?? []);
  const parts = await Promise.all([
    ...[...new Set(programs)].map((program) => checkProgram(program, searchPath)),
    ...paths.map((path) => checkPath(path, { kind, isOptional: optionalPaths.includes(path) })),
    ...(keyFile === undefined ? [] : [checkReadable(keyFile, "a key file")]),
  ]);
  return { checkedAt: clock.now(), isReachable: parts.every((part) => part.isReachable), parts };
}

async function checkPath(
  path: string,
  { kind, isOptional }: { readonly kind: WorkloadDefinition["kind"]; readonly isOptional: boolean },
): Promise<Part> {
  try {
    const found = await stat(path);
    if (kind === "image" && found.isDirectory())
      return {
        subject: path,
        isReachable: false,
        message: "It is a directory; an image is a file or a block device",
      };
    if (kind === "files" && !found.isDirectory())
      return {
        subject: path,
        isReachable: false,
        message: "It is no directory; disk images are workloads of kind image",
      };
    if (kind === "image")
      return await checkReadable(path, found.isFile() ? "a disk image" : "a block device");
    return { subject: path, isReachable: true, message: "A directory" };
  } catch (cause) {
    if (isOptional && codeOf(cause) === "ENOENT")
      return { subject: path, isReachable: true, message: "It is not there, which is allowed" };
    return { subject: path, isReachable: false, message: reasonOf(cause) };
  }
}

/** Found as the system would find it; it is not run. */
async function checkProgram(program: string, searchPath: string): Promise<Part> {
  const places = program.includes("/")
    ? [program]
    : searchPath.split(":").map((folder) => join(folder, program));
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return { subject: program, isReachable: true, message: `A program, ${place}` };
    } catch {
      // The next place may have it.
    }
  }
  const message = program.includes("/")
    ? "There is no program that the server's user may run"
    : "No such program is in the server's PATH";
  return { subject: program, isReachable: false, message };
}

async function checkReadable(path: string, what: string): Promise<Part> {
  try {
    const handle = await open(path, "r");
    await handle.close();
    return { subject: path, isReachable: true, message: `${what.charAt(0).toUpperCase()}${what.slice(1)}` };
  } catch (cause) {
    return { subject: path, isReachable: false, message: reasonOf(cause) };
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

function reasonOf(cause: unknown): string {
  switch (codeOf(cause)) {
    case "ENOENT":
      return "It is not there";
    case "EACCES":
    case "EPERM":
      return "The server's user may not read it";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
