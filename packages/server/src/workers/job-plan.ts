/** What a run of a job queues: the same plans that a request makes, in the name of the job. */

import type { VerifyRequest, WorkloadBackupRequest } from "@ironcore-backup/protocol";
import type { DatastoreLocation, TaskParameters } from "../operations/operation.ts";
import type { JobRecord } from "../state/job-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import type { TaskPlan } from "../tasks/tasks.ts";
import { planBackup, planDrill, planGc, planPrune, planVerify } from "./task-plan.ts";

interface Needs {
  /** @throws DATASTORE_* when it is not there or takes no such tasks now */
  readonly locateFor: (datastore: string, use: "read" | "write") => DatastoreLocation;
  /** Where drills restore to. */
  readonly scratchPath: string;
  /** What a prune looks at there, and by which retentions. @param namespace  absent: everything */
  readonly pruneAbout: (datastore: string, namespace: string | undefined) => Parameters<typeof planPrune>[2];
  /** Host name of the server. */
  readonly node: string;
}

const VERIFY_WINDOW_DAYS_DEFAULT = 30;

function coverOf({
  coverDays,
  durationSecondsMax,
  verifyWindowDays = VERIFY_WINDOW_DAYS_DEFAULT,
}: JobRecord["definition"]): Pick<VerifyRequest, "coverDays" | "durationSecondsMax" | "verifyWindowDays"> {
  if (coverDays === undefined) return verifyWindowDays > 0 ? { verifyWindowDays } : {};
  return { coverDays, ...(durationSecondsMax === undefined ? {} : { durationSecondsMax }) };
}

/** @param workload  that is backed up, or that a drill compares with. @throws DATASTORE_*, NAME_INVALID */
export function planJob(needs: Needs, job: JobRecord, workload: WorkloadRecord | undefined): TaskPlan {
  const { datastore, definition } = job;
  const { priority, retryPolicy, namespace, bandwidthLimitBytesPerSecond } = definition;
  // A drill changes nothing there.
  const location = needs.locateFor(datastore, job.type === "drill" ? "read" : "write");
  const project = job.project ?? (job.type === "backup" ? workload?.project : undefined);
  const common = {
    datastore,
    ...(project === undefined ? {} : { project }),
    ...(priority === undefined ? {} : { priority }),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
  };
  const paced = bandwidthLimitBytesPerSecond === undefined ? {} : { bandwidthLimitBytesPerSecond };
  switch (job.type) {
    case "backup": {
      if (workload === undefined) throw new TypeError("a backup job backs up workloads");
      return ofJob(
        planBackup({ ...common, ...paced, ...sourceOf(definition, workload) }, location, needs.node),
        job.name,
      );
    }
    case "verify":
      return planVerify(
        {
          ...common,
          ...paced,
          ...(namespace === undefined ? {} : { namespace }),
          ...coverOf(definition),
        },
        location,
      );
    case "prune":
      return planPrune(
        { ...common, ...(namespace === undefined ? {} : { namespace }) },
        location,
        needs.pruneAbout(datastore, namespace),
      );
    case "drill": {
      const { drill } = definition;
      if (drill === undefined) throw new TypeError("a drill job says what it restores");
      const { scratchPath } = needs;
      return planDrill({ ...common, ...paced, ...drill }, location, { scratchPath, workload });
    }
    case "gc": {
      const { cutoffMinutes } = definition;
      return planGc({ ...common, ...(cutoffMinutes === undefined ? {} : { cutoffMinutes }) }, location);
    }
  }
}

/** A backup of a workload by hand. @throws NAME_INVALID */
export function planWorkloadBackup(
  { node, location }: { readonly node: string; readonly location: DatastoreLocation },
  { full, ...request }: WorkloadBackupRequest,
  workload: WorkloadRecord,
): TaskPlan {
  const { name, project } = workload;
  const source = sourceOf(
    { namespace: request.namespace, mode: full === true ? "full" : undefined },
    workload,
  );
  const whose = project === undefined ? {} : { project };
  return { ...planBackup({ ...request, ...whose, ...source }, location, node), workload: name };
}

/** The snapshot will say which job took it. */
function ofJob(plan: TaskPlan, job: string): TaskPlan {
  // A backup's own parameters, as `planBackup` made them.
  return { ...plan, parameters: { ...(plan.parameters as TaskParameters), job } };
}

function sourceOf(
  {
    namespace,
    mode,
  }: {
    readonly namespace?: string | undefined;
    readonly mode?: JobRecord["definition"]["mode"] | undefined;
  },
  workload: WorkloadRecord,
) {
  const { name, definition } = workload;
  const { commands, preCommand, postCommand } = definition;
  const { kind, paths = [], excludes, optionalPaths, oneFileSystem, keyFile } = definition;
  return {
    type: definition.backupType ?? (kind === "image" ? "vm" : "host"),
    id: definition.backupId ?? name,
    paths: [...paths],
    ...(namespace === undefined ? {} : { namespace }),
    ...(mode === "full" ? { full: true } : {}),
    ...(excludes === undefined ? {} : { excludes: [...excludes] }),
    ...(optionalPaths === undefined ? {} : { optionalPaths: [...optionalPaths] }),
    ...(oneFileSystem === undefined ? {} : { oneFileSystem }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(commands === undefined ? {} : { commands: [...commands] }),
    ...(preCommand === undefined ? {} : { preCommand }),
    ...(postCommand === undefined ? {} : { postCommand }),
  };
}
