/**
 * `/workloads`, `/jobs`, `/runs`, `/calendar`. They belong to a project or to the platform; what lies in a project that the
 * caller does not know does not exist for them.
 */

import { parseNamespace } from "@ironcore-backup/base";
import type { DrillPlan, Privilege } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { assertMayDoJob, ownedBy } from "../access/job-rights.ts";
import { PLATFORM } from "../access/rights.ts";
import { serverErrors } from "../errors.ts";
import type { Sight } from "../jobs/jobs.ts";
import type { JobRecord } from "../state/job-records.ts";
import type { WorkloadRecord } from "../state/workload-records.ts";
import { assertTakes } from "../jobs/run-start.ts";
import { planWorkloadBackup } from "../workers/job-plan.ts";
import { comparedSourceOf } from "../workers/task-plan.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";
import { assertGroup } from "./notification-handlers.ts";

export const jobHandlers: SomeHandlers<
  | "listWorkloads"
  | "createWorkload"
  | "getWorkload"
  | "updateWorkload"
  | "removeWorkload"
  | "checkWorkload"
  | "backUpWorkload"
  | "listJobs"
  | "createJob"
  | "getJob"
  | "updateJob"
  | "removeJob"
  | "runJob"
  | "listRuns"
  | "getCalendar"
  | "getProtection"
  | "previewSchedule"
> = {
  listWorkloads: async (needs, { caller }) => {
    const maySee = sightOf(needs, caller);
    return needs.workloads
      .all()
      .filter(({ project }) => maySee(project))
      .map((record) => needs.jobs.showWorkload(record));
  },
  createWorkload: async (needs, { caller, body }) => {
    const project = await projectOf(needs, caller, body.project);
    assertMayName(needs, caller);
    const record = await needs.workloads.create({ ...body, ...project });
    return needs.jobs.showWorkload(record);
  },
  getWorkload: async (needs, { caller, params }) =>
    needs.jobs.showWorkload(getWorkload(needs, caller, { name: params.workload, privilege: "job.read" })),
  updateWorkload: async (needs, { caller, params, body }) => {
    const { name } = getWorkload(needs, caller, { name: params.workload, privilege: "job.manage" });
    assertMayName(needs, caller);
    return needs.jobs.showWorkload(await needs.workloads.update(name, body));
  },
  removeWorkload: async (needs, { caller, params }) => {
    const { name } = getWorkload(needs, caller, { name: params.workload, privilege: "job.manage" });
    const jobs = needs.jobs.naming(name);
    if (jobs.length > 0) throw serverErrors.WORKLOAD_IN_USE({ workload: name, jobs: jobs.join(", ") });
    await needs.workloads.remove(name);
    return null;
  },
  checkWorkload: async (needs, { caller, params }) => {
    const { name } = getWorkload(needs, caller, { name: params.workload, privilege: "job.run" });
    return needs.workloads.check(name);
  },
  backUpWorkload: async (needs, { caller, params, body }) => {
    const { datastores, serverFacts, tasks } = needs;
    const workload = getWorkload(needs, caller, { name: params.workload, privilege: "job.run" });
    const location = datastores.locateFor(body.datastore, "write");
    const plan = planWorkloadBackup({ node: serverFacts.node, location }, body, workload);
    return { upid: await tasks.queue(caller, plan) };
  },
  listJobs: (needs, { caller }) => needs.jobs.list(sightOf(needs, caller)),
  createJob: async (needs, { caller, body }) => {
    const request = { ...body, ...(await projectOf(needs, caller, body.project)) };
    const { type, datastore, name: _name, project: _project, ...definition } = request;
    assertMayDoJob(caller, { type, datastore, definition: { ...definition, enabled: true } });
    assertComparable(needs, caller, { ...request, drill: definition.drill });
    assertGroup(needs, caller, { group: definition.notificationGroup, project: request.project });
    // It is there, whatever it may take at this moment.
    needs.datastores.locate(datastore);
    return needs.jobs.show(await needs.jobs.create(caller.authId, request));
  },
  getJob: async (needs, { caller, params }) =>
    needs.jobs.show(getJob(needs, caller, { name: params.job, privilege: "job.read" })),
  updateJob: async (needs, { caller, params, body }) => {
    const record = getJob(needs, caller, { name: params.job, privilege: "job.manage" });
    const { namespace = record.definition.namespace, retention = record.definition.retention } = body;
    const definition = {
      ...record.definition,
      ...(namespace === undefined ? {} : { namespace }),
      ...(retention === null || retention === undefined ? {} : { retention }),
    };
    // Who changes what a job does must be allowed all that it does then.
    assertMayDoJob(caller, { ...record, definition });
    assertComparable(needs, caller, { project: record.project, drill: body.drill });
    assertGroup(needs, caller, { group: body.notificationGroup, project: record.project });
    return needs.jobs.show(await needs.jobs.update(record.name, body));
  },
  removeJob: async (needs, { caller, params }) => {
    const { name } = getJob(needs, caller, { name: params.job, privilege: "job.manage" });
    await needs.jobs.remove(name);
    return null;
  },
  runJob: async (needs, { caller, params }) => {
    const { name } = getJob(needs, caller, { name: params.job, privilege: "job.run" });
    return needs.jobs.run(name, caller.authId);
  },
  listRuns: (needs, { caller, query }) => needs.jobs.listRuns(query, sightOf(needs, caller)),
  getCalendar: (needs, { caller, query }) => needs.jobs.calendar(query, sightOf(needs, caller)),
  getProtection: (needs, { caller }) => needs.jobs.protection(sightOf(needs, caller)),
  previewSchedule: async ({ jobs }, { body }) => jobs.preview(body),
};

/** What jobs work on stays: without it every run of theirs would be missed. @throws PLACE_HAS_JOBS, NAME_INVALID */
export function assertWithoutJobs(
  needs: ApiNeeds,
  caller: Caller,
  { datastore, namespace }: { readonly datastore: string; readonly namespace?: string },
): void {
  const place = namespace === undefined ? undefined : parseNamespace(namespace);
  const users = needs.jobs.usersOf(datastore, place);
  if (users.length === 0) return;
  const maySee = sightOf(needs, caller);
  const names = users.filter(({ project }) => maySee(project)).map(({ name }) => name);
  // Names of what the caller may not see stay hidden; that it is there must be said.
  const hiddenCount = users.length - names.length;
  const jobs = [...names, ...(hiddenCount === 0 ? [] : [`${hiddenCount} of other projects`])].join(", ");
  throw serverErrors.PLACE_HAS_JOBS({
    place: place === undefined ? datastore : `${datastore}:${place}`,
    jobs,
  });
}

function sightOf({ access }: ApiNeeds, caller: Caller): Sight {
  return (project) => access.may(caller, "job.read", ownedBy(project));
}

/** A workload names paths of the server's own machine. @throws FORBIDDEN */
function assertMayName({ access }: ApiNeeds, caller: Caller): void {
  access.assertMay(caller, "host.use", PLATFORM);
}

/** @throws PROJECT_NOT_FOUND, PROJECT_NEEDED, FORBIDDEN */
async function projectOf(
  { access }: ApiNeeds,
  caller: Caller,
  wanted: string | undefined,
): Promise<{ readonly project?: string }> {
  const project = await access.projectFor(caller, wanted, "job.manage");
  if (project === undefined) access.assertMay(caller, "job.manage", PLATFORM);
  return project === undefined ? {} : { project };
}

/** What a drill compares with, its maker may run. @throws WORKLOAD_NOT_FOUND, FORBIDDEN, DRILL_SOURCE_INVALID */
function assertComparable(
  needs: ApiNeeds,
  caller: Caller,
  { project, drill }: { readonly project?: string | undefined; readonly drill?: DrillPlan | undefined },
): void {
  if (drill?.compareSource === undefined) return;
  const workload = getWorkload(needs, caller, { name: drill.compareSource.workload, privilege: "job.run" });
  assertTakes({ project }, workload);
  comparedSourceOf(workload);
}

/** @throws WORKLOAD_NOT_FOUND, FORBIDDEN */
export function getWorkload(
  { access, workloads }: ApiNeeds,
  caller: Caller,
  { name, privilege }: { readonly name: string; readonly privilege: Privilege },
): WorkloadRecord {
  const record = workloads.get(name);
  if (!access.may(caller, "job.read", ownedBy(record.project)))
    throw serverErrors.WORKLOAD_NOT_FOUND({ workload: name });
  access.assertMay(caller, privilege, ownedBy(record.project));
  return record;
}

/** @throws JOB_NOT_FOUND, FORBIDDEN */
function getJob(
  { access, jobs }: ApiNeeds,
  caller: Caller,
  { name, privilege }: { readonly name: string; readonly privilege: Privilege },
): JobRecord {
  const record = jobs.get(name);
  if (!access.may(caller, "job.read", ownedBy(record.project)))
    throw serverErrors.JOB_NOT_FOUND({ job: name });
  access.assertMay(caller, privilege, ownedBy(record.project));
  return record;
}
