/**
 * Which workloads a job's sources mean: those it names, and those that fit its `include`, without those that fit its
 * `exclude`. A filter fits what any one of its lines fits. A job of a project sees its project's workloads only.
 */

import { fitsWildcard } from "@ironcore-backup/base";
import type { JobSources } from "./job.ts";

type Filter = NonNullable<JobSources["include"]>;

/** What filters look at. */
export interface MatchedWorkload {
  readonly name: string;
  readonly project?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export function meansWorkload(
  {
    project,
    sources = {},
  }: { readonly project?: string | undefined; readonly sources?: JobSources | undefined },
  workload: MatchedWorkload,
): boolean {
  if (project !== undefined && workload.project !== project) return false;
  const isIn = sources.workloads?.includes(workload.name) === true || fits(sources.include, workload);
  return isIn && !fits(sources.exclude, workload);
}

function fits(filter: Filter | undefined, { name, project, tags }: MatchedWorkload): boolean {
  if (filter === undefined) return false;
  if (project !== undefined && filter.projects?.includes(project) === true) return true;
  if (filter.tags?.some((tag) => tags?.includes(tag) === true) === true) return true;
  return filter.names?.some((pattern) => fitsWildcard(pattern, name)) === true;
}
