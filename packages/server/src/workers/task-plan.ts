/** What a request becomes when it is queued: the plan that shows in lists, with every default filled in. */

import {
  formatGroupRef,
  parseArchiveName,
  parseBackupId,
  parseBackupTimeText,
  parseBackupType,
  parseGroupRef,
  parseNamespace,
} from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import type { PruneScope } from "@ironcore-backup/engine";
import type {
  BackupRequest,
  DrillRequest,
  GcRequest,
  PruneRequest,
  RestoreRequest,
  VerifyRequest,
} from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { ComparedSource, DatastoreLocation, TaskParameters } from "../operations/operation.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import type { TaskPlan } from "../tasks/tasks.ts";

type PruneParameters = Extract<TaskParameters, { readonly type: "prune" }>;

const SHOWN_LENGTH_MAX = 1024;

/** What a request says about its task's place in the queue. */
function schedulingOf(request: Scheduling): Scheduling {
  const { project, priority, retryPolicy, bandwidthLimitBytesPerSecond } = request;
  return { project, priority, retryPolicy, bandwidthLimitBytesPerSecond };
}

type Scheduling = Pick<TaskPlan, "project" | "priority" | "retryPolicy" | "bandwidthLimitBytesPerSecond">;

/** @param hostName  what a backup without an id is called. @throws NAME_INVALID, REQUEST_INVALID */
export function planBackup(request: BackupRequest, datastore: DatastoreLocation, hostName: string): TaskPlan {
  const { paths, commands = [] } = request;
  if (paths.length + commands.length === 0)
    throw serverErrors.REQUEST_INVALID({ part: "body", detail: "it names neither a path nor a command" });
  const group: GroupRef = {
    namespace: parseNamespace(request.namespace ?? ""),
    type: parseBackupType(request.type ?? "host"),
    id: parseBackupId(request.id ?? hostName),
  };
  const { namespace, type, id } = group;
  const parameters: TaskParameters = {
    type: "backup",
    datastore,
    request: { ...request, namespace, type, id },
  };
  return {
    ...schedulingOf(request),
    type: "backup",
    namespace,
    upidType: "backup",
    workerId: `${datastore.name}:${type}/${id}`,
    datastore: datastore.name,
    // Of a command the program: its words may hold what is nobody else's business.
    source: shown([...paths, ...commands.map(({ archive, argv }) => `${archive} (${argv[0]})`)].join(", ")),
    target: `${datastore.name}:${formatGroupRef(group)}`,
    // Two backups of one group would meet at the group's lock, where the second fails; here it waits.
    exclusiveKey: `backup:${datastore.name}:${formatGroupRef(group)}`,
    parameters,
  };
}

/** @throws NAME_INVALID */
export function planRestore(request: RestoreRequest, datastore: DatastoreLocation): TaskPlan {
  const { group, time } = parseSnapshotName(request.snapshot);
  if (request.archive !== undefined)
    parseArchiveName(`${request.archive.replace(/\.(fidx|didx|blob)$/, "")}.blob`);
  const parameters: TaskParameters = { type: "restore", datastore, request };
  return {
    ...schedulingOf(request),
    type: "restore",
    namespace: group.namespace,
    upidType: "restore",
    workerId: `${datastore.name}:${snapshotWorkerId(group, time)}`,
    datastore: datastore.name,
    source: `${datastore.name}:${request.snapshot}${request.archive === undefined ? "" : ` ${request.archive}`}`,
    target: shown(request.target),
    exclusiveKey: `restore:${request.target}`,
    parameters,
  };
}

/** @throws VERIFY_EXTENT_INVALID */
function checkExtent({
  snapshot,
  coverDays,
  durationSecondsMax,
  verifyWindowDays,
  isFromStart,
}: VerifyRequest): void {
  const invalid = (rule: string): Error => serverErrors.VERIFY_EXTENT_INVALID({ rule });
  if (coverDays === undefined) {
    if (durationSecondsMax !== undefined) throw invalid('"durationSecondsMax" goes with "coverDays"');
    return;
  }
  if (snapshot !== undefined) throw invalid('"coverDays" is for many snapshots, and one is named');
  if (verifyWindowDays !== undefined)
    throw invalid('"coverDays" goes by bytes and "verifyWindowDays" by snapshots: one of them');
  if (isFromStart === true) throw invalid('"coverDays" has no start: each run goes on with the one before');
}

/** @throws NAME_INVALID, VERIFY_SCOPE_INVALID, VERIFY_EXTENT_INVALID */
export function planVerify(request: VerifyRequest, datastore: DatastoreLocation): TaskPlan {
  const { snapshot, group, namespace } = request;
  checkExtent(request);
  if ([snapshot, group, namespace].filter((part) => part !== undefined).length > 1)
    throw serverErrors.VERIFY_SCOPE_INVALID({});
  const named = snapshot === undefined ? undefined : parseSnapshotName(snapshot);
  const scope = group === undefined ? undefined : parseGroupRef(group);
  const parameters: TaskParameters = { type: "verify", datastore, request };
  const place = snapshot ?? group ?? parseNamespace(namespace ?? "");
  const source = place === "" ? datastore.name : `${datastore.name}:${place}`;
  return {
    ...schedulingOf(request),
    type: "verify",
    namespace: named?.group.namespace ?? scope?.namespace ?? namespace ?? "",
    upidType: named !== undefined ? "verify_snapshot" : scope !== undefined ? "verify_group" : "verify",
    workerId:
      named !== undefined
        ? `${datastore.name}:${snapshotWorkerId(named.group, named.time)}`
        : scope !== undefined
          ? `${datastore.name}:${snapshotWorkerId(scope, undefined)}`
          : source,
    datastore: datastore.name,
    source,
    target: source,
    exclusiveKey: undefined,
    parameters,
  };
}

/** @param about  what the request means in this datastore */
export function planPrune(
  request: PruneRequest,
  datastore: DatastoreLocation,
  about: { readonly scope: PruneScope; readonly retentions: PruneParameters["retentions"] },
): TaskPlan {
  const { scope, retentions } = about;
  const isGroup = "group" in scope;
  const namespace = isGroup ? scope.group.namespace : scope.namespace;
  const place = isGroup ? formatGroupRef(scope.group) : namespace;
  const source = place === "" ? datastore.name : `${datastore.name}:${place}`;
  const parameters: TaskParameters = {
    type: "prune",
    datastore,
    request,
    retentions,
  };
  return {
    ...schedulingOf(request),
    type: "prune",
    namespace,
    upidType: "prune",
    // As others of this format write it: `store`, `store:ns`, `store:ns:type/id`.
    workerId: isGroup
      ? `${datastore.name}:${namespace}:${scope.group.type}/${scope.group.id}`
      : [datastore.name, namespace].filter((part) => part !== "").join(":"),
    datastore: datastore.name,
    source,
    target: source,
    // Two at once would remove under each other's hands; each would be right, and both reports hard to understand.
    exclusiveKey: `prune:${datastore.name}`,
    parameters,
  };
}

/**
 * @param about.scratchPath  folder that drills restore into
 * @param about.workload  that `compareSource` names
 * @throws NAME_INVALID, DRILL_SOURCE_INVALID
 */
export function planDrill(
  request: DrillRequest,
  datastore: DatastoreLocation,
  about: { readonly scratchPath: string; readonly workload: WorkloadRecord | undefined },
): TaskPlan {
  const { scratchPath, workload } = about;
  const group = parseGroupRef(request.group);
  const parameters: TaskParameters = {
    type: "drill",
    datastore,
    request,
    scratchPath,
    ...(request.compareSource === undefined || workload === undefined
      ? {}
      : { source: comparedSourceOf(workload) }),
  };
  return {
    ...schedulingOf(request),
    type: "drill",
    namespace: group.namespace,
    upidType: "drill",
    workerId: `${datastore.name}:${snapshotWorkerId(group, undefined)}`,
    datastore: datastore.name,
    source: `${datastore.name}:${request.group}`,
    target: `${datastore.name}:${request.group}`,
    // One at a time: each may take as much scratch space as a whole machine.
    exclusiveKey: "drill",
    parameters,
  };
}

/** @throws DRILL_SOURCE_INVALID */
export function comparedSourceOf({ name, definition }: WorkloadRecord): ComparedSource {
  const { kind, paths = [], excludes = [], oneFileSystem = false } = definition;
  if (kind !== "files") throw serverErrors.DRILL_SOURCE_INVALID({ workload: name });
  return { workload: name, paths, excludes, oneFileSystem };
}

export function planGc(request: GcRequest, datastore: DatastoreLocation): TaskPlan {
  const parameters: TaskParameters = { type: "gc", datastore, request };
  return {
    ...schedulingOf(request),
    type: "gc",
    namespace: "",
    upidType: "garbage_collection",
    workerId: datastore.name,
    datastore: datastore.name,
    source: datastore.name,
    target: datastore.name,
    // Two at once would meet at the collection's lock, where the second fails; here it waits.
    exclusiveKey: `gc:${datastore.name}`,
    parameters,
  };
}

/** `[NS/]type/id/time` or `[NS/]type/id/latest`. @throws NAME_INVALID */
function parseSnapshotName(text: string): { readonly group: GroupRef; readonly time: number | undefined } {
  const slash = text.lastIndexOf("/");
  const group = parseGroupRef(text.slice(0, Math.max(0, slash)));
  const last = text.slice(slash + 1);
  return { group, time: last === "latest" ? undefined : parseBackupTimeText(last) };
}

/** The field's `nsp/type/id/%08X`; `latest` has no time yet. */
function snapshotWorkerId(group: GroupRef, time: number | undefined): string {
  const namespacePath = group.namespace === "" ? "" : `ns/${group.namespace.split("/").join("/ns/")}`;
  const end = time === undefined ? "" : `/${time.toString(16).toUpperCase().padStart(8, "0")}`;
  return `${namespacePath}/${group.type}/${group.id}${end}`;
}

function shown(text: string): string {
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}
