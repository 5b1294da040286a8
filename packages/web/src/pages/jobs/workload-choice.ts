import { meansWorkload } from "@ironcore-backup/protocol/calls";
import type { Workload } from "@ironcore-backup/protocol/calls";
import { createRequest } from "./job-form.ts";
import type { JobForm } from "./job-form.ts";

/** Names of the workloads that the form's sources mean now. */
export function chosenWorkloads(form: JobForm, workloads: readonly Workload[]): string[] {
  const { sources } = createRequest({ ...form, type: "backup" });
  const project = form.project === "" ? undefined : form.project;
  return workloads
    .filter((workload) => meansWorkload({ project, sources }, workload))
    .map(({ name }) => name);
}
