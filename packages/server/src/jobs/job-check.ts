/** Whether what was said of a workload or a job makes sense. The schemas have checked each field by itself. */

import { basename } from "node:path";
import { parseBackupId, parseGroupRef, parseNamespace, parseTimeZone } from "@ironcore-backup/base";
import type { JobType } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { JobDefinition, JobRecord } from "../state/job-records.ts";
import type { WorkloadDefinition } from "../state/workload-records.ts";

type Field = keyof JobDefinition;
/** Which types have a field; what is not named here all have. */
const TYPES_WITH: Readonly<Partial<Record<Field, readonly JobType[]>>> = {
  sources: ["backup"],
  mode: ["backup"],
  retention: ["backup"],
  bandwidthLimitBytesPerSecond: ["backup", "verify", "drill"],
  drill: ["drill"],
  cutoffMinutes: ["gc"],
  verifyWindowDays: ["verify"],
  coverDays: ["verify"],
  durationSecondsMax: ["verify"],
  namespace: ["backup", "verify", "prune"],
};

/** @throws JOB_INVALID, NAME_INVALID, TIME_ZONE_UNKNOWN */
export function checkJob({ type, definition }: Pick<JobRecord, "type" | "definition">): void {
  const invalid = (rule: string): Error => serverErrors.JOB_INVALID({ type, rule });
  for (const [field, types] of Object.entries(TYPES_WITH)) {
    // The table's own keys.
    if (definition[field as Field] !== undefined && !types.includes(type))
      throw invalid(`"${field}" is for jobs of type ${types.join(", ")}`);
  }
  parseNamespace(definition.namespace ?? "");
  if (definition.retention?.timeZone !== undefined) parseTimeZone(definition.retention.timeZone);
  const { coverDays, durationSecondsMax, verifyWindowDays } = definition;
  if (coverDays !== undefined && verifyWindowDays !== undefined)
    throw invalid('"coverDays" goes by bytes and "verifyWindowDays" by snapshots: one of them');
  if (durationSecondsMax !== undefined && coverDays === undefined)
    throw invalid('"durationSecondsMax" goes with "coverDays"');
  if (type === "drill" && definition.drill === undefined)
    throw invalid('"drill" says which group is restored, and it is missing');
  if (definition.drill !== undefined) parseGroupRef(definition.drill.group);
  if (type === "backup" && !hasSources(definition))
    throw invalid('"sources" names no workload and includes none');
}

function hasSources({ sources = {} }: JobDefinition): boolean {
  const { names = [], tags = [], projects = [] } = sources.include ?? {};
  return (sources.workloads ?? []).length + names.length + tags.length + projects.length > 0;
}

/** @throws WORKLOAD_INVALID, NAME_INVALID */
export function checkWorkload(definition: WorkloadDefinition): void {
  const invalid = (rule: string): Error => serverErrors.WORKLOAD_INVALID({ rule });
  const { kind, paths = [], commands = [], optionalPaths = [], backupId } = definition;
  if (backupId !== undefined) parseBackupId(backupId);
  if (kind === "command" && commands.length === 0) throw invalid('"commands" is empty');
  if (kind !== "command" && commands.length > 0) throw invalid('"commands" is for workloads of kind command');
  if (kind === "command" && paths.length > 0) throw invalid('"paths" is for directories and images');
  if (kind !== "command" && paths.length === 0) throw invalid('"paths" is empty');
  assertDifferent(
    commands.map(({ archive }) => archive),
    "commands",
  );
  const stranger = optionalPaths.find((path) => !paths.includes(path));
  if (stranger !== undefined) throw invalid(`"optionalPaths" names ${stranger}, which "paths" does not`);
  if (kind === "files") return;
  for (const field of ["excludes", "oneFileSystem"] as const)
    if (definition[field] !== undefined) throw invalid(`"${field}" is for workloads of kind files`);
  assertDifferent(
    paths.map((path) => basename(path)),
    "images",
  );
}

/** Their archives are called as they are. @throws WORKLOAD_INVALID */
function assertDifferent(names: readonly string[], what: string): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw serverErrors.WORKLOAD_INVALID({ rule: `two ${what} are called ${twice}` });
}
