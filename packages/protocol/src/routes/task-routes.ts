/** What starts tasks, shows them and stops them. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import { strictObject } from "../shapes.ts";
import { TaskSchema } from "../task.ts";
import {
  BackupRequestSchema,
  DrillRequestSchema,
  GcRequestSchema,
  RestoreRequestSchema,
  StartedTaskSchema,
  TaskCountQuerySchema,
  TaskCountsSchema,
  TaskListQuerySchema,
  TaskListSchema,
  TaskLogQuerySchema,
  TaskLogSchema,
  TaskUpdateSchema,
  VerifyRequestSchema,
} from "../task-requests.ts";
import { route } from "./route.ts";

const TaskParams = strictObject({ upid: Type.String({ maxLength: 2048 }) });

export const taskRoutes = {
  startBackup: route({
    ...calls.startBackup,
    summary: "Starts a backup task",
    body: BackupRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  startRestore: route({
    ...calls.startRestore,
    summary: "Starts a restore task",
    body: RestoreRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  startDrill: route({
    ...calls.startDrill,
    summary:
      "Starts a recovery drill: a snapshot is restored into scratch space, checked, measured and removed",
    body: DrillRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  startVerify: route({
    ...calls.startVerify,
    summary: "Starts a verify task",
    body: VerifyRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  startGc: route({
    ...calls.startGc,
    summary: "Starts a garbage collection task",
    body: GcRequestSchema,
    status: 202,
    response: StartedTaskSchema,
  }),
  listTasks: route({
    ...calls.listTasks,
    summary: "Tasks under a filter, newest first unless sorted otherwise",
    query: TaskListQuerySchema,
    status: 200,
    response: TaskListSchema,
  }),
  countTasks: route({
    ...calls.countTasks,
    summary: "How many tasks a filter finds in each state",
    query: TaskCountQuerySchema,
    status: 200,
    response: TaskCountsSchema,
  }),
  getTask: route({
    ...calls.getTask,
    summary: "One task",
    params: TaskParams,
    status: 200,
    response: TaskSchema,
  }),
  getTaskLog: route({
    ...calls.getTaskLog,
    summary: "Log lines of one task, from either end, filtered, searched",
    params: TaskParams,
    query: TaskLogQuerySchema,
    status: 200,
    response: TaskLogSchema,
  }),
  cancelTask: route({
    ...calls.cancelTask,
    summary: "Asks a queued or running task to stop, its parts with it",
    params: TaskParams,
    status: 202,
    response: TaskSchema,
  }),
  updateTask: route({
    ...calls.updateTask,
    summary: "Changes a queued or running task's limit on bandwidth; holds at once",
    params: TaskParams,
    body: TaskUpdateSchema,
    status: 200,
    response: TaskSchema,
  }),
  retryTask: route({
    ...calls.retryTask,
    summary: "Starts a new task that does what a failed or cancelled one should have done",
    params: TaskParams,
    status: 202,
    response: StartedTaskSchema,
  }),
} as const;
