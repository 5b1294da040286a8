import { expect, test } from "vitest";
import type { RunStatistics, Snapshot } from "@ironcore-backup/protocol/calls";
import "../../../texts/english.testing.ts";
import { comparedSentences, percent } from "./compared-words.ts";

const snapshotOf = (sizeBytes: number): Snapshot => ({
  snapshot: "host/web/2026-03-01T00:00:00Z",
  namespace: "",
  type: "host",
  id: "web",
  backupTime: 1,
  finished: true,
  sizeBytes,
  protected: false,
  files: [],
});
const runOf = (onDiskBytes: number, durationMs: number): RunStatistics => ({
  upid: "UPID:1",
  endedAt: 1,
  datastore: "main",
  namespace: "",
  group: "host/web",
  isFull: false,
  warningCount: 0,
  sourceReadBytes: 0,
  preEncryptBytes: 0,
  onDiskBytes,
  chunkCount: 0,
  knownChunkCount: 0,
  newRawBytes: 0,
  newCompressedBytes: 0,
  metrics: { durationMs },
  unusual: [],
});

test("says what is more and what is less than in the snapshot before", () => {
  const words = comparedSentences({
    snapshot: snapshotOf(3 * 1024 * 1024),
    before: snapshotOf(1024 * 1024),
    run: runOf(1024, 4000),
    runBefore: runOf(2048, 2000),
  });
  expect(words).toEqual([
    "It is 2.00 MiB larger.",
    "Its backup added 1.00 KiB on disk, less than the 2.00 KiB of the one before.",
    "It took 4.0 s; the one before took 2.0 s.",
  ]);
});

test("what reads the same is not called more", () => {
  const [size, added] = comparedSentences({
    snapshot: snapshotOf(5),
    before: snapshotOf(5),
    run: runOf(1_048_577, 1),
    runBefore: runOf(1_048_576, 1),
  });
  expect([size, added]).toEqual([
    "It is of the same size.",
    "Its backup added 1.00 MiB on disk, as the one before.",
  ]);
});

test("says nothing of what is not known", () => {
  const same = { snapshot: snapshotOf(5), before: snapshotOf(5), run: undefined, runBefore: undefined };
  expect(comparedSentences(same)).toEqual(["It is of the same size."]);
});

test("a share is all only when it is", () => {
  expect([percent(0.99999), percent(1), percent(0)]).toEqual(["99.9 %", "100.0 %", "0.0 %"]);
});
