import { meansWorkload } from "@ironcore-backup/protocol";
import type { JobRecord } from "../state/job-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";

/** Those that the job's sources mean, by name. @param workloads  all there are */
export function selectWorkloads(
  { project, definition }: Pick<JobRecord, "project" | "definition">,
  workloads: Iterable<WorkloadRecord>,
): WorkloadRecord[] {
  const job = { project, sources: definition.sources };
  return [...workloads]
    .filter((one) => meansWorkload(job, { name: one.name, project: one.project, tags: one.definition.tags }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
