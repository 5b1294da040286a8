/** The queue's questions never read the history: a store with a million finished tasks answers them as an empty one does. */

import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { KyselyPlugin } from "kysely";
import { aRecord, endedAs, LEASE_MS } from "./task-queue.testing.ts";
import { openState } from "../../state/database.ts";
import {
  CLAIM,
  claimTaskRecord,
  finishTaskRecord,
  insertQueuedRecords,
  insertRetryRecord,
  listRunTimes,
  releaseClaimRecord,
  renewClaimRecord,
  saveTaskRecords,
  takeExpiredRecords,
  withdrawTaskRecord,
} from "../../state/queue-records.ts";
import type { StateDatabase } from "../../state/schema.ts";
import { findTaskRecord, listActiveTaskRecords, listChildTaskRecords } from "../../state/task-records.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-queue-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Asked {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The same store; what is asked through it is noted. */
function noting(database: StateDatabase, asked: Asked[]): StateDatabase {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      asked.push(database.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
  return database.withPlugin(plugin);
}

test("no question of the queue reads more than the tasks that are not over, or single rows", async () => {
  const path = join(root, "state.db");
  const state = await openState(path);
  const asked: Asked[] = [];
  const database = noting(state.database, asked);
  await insertQueuedRecords(database, [aRecord(1), aRecord(2, { task: { parent: aRecord(1).task.upid } })]);
  const wish = { worker: "vm/worker", class: "worker", now: 1, leaseUntil: LEASE_MS };
  const limits = { datastoreCountMax: new Map([["store", 9]]), projectCountMax: new Map([["p", 9]]) };
  const record = await claimTaskRecord(database, { ...wish, ...limits });
  if (record === undefined) throw new Error("nothing to claim");
  await renewClaimRecord(database, record, LEASE_MS);
  await saveTaskRecords(database, [record]);
  await takeExpiredRecords(database, { now: 1, leaseUntil: 2 });
  const parent = { ...record, task: { ...record.task, childCount: 1 } };
  await finishTaskRecord(database, endedAs(parent, "ok"), { retry: aRecord(3) });
  await insertRetryRecord(database, aRecord(4, { task: { retryOf: record.task.upid } }));
  await withdrawTaskRecord(database, 4);
  await releaseClaimRecord(database, { taskId: 3, attempt: 1 });
  await listActiveTaskRecords(database);
  await findTaskRecord(database, record.task.upid);
  await listChildTaskRecords(database, record.task.upid, { limit: 10 });
  await listRunTimes(database, { limit: 500, lookBackCount: 5000 });
  asked.push({ sql: CLAIM, parameters: ["w", 1, 1, "worker", "{}", "{}"] });

  const look = new DatabaseSync(path);
  const plans = asked.map(({ sql, parameters }) => ({
    sql,
    // What kysely hands to node:sqlite is what node:sqlite takes.
    steps: look
      .prepare(`explain query plan ${sql}`)
      .all(...(parameters as SQLInputValue[]))
      .map((row) => String(row["detail"])),
  }));
  look.close();
  await state.close();
  expect(plans.length).toBeGreaterThan(15);
  for (const { sql, steps } of plans) {
    for (const step of steps) expect(isNarrow(step, sql), `${step}\n${sql}`).toBe(true);
  }
});

/** A row by its key, an index that holds only what is not over, or a table that is no table of tasks. */
function isNarrow(step: string, question: string): boolean {
  if (!/^(SCAN|SEARCH) /.test(step) || / VIRTUAL TABLE /.test(step)) return true;
  // The end of a table or of an index, for a maximum.
  if (step === "SEARCH tasks") return true;
  // All of one state are few, unless they are over.
  if (/^SEARCH .* tasks_by_state \(state=\?/.test(step))
    return / "state" (= '(queued|running)'|in \('queued', 'running'\))/.test(question);
  return /PRIMARY KEY|sqlite_autoindex_|tasks_(active|in_line|by_lock|running|by_parent)\b/.test(step);
}
