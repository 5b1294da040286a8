/**
 * What a running operation sees of its task, and what it gives back. An operation knows nothing of queues, processes or
 * the state store; it runs in a worker process and talks through this.
 */

import type { Clock, DatastoreName, Random, Upid } from "@ironcore-backup/base";
import type {
  BackupRequest,
  DrillRequest,
  GcRequest,
  LogLevel,
  PruneRequest,
  RestoreRequest,
  TaskStatistics,
  VerifyRequest,
} from "@ironcore-backup/protocol";

import type { RetentionTable } from "../datastores/retention-choice.ts";

/** Plain values beside a log line's message: path, digest, sizes. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

export interface StageProgress {
  /** Absolute values, not differences. Called as often as wanted; what travels is coalesced. */
  update(progress: {
    readonly doneBytes?: number;
    readonly doneItems?: number;
    readonly totalBytes?: number;
    readonly totalItems?: number;
    readonly totalIsEstimate?: boolean;
    readonly current?: string;
  }): void;
  end(): void;
}

/** Where the task's datastore is; the server looked it up when the task was queued. */
export interface DatastoreLocation {
  readonly name: DatastoreName;
  readonly path: string;
  /** The name that the store there must carry; absent: whatever lies there. */
  readonly identity?: string;
}

/** Of a workload, as it was when the task was queued. */
export interface ComparedSource {
  readonly workload: string;
  readonly paths: readonly string[];
  readonly excludes: readonly string[];
  readonly oneFileSystem: boolean;
}

export type TaskParameters =
  | {
      readonly type: "backup";
      readonly request: BackupRequest;
      readonly datastore: DatastoreLocation;
      /** Whose snapshot it is: retention of a job counts its own. Absent: taken by hand. */
      readonly job?: string;
    }
  | { readonly type: "restore"; readonly request: RestoreRequest; readonly datastore: DatastoreLocation }
  | { readonly type: "verify"; readonly request: VerifyRequest; readonly datastore: DatastoreLocation }
  | { readonly type: "gc"; readonly request: GcRequest; readonly datastore: DatastoreLocation }
  | {
      readonly type: "drill";
      readonly request: DrillRequest;
      readonly datastore: DatastoreLocation;
      /** Each drill restores into a folder of its own below this one. */
      readonly scratchPath: string;
      /** The live directories that the restored ones are compared with. */
      readonly source?: ComparedSource;
    }
  | {
      readonly type: "prune";
      readonly request: PruneRequest;
      readonly datastore: DatastoreLocation;
      /** As it is when the task starts: whoever loosens a retention while a prune waits must not lose what it keeps. */
      readonly retentions: RetentionTable;
    };

export interface TaskRun {
  readonly upid: Upid;
  readonly authId: string;
  readonly parameters: TaskParameters;
  readonly clock: Clock;
  readonly random: Random;
  /** Fires when an operator cancels or the worker must stop. */
  readonly signal: AbortSignal;
  /** Warnings and errors are counted from these lines. */
  log(level: LogLevel, code: string, message: string, fields?: LogFields): void;
  /** Opens a stage; stages may overlap. */
  stage(name: string): StageProgress;
  /** Bytes transferred or processed so far, for the task's own column. */
  setBytes(bytes: number): void;
  /** The task found out what it works on, for people: `main:host/web-1/2024-05-01T12:00:00Z`. */
  setTarget(target: string): void;
  /** Results so far; kept when the task fails later. */
  setStatistics(statistics: TaskStatistics): void;
  /**
   * To be awaited right before something is made final: a manifest published, a verdict written, a restore told as done.
   * Resolves when the server says that the task is still this worker's.
   * @throws CLAIM_LOST, CANCELLED; nothing may be made final then
   */
  confirm(): Promise<void>;
  /**
   * Keeps the run within the limits on bandwidth of its datastore and its task, which may change while it runs. To be told
   * of every byte that went into the datastore or came out of it, as stored, after it moved: often, in any portions.
   * @returns undefined: go on; a promise: go on when it resolves. It rejects with CANCELLED when the signal fires
   */
  pace(bytes: number): Promise<void> | undefined;
}

/** Throws a coded error to fail; `CANCELLED` once the signal fired. Returns when done (warnings make it `warning`). */
export type Operation = (run: TaskRun) => Promise<void>;
