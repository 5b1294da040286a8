/** What the metrics are read from. main.ts hands in each as a plain function, so that this room asks no other one. */

import type { Datastore, JobType, ProtectionState, RunState, Task, Worker } from "@ironcore-backup/protocol";

/** How a job stands. Instants are milliseconds since 1970. */
export interface JobFacts {
  readonly job: string;
  readonly type: JobType;
  readonly datastore: string;
  readonly isScheduled: boolean;
  readonly isOverdue: boolean;
  readonly nextRunAt: number | undefined;
  readonly lastRun:
    | {
        readonly state: RunState;
        readonly startedAt: number | undefined;
        readonly endedAt: number | undefined;
      }
    | undefined;
  readonly lastSuccessAt: number | undefined;
  /** Of the last run that succeeded, all its tasks together; of backups only. */
  readonly lastSuccess:
    | {
        readonly sourceReadBytes: number;
        readonly onDiskBytes: number;
        readonly newStoredBytes: number;
        readonly deduplicationHitRate: number | undefined;
        readonly compressionRatio: number | undefined;
      }
    | undefined;
}

/** Instants of schedules that came to one end. */
export interface InstantFacts {
  readonly state: RunState;
  readonly count: number;
}

/** Snapshots of a datastore by what their last verification found. */
export interface VerificationFacts {
  readonly datastore: string;
  readonly result: "OK" | "CORRUPT" | "MISSING";
  readonly snapshotCount: number;
  /** Of the one that was verified the longest time ago. */
  readonly oldestAt: number;
}

export interface DeliveryFacts {
  readonly target: string;
  readonly state: string;
  readonly count: number;
}

export type ActiveFacts = Pick<
  Task,
  "upid" | "type" | "class" | "state" | "datastore" | "job" | "queuedAt" | "bytes"
>;

export interface MetricSources {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly activeTasks: () => Iterable<ActiveFacts>;
  readonly isPaused: () => boolean;
  readonly jobs: () => Promise<readonly JobFacts[]>;
  /** Between two instants, milliseconds since 1970. */
  readonly instants: (since: number, until: number) => Promise<readonly InstantFacts[]>;
  readonly protectionCounts: () => Promise<Readonly<Record<ProtectionState, number>>>;
  readonly workers: () => readonly Pick<
    Worker,
    "class" | "state" | "slotCount" | "usedSlotCount" | "processCount" | "rssBytes"
  >[];
  readonly datastores: () => Promise<readonly Datastore[]>;
  readonly verifications: () => Promise<readonly VerificationFacts[]>;
  /** Of the event loop, in the last minute. */
  readonly longestPauseMs: () => number;
  readonly eventReaderCount: () => number;
  readonly stateSizeBytes: () => number;
  /** Absent: the house sends no notifications, and there is no such metric. */
  readonly deliveries?: (() => Promise<readonly DeliveryFacts[]>) | undefined;
}

/** A task that has ended, as far as it is counted. */
export type EndedFacts = ActiveFacts & Pick<Task, "startedAt" | "endedAt" | "error">;
