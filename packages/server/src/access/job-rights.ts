/** What a job's maker must be allowed, and its owner still, each time it runs: what it does, done by hand, takes the same. */

import { parseGroupRef, parseNamespace } from "@ironcore-backup/base";
import type { Privilege } from "@ironcore-backup/protocol";
import type { JobRecord } from "../state/job-records.ts";
import { assertMay, PLATFORM } from "./rights.ts";
import type { Holder, Resource } from "./rights.ts";

type Deed = Pick<JobRecord, "type" | "datastore" | "definition">;

/** @throws FORBIDDEN, DATASTORE_NOT_FOUND for who may not know of it, NAME_INVALID */
export function assertMayDoJob(holder: Holder, job: Deed): void {
  const place = placeOf(job);
  assertMay(holder, PRIVILEGES[job.type], place);
  const { drill } = job.definition;
  if (drill?.check !== undefined || drill?.keyFile !== undefined) assertMay(holder, "host.use", PLATFORM);
  // Its snapshots go when it says so.
  if (job.definition.retention !== undefined) assertMay(holder, "snapshot.forget", place);
}

/** Whose a job or a workload is. */
export function ownedBy(project: string | undefined): Resource {
  return project === undefined ? PLATFORM : { kind: "project", project };
}

const PRIVILEGES: Readonly<Record<JobRecord["type"], Privilege>> = {
  backup: "backup.start",
  verify: "verify.start",
  prune: "prune.start",
  gc: "gc.start",
  drill: "snapshot.restore",
};

function placeOf({ type, datastore, definition: { namespace: text = "", drill } }: Deed): Resource {
  if (drill !== undefined)
    return { kind: "namespace", datastore, namespace: parseGroupRef(drill.group).namespace };
  if (type !== "backup" && text === "") return { kind: "datastore", datastore };
  return { kind: "namespace", datastore, namespace: parseNamespace(text) };
}
