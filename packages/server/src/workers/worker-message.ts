/** What the server and its worker processes say to each other over the child's IPC channel. */

import type { TaskAssignment } from "../tasks/tasks.ts";
import type { TaskOutcome, TaskReport } from "../tasks/task-report.ts";
import type { PaceGrant } from "./pacer.ts";

export type MessageToWorker =
  | { readonly kind: "run"; readonly assignment: TaskAssignment }
  /** Stop what runs: by an operator's wish or because the server stops; the worker need not know which. */
  | { readonly kind: "cancel"; readonly upid: string }
  /** The oldest unanswered report is stored. */
  | { readonly kind: "reported" }
  /** Answers `confirm`. False: the claim is over, nothing may be made final. */
  | { readonly kind: "confirmed"; readonly upid: string; readonly attempt: number; readonly holds: boolean }
  /** A limit on bandwidth holds from now on, or holds no more, or so much of what the run has moved is paid for. */
  | { readonly kind: "paced"; readonly upid: string; readonly grant: PaceGrant }
  | { readonly kind: "exit" };

export type MessageFromWorker =
  | { readonly kind: "ready"; readonly rssBytes: number }
  /** The main thread turns. */
  | { readonly kind: "alive"; readonly rssBytes: number }
  | { readonly kind: "report"; readonly upid: string; readonly attempt: number; readonly report: TaskReport }
  /** Does the claim still hold? Asked before something is made final. */
  | { readonly kind: "confirm"; readonly upid: string; readonly attempt: number }
  /** The run has moved so many bytes more under a limit on bandwidth. */
  | { readonly kind: "moved"; readonly upid: string; readonly attempt: number; readonly bytes: number }
  /** Comes after every report of the task. The process is ready for the next one. */
  | {
      readonly kind: "finished";
      readonly upid: string;
      readonly attempt: number;
      readonly outcome: TaskOutcome;
      /** Resident memory of the process now. */
      readonly rssBytes: number;
    };

/** How often a worker says that its main thread turns. */
export const ALIVE_INTERVAL_MS = 1000;
/** Reports that may be under way at once; more wait in the worker. */
export const REPORTS_IN_FLIGHT_MAX = 4;
/** How long a worker that lost its server may still clean up. */
export const ORPHAN_GRACE_MS = 2000;
/**
 * An answer to `confirm` that comes later is no answer: a process that slept in between must not believe what was true
 * before. Far below the lease.
 */
export const CONFIRM_MS_MAX = 10_000;
