/** A thread that reads the state store, so that a question about a million tasks holds up nobody but those who ask. */

import { parentPort, workerData } from "node:worker_threads";
import { createSystemClock, toCodedError } from "@ironcore-backup/base";
import { readInstantCounts } from "./instant-counts.ts";
import { openReaderDatabase } from "./reader-database.ts";
import type { ReaderRequest } from "./reader.ts";
import { countHistory } from "./task-history-count.ts";
import { DEFAULT_EFFORT } from "./task-history-effort.ts";
import { findHistoryExcess } from "./task-history-excess.ts";
import { findHistoryPage } from "./task-history-page.ts";
import type { HistoryQuestion } from "./task-history-question.ts";
import { createHistorySizes } from "./task-history-size.ts";
import { readVerificationStandings } from "./verification-standing.ts";

// Given by reader.ts when it starts this thread.
const { path } = workerData as { readonly path: string };
const clock = createSystemClock();
const database = openReaderDatabase({ clock }, path);
const needs = { database, sizes: createHistorySizes({ clock, database }), effort: DEFAULT_EFFORT };

function answer(question: HistoryQuestion): unknown {
  switch (question.kind) {
    case "page":
      return findHistoryPage(needs, question);
    case "count":
      return countHistory(needs, question);
    case "excess":
      return findHistoryExcess(database, question);
    case "instants":
      return readInstantCounts(database, question);
    case "verifications":
      return readVerificationStandings(database);
  }
}

parentPort?.on("message", ({ id, question, limitMs }: ReaderRequest) => {
  try {
    const result = database.within(limitMs, () => answer(question));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ id, result });
  } catch (cause) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ id, error: toCodedError(cause).toJSON() });
  }
});
