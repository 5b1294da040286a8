/** What a worker tells of a running task, in batches. Values are absolute, so a batch may be told late but not twice. */

import type { ErrorShape } from "@ironcore-backup/base";
import type { LogLevel, TaskLogLine, TaskStatistics } from "@ironcore-backup/protocol";

/** A log line before it has its number. */
export type ReportedLine = Omit<TaskLogLine, "number">;

export interface StageReport {
  /** Order of opening within the task, from 0. */
  readonly index: number;
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  readonly doneItems: number;
  readonly totalItems: number | undefined;
  readonly totalIsEstimate: boolean;
  readonly current: string | undefined;
}

export interface TaskReport {
  readonly lines: readonly ReportedLine[];
  /** Lines that a flood pushed out since the last report, by level. A line in the log says so too. */
  readonly droppedLineCounts: Readonly<Record<LogLevel, number>>;
  /** Only those that moved. */
  readonly stages: readonly StageReport[];
  readonly bytes: number | undefined;
  readonly target: string | undefined;
  readonly statistics: TaskStatistics | undefined;
}

/** How a run ended, as the worker saw it. */
export type TaskOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: ErrorShape }
  | { readonly kind: "cancelled" };

export const EMPTY_REPORT: TaskReport = {
  lines: [],
  droppedLineCounts: { debug: 0, info: 0, warning: 0, error: 0 },
  stages: [],
  bytes: undefined,
  target: undefined,
  statistics: undefined,
};
