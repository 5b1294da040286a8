/** What a request asks a prune to look at, and by which retentions. */

import { parseGroupRef, parseNamespace } from "@ironcore-backup/base";
import type { GroupRef, Namespace } from "@ironcore-backup/base";
import type { PrunePlanRequest, Retention } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { checkRetention } from "./retention-choice.ts";
import type { RetentionTable } from "./retention-choice.ts";

/** @throws TIME_ZONE_UNKNOWN */
export function tableFor(table: RetentionTable, ofRequest: Retention | undefined): RetentionTable {
  return ofRequest === undefined ? table : { ...table, ofRequest: checkRetention(ofRequest) };
}

/** @throws NAME_INVALID, PRUNE_SCOPE_INVALID */
export function scopeOf({
  namespace,
  depthMax,
  group,
}: Pick<PrunePlanRequest, "namespace" | "depthMax" | "group">):
  { readonly group: GroupRef } | { readonly namespace: Namespace; readonly depthMax?: number } {
  if (group !== undefined) {
    if (namespace !== undefined || depthMax !== undefined) throw serverErrors.PRUNE_SCOPE_INVALID({});
    return { group: parseGroupRef(group) };
  }
  return { namespace: parseNamespace(namespace ?? ""), ...(depthMax === undefined ? {} : { depthMax }) };
}
