import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { SnapshotVerification } from "@ironcore-backup/protocol";
import { openState } from "./database.ts";
import type { State } from "./database.ts";
import { openReaderDatabase } from "./reader-database.ts";
import type { ReaderDatabase } from "./reader-database.ts";
import { deleteVerificationRecords, insertVerificationRecords } from "./verification-records.ts";
import { readVerificationStandings } from "./verification-standing.ts";

let root = "";
let state: State;
let database: ReaderDatabase;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "ironcore-standing-"));
  state = await openState(join(root, "state.db"));
  database = openReaderDatabase({ clock: createFakeClock() }, join(root, "state.db"));
});
afterEach(async () => {
  database.close();
  await state.close();
  rmSync(root, { recursive: true });
});

async function verified(
  datastore: string,
  startedAt: number,
  results: Readonly<Record<string, SnapshotVerification["result"]>>,
): Promise<void> {
  const reports = Object.entries(results).map(([snapshot, result]): SnapshotVerification => ({
    snapshot,
    result,
    startedAt,
    ...{
      durationMs: 1,
      chunkCount: 1,
      readBytes: 1,
      checksumOnlyChunkCount: 0,
      findings: [],
      findingCount: 0,
    },
  }));
  await insertVerificationRecords(state.database, { datastore, upid: `UPID:${startedAt}`, reports });
}

const standings = () => readVerificationStandings(database);

test("the newest report of each snapshot counts, datastore by datastore, with the oldest of them", async () => {
  expect(standings()).toEqual([]);
  await verified("main", 100, { a: "OK", b: "OK", c: "CORRUPT" });
  await verified("main", 200, { b: "MISSING", c: "OK" });
  await verified("other", 300, { a: "OK" });
  expect(standings()).toEqual([
    { datastore: "main", result: "MISSING", snapshotCount: 1, oldestAt: 200 },
    { datastore: "main", result: "OK", snapshotCount: 2, oldestAt: 100 },
    { datastore: "other", result: "OK", snapshotCount: 1, oldestAt: 300 },
  ]);
  await deleteVerificationRecords(state.database, { datastore: "main", snapshot: "b" });
  expect(standings().map(({ result }) => result)).toEqual(["OK", "OK"]);
});
