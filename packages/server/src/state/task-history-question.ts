/** What is asked about many tasks at once. Plain data: it travels to the reader's thread. */

import type { TaskCountQuery, TaskSortKey, TaskState } from "@ironcore-backup/protocol";
import type { TaskRow } from "./schema.ts";
import type { TaskVisibility } from "./task-visibility.ts";

/** Where a task stands in a list: what it is sorted by, absent while it has no such value, and its number. */
export interface HistoryPlace {
  readonly value: number | undefined;
  readonly taskId: number;
}

export interface HistoryPageQuestion {
  readonly kind: "page";
  readonly visibility: TaskVisibility;
  readonly filter: TaskCountQuery;
  readonly sort: TaskSortKey;
  readonly descending: boolean;
  /** The last task of the page before. */
  readonly after: HistoryPlace | undefined;
  readonly limit: number;
}

/** Without what only the operation needs; statistics of some length are null. */
export type HistoryRow = Omit<TaskRow, "parameters">;

/** In the order that was asked for. */
export interface HistoryPage {
  readonly rows: readonly { readonly place: HistoryPlace; readonly row: HistoryRow }[];
}

export interface HistoryCountQuestion {
  readonly kind: "count";
  readonly visibility: TaskVisibility;
  /** Its own `state` does not matter. */
  readonly filter: TaskCountQuery;
}

export interface HistoryCounts {
  readonly counts: Readonly<Record<TaskState, number>>;
  /** Counting stopped: the numbers are lower bounds. */
  readonly capped: boolean;
}

/** Which finished tasks are older, or more, than is kept. */
export interface HistoryExcessQuestion {
  readonly kind: "excess";
  /** Those that ended before go. */
  readonly endedBefore: number;
  /** The same for those that failed or warned. */
  readonly troubledEndedBefore: number;
  /** So many tasks are kept in all; over it the oldest go, those that failed or warned last. */
  readonly countMax: number;
  readonly limit: number;
}

export interface HistoryExcess {
  readonly tasks: readonly { readonly taskId: number; readonly upid: string }[];
}

export interface HistoryAnswers {
  readonly page: HistoryPage;
  readonly count: HistoryCounts;
  readonly excess: HistoryExcess;
}

export type HistoryQuestion = HistoryPageQuestion | HistoryCountQuestion | HistoryExcessQuestion;
