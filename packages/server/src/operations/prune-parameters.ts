/** What of a prune's parameters is not settled when it is queued, but when it starts. */

import type { RetentionTable } from "../datastores/retention-choice.ts";
import type { TaskParameters } from "./operation.ts";

/**
 * A prune that waited, or that is tried again days later, goes by what is set then.
 * @param parameters  of any task, as they were made when it was queued
 */
export function withRetentionsOfNow(
  parameters: TaskParameters,
  tableOf: (datastore: string) => RetentionTable,
): TaskParameters {
  if (parameters.type !== "prune") return parameters;
  const { ofRequest } = parameters.retentions;
  const now = tableOf(parameters.datastore.name);
  return { ...parameters, retentions: ofRequest === undefined ? now : { ...now, ofRequest } };
}
