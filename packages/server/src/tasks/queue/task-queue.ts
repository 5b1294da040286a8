/**
 * The queue as a port: what a driver must do, whatever it stands on. `task-queue.contract.ts` asks every driver for it.
 *
 *   enqueue ──▶ queued ── claim ──▶ running ── finish ──▶ over
 *                 ▲ │                  │ ▲
 *                 │ └─ withdraw, finish┘ └─ heartbeat
 *                 └──── release ───────┘ └─ takeExpired: running under another attempt
 *
 * - **Order.** Within a class: priority first, then age. A task that may not run yet is passed by those behind it.
 * - **Locks.** Of the tasks that carry the same exclusive key at most one runs, and they run in the order of the queue.
 * - **Limits.** At most so many tasks of one datastore, and of one project, run at once, whatever their class.
 * - **Leases.** A claim holds until `leaseUntil` and is renewed by its heartbeat. When it is over, whoever asks takes it.
 * - **Fencing.** Each hand-out has an attempt of its own. Whatever is written names its attempt, and is refused when the
 *   task has moved on. Two drivers on one store therefore never both have a task, however late one of them wakes up.
 * - **Durability.** What `enqueue` and `finish` wrote survives a power cut when they have resolved. A claim, a heartbeat
 *   and progress may be lost with the power: the run that they belong to is lost then, too.
 */

import type { TaskClass } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../../state/task-records.ts";

/** Names one hand-out of a task. */
export interface TaskClaim {
  readonly taskId: number;
  readonly attempt: number;
}

/** How many tasks may run at once, by name. Who is not named has no limit. */
export interface QueueLimits {
  readonly datastores: ReadonlyMap<string, number>;
  readonly projects: ReadonlyMap<string, number>;
}

export interface TaskQueue {
  /** Puts tasks into the line, all or none. A part is counted with the task it names as its parent. */
  enqueue(records: readonly TaskRecord[]): Promise<void>;
  /**
   * The first task of the class that may run, now running under a new attempt.
   * @returns undefined when there is none, and while the queue is paused
   */
  claim(wish: {
    /** `NODE/CLASS` */
    readonly worker: string;
    readonly class: TaskClass;
    readonly leaseMs: number;
    readonly limits: QueueLimits;
  }): Promise<TaskRecord | undefined>;
  /** Prolongs the lease from now on. @returns false when the claim is over */
  heartbeat(claim: TaskClaim, leaseMs: number): Promise<boolean>;
  /** Stores progress, in one write. @returns the numbers of those whose claim is over; nothing of them was written */
  save(records: readonly TaskRecord[]): Promise<readonly number[]>;
  /**
   * Ends a task: the record says how. Together with it, or not at all, its retry is put into the line and its parts that
   * waited for a good end may start.
   * @returns false when the claim is over
   */
  finish(record: TaskRecord, options?: { readonly retry?: TaskRecord | undefined }): Promise<boolean>;
  /**
   * Gives a claim back: the task is queued again, at its old place, and its attempt is the claim's plus one.
   * @returns false when the claim is over
   */
  release(claim: TaskClaim): Promise<boolean>;
  /** A queued task that is to be cancelled is not claimed any more. @returns false when it is not queued any more */
  withdraw(taskId: number): Promise<boolean>;
  /** Puts a repetition into the line and notes it with the finished task that it repeats. */
  enqueueRetry(record: TaskRecord): Promise<void>;
  /** Takes the claims whose lease is over, each under a new attempt, for the caller to end. */
  takeExpired(leaseMs: number): Promise<readonly TaskRecord[]>;
  /** Queued and running ones, oldest first. */
  listActive(): Promise<readonly TaskRecord[]>;
  /** While paused this driver hands nothing out; what runs goes on. */
  pause(paused: boolean): void;
  /** Calls back when this driver has put something into the line or something has ended, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}
