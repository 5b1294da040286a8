/** What a run of a job queues: the same plans that a request makes, in the name of the job. */

import type { Retention } from "@ironcore-backup/protocol";
import { scopeOf, tableFor } from "../datastores/prune-scope.ts";
import type { RetentionTable } from "../datastores/retention-choice.ts";
import type { DatastoreLocation, TaskParameters } from "../operations/operation.ts";
import type { JobRecord } from "../state/job-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import type { TaskPlan } from "../tasks/tasks.ts";
import { planBackup, planGc, planPrune, planVerify } from "./task-plan.ts";

interface Needs {
  /** @throws DATASTORE_* when it is not there or takes no such tasks now */
  readonly locateFor: (datastore: string, use: "write") => DatastoreLocation;
  readonly tableOf: (datastore: string) => RetentionTable;
  /** Host name of the server. */
  readonly node: string;
}

/** @param workload  of a backup. @throws DATASTORE_*, NAME_INVALID */
export function planJob(needs: Needs, job: JobRecord, workload: WorkloadRecord | undefined): TaskPlan {
  const { datastore, definition } = job;
  const { priority, retryPolicy, namespace, bandwidthLimitBytesPerSecond } = definition;
  const location = needs.locateFor(datastore, "write");
  const project = job.project ?? workload?.project;
  const common = {
    datastore,
    ...(project === undefined ? {} : { project }),
    ...(priority === undefined ? {} : { priority }),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
  };
  const paced = bandwidthLimitBytesPerSecond === undefined ? {} : { bandwidthLimitBytesPerSecond };
  switch (job.type) {
    case "backup":
      return ofJob(
        planBackup({ ...common, ...paced, ...sourceOf(job, workload) }, location, needs.node),
        job.name,
      );
    case "verify":
      return planVerify({ ...common, ...paced }, location);
    case "prune": {
      const scope = namespace === undefined ? {} : { namespace };
      const about = { scope: scopeOf(scope), retentions: tableFor(needs.tableOf(datastore), NO_RETENTION) };
      return planPrune({ ...common, ...scope }, location, about);
    }
    case "gc": {
      const { cutoffMinutes } = definition;
      return planGc({ ...common, ...(cutoffMinutes === undefined ? {} : { cutoffMinutes }) }, location);
    }
  }
}

/** The snapshot will say which job took it. */
function ofJob(plan: TaskPlan, job: string): TaskPlan {
  // A backup's own parameters, as `planBackup` made them.
  return { ...plan, parameters: { ...(plan.parameters as TaskParameters), job } };
}

/** A prune job goes by what is set on jobs, namespaces and the datastore. */
const NO_RETENTION: Retention | undefined = undefined;

function sourceOf({ definition: { namespace, mode } }: JobRecord, workload: WorkloadRecord | undefined) {
  if (workload === undefined) throw new TypeError("a backup job backs up workloads");
  const { name, definition } = workload;
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
  };
}
