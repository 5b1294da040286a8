import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock, instantFromMs } from "@ironcore-backup/base";
import type { Snapshot, SnapshotVerification } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { insertVerificationRecords } from "../state/verification-records.ts";
import { verdictOf, withReportedResults } from "./snapshot-verdict.ts";

const AT_SECONDS = 0x65_00_00_00;
const upidOf = (taskId: number): string =>
  `UPID:node:00000001:00000001:0000000${taskId}:65000000:verify:main:ann@ibs!nightly:`;
const UPID = upidOf(1);

let directory: string;
let state: State;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "ironcore-verdict-"));
  state = await openState(join(directory, "state.db"));
});
afterEach(async () => {
  await state.close();
  rmSync(directory, { recursive: true });
});

const needs = () => ({ clock: createFakeClock(), database: state.database });

function aSnapshot(upid: string): Snapshot {
  const clock = createFakeClock();
  const verification = verdictOf({ clock }, { upid, state: "failed" });
  const snapshot = {
    namespace: "",
    type: "host",
    id: "web",
    backupTime: 1,
    finished: true,
    protected: false,
  };
  return {
    snapshot: "host/web/1970-01-01T00:00:01Z",
    ...snapshot,
    files: [],
    ...(verification === undefined ? {} : { verification }),
  };
}

function aReport(result: SnapshotVerification["result"]): SnapshotVerification {
  const counts = { durationMs: 1, chunkCount: 1, readBytes: 1, checksumOnlyChunkCount: 0, findingCount: 1 };
  return { snapshot: "host/web/1970-01-01T00:00:01Z", result, startedAt: 1, ...counts, findings: [] };
}

test("a verdict tells when and by whom, and is stale after thirty days", () => {
  const clock = createFakeClock();
  clock.setNow(instantFromMs((AT_SECONDS + 30 * 86_400) * 1000));
  const verdict = {
    result: "OK",
    at: AT_SECONDS * 1000,
    upid: UPID,
    verifier: "ann@ibs!nightly",
    isStale: false,
  };
  expect(verdictOf({ clock }, { upid: UPID, state: "ok" })).toEqual(verdict);
  clock.advance(1);
  expect(verdictOf({ clock }, { upid: UPID, state: "ok" })).toEqual({ ...verdict, isStale: true });
});

test("what another program wrote instead of a UPID counts as no verdict", () => {
  expect(verdictOf({ clock: createFakeClock() }, { upid: "by hand", state: "ok" })).toBeUndefined();
});

test("damage reads as what the report of that very task found, and as CORRUPT without one", async () => {
  await insertVerificationRecords(state.database, {
    datastore: "main",
    upid: UPID,
    reports: [aReport("MISSING")],
  });
  const shown = await withReportedResults(needs(), "main", [aSnapshot(UPID), aSnapshot(upidOf(2))]);
  expect(shown.map(({ verification }) => verification?.result)).toEqual(["MISSING", "CORRUPT"]);
  const elsewhere = await withReportedResults(needs(), "other", [aSnapshot(UPID)]);
  expect(elsewhere[0]?.verification?.result).toBe("CORRUPT");
});

test("one whose manifest cannot be read has the verdict of its newest report, unless it was sound then", async () => {
  const { verification: _none, ...snapshot } = aSnapshot(UPID);
  const unreadable = { ...snapshot, manifestError: "cut short" };
  const report = (upid: string, result: SnapshotVerification["result"]) =>
    insertVerificationRecords(state.database, { datastore: "main", upid, reports: [aReport(result)] });
  await report(UPID, "OK");
  expect((await withReportedResults(needs(), "main", [unreadable]))[0]?.verification).toBeUndefined();
  await report(upidOf(2), "CORRUPT");
  const [shown] = await withReportedResults(needs(), "main", [unreadable]);
  expect(shown?.verification).toMatchObject({
    result: "CORRUPT",
    upid: upidOf(2),
    verifier: "ann@ibs!nightly",
  });
});
