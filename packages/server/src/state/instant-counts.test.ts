import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { openState } from "./database.ts";
import { readInstantCounts } from "./instant-counts.ts";
import { openReaderDatabase } from "./reader-database.ts";
import { insertRunByHand, insertRunRecords } from "./run-records.ts";
import type { NewRun } from "./run-records.ts";

const root = mkdtempSync(join(tmpdir(), "ironcore-instants-"));
afterEach(() => rmSync(root, { recursive: true }));

const aRun = (dueAt: number, changes: Partial<NewRun> = {}): NewRun => ({
  ...{ job: "nightly", origin: "schedule", dueAt, fireAt: dueAt, state: "met", cause: undefined },
  ...{ message: undefined, askedBy: undefined, instantCount: 1, subjects: [], startedAt: 1, endedAt: 2 },
  ...changes,
});

test("instants of the time asked for are counted by their end, with all that a row stands for; runs by hand are none", async () => {
  const path = join(root, "state.db");
  const state = await openState(path);
  await insertRunRecords(state.database, [
    ...[99, 100, 150, 201].map((dueAt) => aRun(dueAt)),
    aRun(160, { state: "missed", instantCount: 7 }),
  ]);
  await insertRunByHand(state.database, aRun(170, { origin: "hand" }));
  const reader = openReaderDatabase({ clock: createFakeClock() }, path);
  expect(readInstantCounts(reader, { kind: "instants", since: 100, until: 200 })).toEqual([
    { state: "met", count: 2 },
    { state: "missed", count: 7 },
  ]);
  reader.close();
  await state.close();
});
