/** Workloads, jobs, their runs, and what a schedule means. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import {
  CalendarQuerySchema,
  CalendarSchema,
  JobCreateSchema,
  JobSchema,
  JobUpdateSchema,
  RunListQuerySchema,
  RunListSchema,
  SchedulePreviewRequestSchema,
  SchedulePreviewSchema,
  StartedRunSchema,
} from "../job.ts";
import { ProtectionSchema } from "../protection.ts";
import { strictObject } from "../shapes.ts";
import { StartedTaskSchema, WorkloadBackupRequestSchema } from "../task-requests.ts";
import {
  WorkloadCheckSchema,
  WorkloadCreateSchema,
  WorkloadListSchema,
  WorkloadSchema,
  WorkloadUpdateSchema,
} from "../workload.ts";
import { nothing, route } from "./route.ts";

const WorkloadParams = strictObject({ workload: Type.String({ maxLength: 64 }) });
const JobParams = strictObject({ job: Type.String({ maxLength: 64 }) });

export const jobRoutes = {
  listWorkloads: route({
    ...calls.listWorkloads,
    summary: "Workloads that the caller may see",
    status: 200,
    response: WorkloadListSchema,
  }),
  createWorkload: route({
    ...calls.createWorkload,
    summary: "Names something that is to be protected",
    body: WorkloadCreateSchema,
    status: 201,
    response: WorkloadSchema,
  }),
  getWorkload: route({
    ...calls.getWorkload,
    summary: "One workload",
    params: WorkloadParams,
    status: 200,
    response: WorkloadSchema,
  }),
  updateWorkload: route({
    ...calls.updateWorkload,
    summary: "Changes a workload; the next run takes it as it is then",
    params: WorkloadParams,
    body: WorkloadUpdateSchema,
    status: 200,
    response: WorkloadSchema,
  }),
  removeWorkload: route({
    ...calls.removeWorkload,
    summary: "Forgets a workload that no job names; its snapshots stay",
    params: WorkloadParams,
    status: 204,
    response: nothing,
  }),
  checkWorkload: route({
    ...calls.checkWorkload,
    summary: "Whether the workload's parts can be reached now",
    params: WorkloadParams,
    status: 200,
    response: WorkloadCheckSchema,
  }),
  backUpWorkload: route({
    ...calls.backUpWorkload,
    summary: "Backs up a workload now, without a job",
    params: WorkloadParams,
    body: WorkloadBackupRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  listJobs: route({
    ...calls.listJobs,
    summary: "Jobs that the caller may see, with their next and last runs",
    status: 200,
    response: Type.Array(JobSchema),
  }),
  createJob: route({
    ...calls.createJob,
    summary: "Makes a plan that recurs",
    body: JobCreateSchema,
    status: 201,
    response: JobSchema,
  }),
  getJob: route({
    ...calls.getJob,
    summary: "One job",
    params: JobParams,
    status: 200,
    response: JobSchema,
  }),
  updateJob: route({
    ...calls.updateJob,
    summary: "Changes a job; a run that goes on is not touched",
    params: JobParams,
    body: JobUpdateSchema,
    status: 200,
    response: JobSchema,
  }),
  removeJob: route({
    ...calls.removeJob,
    summary: "Removes a job; its snapshots and the history of its runs stay",
    params: JobParams,
    status: 204,
    response: nothing,
  }),
  runJob: route({
    ...calls.runJob,
    summary: "Runs a job now, beside its schedule",
    params: JobParams,
    status: 202,
    response: StartedRunSchema,
  }),
  listRuns: route({
    ...calls.listRuns,
    summary: "The ledger of runs, newest first",
    query: RunListQuerySchema,
    status: 200,
    response: RunListSchema,
  }),
  getCalendar: route({
    ...calls.getCalendar,
    summary: "What ran and what comes in a stretch of time",
    query: CalendarQuerySchema,
    status: 200,
    response: CalendarSchema,
  }),
  getProtection: route({
    ...calls.getProtection,
    summary: "How well each workload is protected, the worst first",
    status: 200,
    response: ProtectionSchema,
  }),
  previewSchedule: route({
    ...calls.previewSchedule,
    summary: "What a schedule means, and when it would run next",
    body: SchedulePreviewRequestSchema,
    status: 200,
    response: SchedulePreviewSchema,
  }),
} as const;
