/**
 * Tidies what a run left whose worker died. Called in the server process; the dying worker may still move for a moment,
 * so whatever is removed is removed under its lock, and what is locked is left for its holder.
 */

import { rm } from "node:fs/promises";
import { isErrorShape } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import {
  assertStoreIdentity,
  createRealDisk,
  groupPath,
  hasGroup,
  lockGroup,
  openDatastore,
  removeLeftovers,
} from "@ironcore-backup/engine";
import type { TaskAssignment } from "../tasks/tasks.ts";
import { groupOfRequest } from "./datastore-reach.ts";
import type { TaskParameters } from "./operation.ts";
import { scratchFolder } from "./scratch-folder.ts";

/**
 * Removes what a lost drill had restored, or the unfinished snapshot of a lost backup. A group that is locked belongs to a newer backup, which removes the
 * leftovers itself when it starts.
 * @throws what the disk refuses
 */
export async function cleanUpAfterWorkerLost(
  tools: { readonly clock: Clock; readonly random: Random },
  assignment: TaskAssignment,
): Promise<void> {
  // The task's parameters were checked when it was queued, and stored as they were.
  const parameters = assignment.parameters as TaskParameters;
  if (parameters.type === "drill") {
    await rm(scratchFolder(parameters.scratchPath, assignment.upid), { recursive: true, force: true });
    return;
  }
  if (parameters.type !== "backup") return;
  const needs = { ...tools, disk: createRealDisk() };
  const datastore = openDatastore(needs, parameters.datastore.path);
  const { identity } = parameters.datastore;
  if (identity !== undefined) assertStoreIdentity(needs, datastore.path, identity);
  const group = groupOfRequest(assignment.upid, parameters.request);
  if (!hasGroup(needs, datastore, group)) return;
  try {
    const lock = lockGroup(needs, { path: groupPath(datastore, group), name: "the group of a lost backup" });
    try {
      removeLeftovers(needs, datastore, group);
    } finally {
      lock.release();
    }
  } catch (thrown) {
    if (isErrorShape(thrown) && (thrown.code === "GROUP_LOCKED" || thrown.code === "GROUP_MISSING")) return;
    throw thrown;
  }
}
