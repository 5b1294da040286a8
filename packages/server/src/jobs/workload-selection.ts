/**
 * Which workloads a job's sources mean: those it names, and those that fit its `include`, without those that fit its
 * `exclude`. A filter fits what any one of its lines fits. A job of a project sees its project's workloads only.
 */

import type { JobSources } from "@ironcore-backup/protocol";
import type { JobRecord } from "../state/job-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";

type Filter = NonNullable<JobSources["include"]>;

/** By name. @param workloads  all there are */
export function selectWorkloads(
  { project, definition }: Pick<JobRecord, "project" | "definition">,
  workloads: Iterable<WorkloadRecord>,
): WorkloadRecord[] {
  const { sources = {} } = definition;
  const named = new Set(sources.workloads);
  return [...workloads]
    .filter((workload) => project === undefined || workload.project === project)
    .filter((workload) => named.has(workload.name) || fits(sources.include, workload))
    .filter((workload) => !fits(sources.exclude, workload))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function fits(filter: Filter | undefined, { name, project, definition }: WorkloadRecord): boolean {
  if (filter === undefined) return false;
  const { names = [], tags = [], projects = [] } = filter;
  if (project !== undefined && projects.includes(project)) return true;
  if (tags.some((tag) => definition.tags?.includes(tag) === true)) return true;
  return names.some((pattern) => matches(pattern, name));
}

/** `*` stands for any letters. Walked by hand: a pattern of many stars takes no more than its length times the name's. */
function matches(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? "";
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
