/** How much is looked at before another way is taken. Tests make it small, so that few tasks show every way. */

import type { ReaderDatabase } from "./reader-database.ts";
import type { HistorySizes } from "./task-history-size.ts";

/** What every question about the history needs. */
export interface HistoryNeeds {
  readonly database: ReaderDatabase;
  readonly sizes: HistorySizes;
  readonly effort: HistoryEffort;
}

export interface HistoryEffort {
  /** What a lead may have for all of it to be looked at, in its index. */
  readonly gatheredCountMax: number;
  /** The same where every step reads a row. */
  readonly readCountMax: number;
  /** A text that one in so many tasks has is found along an index sooner than among its candidates. */
  readonly commonTextShare: number;
  /** The newest tasks with a piece of text, that tell how common it is. */
  readonly sampleCount: number;
  readonly candidateBatchCount: number;
  /** A needle of one or two letters that begins more pieces than this is not rare. */
  readonly shortPieceCountMax: number;
  /** Of one state. A page shows "10,000+" from there on. */
  readonly countMax: number;
}

export const DEFAULT_EFFORT: HistoryEffort = {
  gatheredCountMax: 30_000,
  readCountMax: 10_000,
  commonTextShare: 200,
  sampleCount: 1000,
  candidateBatchCount: 1000,
  shortPieceCountMax: 200,
  countMax: 10_000,
};
