/** What is asked about many tasks at once. Plain data: it travels to the reader's thread. */

import type {
  RunState,
  SnapshotVerification,
  TaskCountQuery,
  TaskSortKey,
  TaskState,
} from "@ironcore-backup/protocol";
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

/** How the snapshots of each datastore stand by their last verification. */
export interface VerificationStandingQuestion {
  readonly kind: "verifications";
}

export interface VerificationStanding {
  readonly datastore: string;
  readonly result: SnapshotVerification["result"];
  readonly snapshotCount: number;
  /** When the one that was verified the longest time ago was; ms since 1970. */
  readonly oldestAt: number;
}

/** Instants of schedules that were due between two moments (ms since 1970), by what became of them. */
export interface InstantCountQuestion {
  readonly kind: "instants";
  readonly since: number;
  readonly until: number;
}

export interface InstantCount {
  readonly state: RunState;
  readonly count: number;
}

export interface HistoryAnswers {
  readonly page: HistoryPage;
  readonly count: HistoryCounts;
  readonly excess: HistoryExcess;
  readonly verifications: readonly VerificationStanding[];
  readonly instants: readonly InstantCount[];
}

export type HistoryQuestion =
  | HistoryPageQuestion
  | HistoryCountQuestion
  | HistoryExcessQuestion
  | VerificationStandingQuestion
  | InstantCountQuestion;
