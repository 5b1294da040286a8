/** What can go wrong in the service itself: its data directory, its requests, its tasks and its workers. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";
import { accessErrorRows } from "./access/access-error-rows.ts";
import { doorErrorRows } from "./api/door-error-rows.ts";
import { eventErrorRows } from "./api/event-error-rows.ts";
import { downloadErrorRows } from "./datastores/download-error-rows.ts";
import { placeErrorRows } from "./datastores/place-error-rows.ts";
import { jobErrorRows } from "./jobs/job-error-rows.ts";
import { notificationErrorRows } from "./notifications/notification-error-rows.ts";
import { modeErrorRows } from "./datastores/mode-error-rows.ts";
import { logErrorRows } from "./tasks/log-error-rows.ts";
import { taskHistoryErrorRows } from "./state/task-history-error-rows.ts";
import { taskErrorRows } from "./tasks/task-error-rows.ts";
import { workerErrorRows } from "./workers/worker-error-rows.ts";
import { senderErrorRows } from "./senders/sender-error-rows.ts";

export const serverErrors = defineErrors({
  // Start and stop.
  OPTION_INVALID: errorEntry(
    "never",
    (c: { option: string; text: string; rule: string }) =>
      `"${c.text}" is not a valid value of ${c.option}: ${c.rule}`,
    "Correct the option or the environment variable and start the server again.",
  ),
  DATA_DIRECTORY_UNUSABLE: errorEntry(
    "later",
    (c: { path: string; detail: string }) => `The data directory ${c.path} cannot be used: ${c.detail}`,
    "Check that the directory can be written by this user, or name another one with --data-dir.",
  ),
  DATA_DIRECTORY_IN_USE: errorEntry(
    "later",
    (c: { path: string; pid?: number | undefined }) =>
      `Another server uses the data directory ${c.path}${c.pid === undefined ? "" : ` (process ${c.pid})`}`,
    "Use the running server, stop it first, or name another data directory with --data-dir.",
  ),
  LISTEN_FAILED: errorEntry(
    "later",
    (c: { address: string; detail: string }) => `The server cannot listen on ${c.address}: ${c.detail}`,
    "Choose another address with --listen, or stop the program that holds this one.",
  ),
  STATE_TOO_NEW: errorEntry(
    "never",
    (c: { path: string; detail: string }) =>
      `The state store ${c.path} was written by a newer version: ${c.detail}`,
    "Start the newer version again, or restore the state store that belongs to this one.",
  ),
  STATE_UNREADABLE: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `The state store ${c.path} cannot be opened: ${c.detail}`,
    "Check the disk below the data directory. Backups are not affected; the state store can be restored from a copy.",
  ),
  CERTIFICATE_UNREADABLE: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `The server's certificate ${c.path} cannot be read: ${c.detail}`,
    "Restore both files below tls/, or remove both: the next start makes new ones with a new fingerprint.",
  ),
  SERVER_STOPPING: errorEntry(
    "later",
    (_c: Record<never, never>) => "The server is stopping and takes no new work",
    "Try again when the server has started again.",
  ),

  // Requests.
  REQUEST_INVALID: errorEntry(
    "never",
    (c: { part: string; detail: string }) => `The request's ${c.part} is not valid: ${c.detail}`,
    "Correct the request. GET /api/v1/docs describes every route.",
  ),
  REQUEST_TOO_LARGE: errorEntry(
    "never",
    (c: { limitBytes: number }) => `The request is larger than ${c.limitBytes} bytes`,
    "Send less in one request.",
  ),
  ROUTE_NOT_FOUND: errorEntry(
    "never",
    (c: { method: string; path: string }) => `There is no ${c.method} ${c.path}`,
    "GET /api/v1/docs lists every route.",
  ),
  ...doorErrorRows,
  ...eventErrorRows,

  // Access.
  ...accessErrorRows,

  // Datastores.
  DATASTORE_NOT_FOUND: errorEntry(
    "never",
    (c: { datastore: string }) => `There is no datastore ${c.datastore}`,
    "`ironcore-backup datastore list` shows the ones there are.",
  ),
  DATASTORE_EXISTS: errorEntry(
    "never",
    (c: { datastore: string; path: string }) => `The datastore ${c.datastore} exists already at ${c.path}`,
    "Choose another name, or use the existing one.",
  ),
  DATASTORE_PATH_TAKEN: errorEntry(
    "never",
    (c: { datastore: string; path: string }) =>
      `The path ${c.path} belongs to the datastore ${c.datastore} already`,
    "Choose another directory, or use the existing datastore.",
  ),
  ...modeErrorRows,
  DATASTORE_IN_USE: errorEntry(
    "later",
    (c: { datastore: string; upid: string }) =>
      `The datastore ${c.datastore} is in use by the task ${c.upid}`,
    "Wait until the task has ended, or cancel it.",
  ),
  DATASTORE_OFFLINE: errorEntry(
    "later",
    (c: { datastore: string; detail: string }) => `The datastore ${c.datastore} is offline: ${c.detail}`,
    "Check that its disk is mounted and readable by the server.",
  ),
  SNAPSHOT_ARCHIVE_NOT_FOUND: errorEntry(
    "never",
    (c: { snapshot: string; archive: string }) =>
      `The snapshot ${c.snapshot} has no file archive ${c.archive}`,
    "`ironcore-backup snapshot files` shows its archives.",
  ),
  SNAPSHOT_ARCHIVE_ENCRYPTED: errorEntry(
    "never",
    (c: { snapshot: string; archive: string }) =>
      `The archive ${c.archive} of ${c.snapshot} is encrypted; the server has no key`,
    "List it on a machine that holds the key.",
  ),
  SNAPSHOT_PATH_NOT_FOUND: errorEntry(
    "never",
    (c: { archive: string; path: string }) => `The archive ${c.archive} has no ${c.path}`,
    "List the directory above it first.",
  ),

  // Tasks and workers.
  TASK_NOT_FOUND: errorEntry(
    "never",
    (c: { upid: string }) => `There is no task ${c.upid}`,
    "`ironcore-backup task list` shows the tasks there are.",
  ),
  TASK_FINISHED: errorEntry(
    "never",
    (c: { upid: string; state: string }) => `The task ${c.upid} has ended already: ${c.state}`,
    "Nothing is left to stop. A new run is a new task.",
  ),
  ...taskErrorRows,
  ...jobErrorRows,
  ...notificationErrorRows,
  ...taskHistoryErrorRows,
  TASK_QUEUE_FULL: errorEntry(
    "later",
    (c: { queuedTaskCount: number }) => `${c.queuedTaskCount} tasks are queued already, no more are taken`,
    "Wait until the queue is shorter, or cancel queued tasks.",
  ),
  WORKER_LOST: errorEntry(
    "now",
    (c: { reason: string }) => `The task lost its worker: ${c.reason}`,
    "Start it again. Finished snapshots are untouched. If it happens again, look for an out-of-memory kill in the kernel's log.",
  ),
  ...workerErrorRows,
  SERVER_STOPPED: errorEntry(
    "now",
    (_c: Record<never, never>) => "The server was stopped while the task ran",
    "Start it again. Finished snapshots are untouched.",
  ),
  ...logErrorRows,
  ...placeErrorRows,
  ...downloadErrorRows,
  TASK_LOG_UNWRITABLE: errorEntry(
    "later",
    (c: { detail: string }) => `The log of the task could not be written: ${c.detail}`,
    "Make room on the disk below the data directory, then run the task again.",
  ),
  TASK_RESULT_UNSTORED: errorEntry(
    "later",
    (c: { detail: string }) => `The result of the task could not be stored: ${c.detail}`,
    "Check the disk below the data directory, then run the task again.",
  ),
  OPERATION_UNAVAILABLE: errorEntry(
    "never",
    (c: { type: string; detail: string }) => `The worker cannot run a task of type ${c.type}: ${c.detail}`,
    "This installation is damaged or incomplete. Install it again.",
  ),

  // Notification targets.
  ...senderErrorRows,

  // Operations.
  SNAPSHOT_NONE_FINISHED: errorEntry(
    "never",
    (c: { group: string }) => `The backup group ${c.group} has no finished snapshot`,
    "Check namespace, type and id (snapshot list shows them), or take a backup first.",
  ),
  SNAPSHOT_VERIFY_FAILED: errorEntry(
    "never",
    (c: { snapshot: string; alternative: string }) =>
      `The last verification of ${c.snapshot} failed; the newest one that verified is ${c.alternative}`,
    "Restore the snapshot that verified, or take what can be had of this one with --allow-corrupt. Then take a fresh full backup.",
  ),
  SNAPSHOTS_DAMAGED: errorEntry(
    "never",
    (c: { damagedCount: number; snapshotCount: number; first: string }) =>
      `${c.damagedCount} of ${c.snapshotCount} snapshots are damaged, first ${c.first}`,
    "The log names every damaged chunk. Run a backup of each group named: it writes anew what its source still has. Then verify again.",
  ),
  KEY_FILE_UNREADABLE: errorEntry(
    "later",
    (c: { path: string; detail: string }) => `The key file ${c.path} cannot be read: ${c.detail}`,
    "Check the path and that the service's user may read the file.",
  ),
});
