/** What can go wrong with the places of a datastore and with plans of what a prune would do. */

import { errorEntry } from "@ironcore-backup/base";

export const placeErrorRows = {
  NAMESPACE_IS_ROOT: errorEntry(
    "never",
    (_c: Record<never, never>) => "The root namespace is the datastore itself",
    "Change the datastore's settings instead, or name a namespace below the root.",
  ),
  PRUNE_SCOPE_INVALID: errorEntry(
    "never",
    (_c: Record<never, never>) => "A prune looks at one group, or at a namespace and what is below it",
    "Give either the group, or the namespace with or without a depth.",
  ),
  PRUNE_PLAN_TOO_LARGE: errorEntry(
    "never",
    (c: { snapshotCountMax: number }) => `The plan would name more than ${c.snapshotCountMax} snapshots`,
    "Ask for one namespace or one group. A prune task has no such limit.",
  ),
  SNAPSHOTS_NOT_REMOVED: errorEntry(
    "later",
    (c: { failedCount: number; first: string; reason: string }) =>
      `${c.failedCount} snapshots could not be removed, the first ${c.first}: ${c.reason}`,
    "Look into the log for each of them, correct the cause, then prune again. What is kept was not touched.",
  ),
  QUESTIONS_TOO_MANY: errorEntry(
    "later",
    (_c: Record<never, never>) => "Too many others ask questions that read much of this datastore",
    "Ask again in a few minutes.",
  ),
  OWNER_NOT_FOUND: errorEntry(
    "never",
    (c: { owner: string }) => `There is no user or token ${c.owner} who could own the group`,
    "Check the name, or create the user first.",
  ),
};
