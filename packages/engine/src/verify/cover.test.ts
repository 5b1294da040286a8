/** Passes that go on with what earlier ones read: after a kill, and with a window. */

import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import type { FakeClock, SnapshotRef } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { CHUNKS_DIRECTORY_NAME, chunkPath } from "../chunk-store/chunk-path.ts";
import { createDatastore } from "../datastore/datastore.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { readManifest, verifyStateOf } from "../datastore/manifest-file.ts";
import { aGroup } from "../datastore/datastore.testing.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { createMemoryDisk } from "../disk/memory-disk.ts";
import type { MemoryDisk } from "../disk/memory-disk.ts";
import { aChunk, FIRST_TIME, requestFor, takeBackup } from "../sessions/backup-builder.testing.ts";
import { coverSnapshots } from "./cover.ts";
import type { CoverOptions, CoverResult } from "./cover.ts";
import { enterPass } from "./pass-mark.ts";
import { verifySnapshots } from "./verify-pass.ts";
import type { VerifyOutcome } from "./verify-pass.ts";

const DAY_MS = 86_400_000;
const CHUNK_COUNT = 60;

let clock: FakeClock;
let memory: MemoryDisk;
let needs: EngineNeeds;
let datastore: Datastore;
/** Paths of chunks in the order they were read. */
let reads: string[];

beforeEach(async () => {
  clock = createFakeClock();
  memory = createMemoryDisk({ clock });
  reads = [];
  const disk = createFaultyDisk(memory, ({ name, path }) => {
    if (name === "open" && path.includes(`/${CHUNKS_DIRECTORY_NAME}/`) && !path.includes(".tmp_"))
      reads.push(path);
    return undefined;
  });
  needs = { disk, clock, random: createSeededRandom(3) };
  datastore = await createDatastore(needs, "/store");
});

const numbers = (from: number, to: number): Uint8Array[] =>
  Array.from({ length: to - from }, (_, at) => aChunk(from + at, 1000));
const pathOf = (number: number): string => chunkPath("/store", chunkDigest(aChunk(number, 1000)));
const stateOf = (snapshot: SnapshotRef): string | undefined =>
  verifyStateOf(readManifest(needs, datastore, snapshot))?.state;

function takes(chunks: readonly Uint8Array[], at: number): Promise<SnapshotRef> {
  return takeBackup(needs, datastore, requestFor(FIRST_TIME + at, aGroup(`host-${at}`)), { chunks });
}

function damage(number: number): void {
  const bytes = memory.readFile(pathOf(number), 1_000_000);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  memory.unlink(pathOf(number));
  const file = memory.open(pathOf(number), "create");
  file.pwrite(bytes, 0);
  file.close();
}

describe("a pass that was cut short", () => {
  const scope = "everything";

  /** As the server does it. @returns what was read, and how it ended */
  async function run(
    snapshots: readonly SnapshotRef[],
    { stopAfter = Number.POSITIVE_INFINITY, isFromStart = false } = {},
  ): Promise<{ readonly read: readonly string[]; readonly isWhole: boolean }> {
    reads.length = 0;
    const mark = enterPass(needs, datastore, { scope, upid: "UPID:x", isFromStart });
    const controller = new AbortController();
    const options = {
      upid: "UPID:x",
      threadCount: 0,
      signal: controller.signal,
      ...(mark.begunBy === undefined ? {} : { freshSinceMs: mark.startedAtMs }),
      onProgress: () => {
        if (reads.length >= stopAfter) controller.abort();
      },
    };
    try {
      for await (const _ of verifySnapshots(needs, datastore, snapshots, options));
      mark.finish();
      return { read: [...reads], isWhole: true };
    } catch {
      return { read: [...reads], isWhole: false };
    }
  }

  test("is gone on with: no chunk is read twice, none is left out, wherever it was cut", async () => {
    const snapshots = [await takes(numbers(0, 40), 0), await takes(numbers(20, CHUNK_COUNT), 1)];
    for (const stopAfter of [1, 7, 30, 59]) {
      clock.advance(DAY_MS);
      const first = await run(snapshots, { stopAfter, isFromStart: true });
      expect(first.isWhole).toBe(false);
      clock.advance(60_000);
      const second = await run(snapshots);
      expect(second.isWhole).toBe(true);
      const all = [...first.read, ...second.read];
      expect(new Set(all).size).toBe(CHUNK_COUNT);
      expect(all).toHaveLength(CHUNK_COUNT);
      expect(snapshots.map(stateOf)).toEqual(["ok", "ok"]);
      // It is over: the next one reads everything.
      expect((await run(snapshots)).read).toHaveLength(CHUNK_COUNT);
    }
  });

  test("is not gone on with from the start, nor after a week", async () => {
    const snapshots = [await takes(numbers(0, CHUNK_COUNT), 0)];
    await run(snapshots, { stopAfter: 30 });
    expect((await run(snapshots, { isFromStart: true })).read).toHaveLength(CHUNK_COUNT);
    await run(snapshots, { stopAfter: 30 });
    clock.advance(8 * DAY_MS);
    expect((await run(snapshots)).read).toHaveLength(CHUNK_COUNT);
  });

  test("finds a chunk that went bad, or away, or was written anew after it was cut", async () => {
    const snapshots = [await takes(numbers(0, CHUNK_COUNT), 0)];
    const { read } = await run(snapshots, { stopAfter: 30 });
    const [first = "", second = "", third = ""] = read;
    const bytes = memory.readFile(second, 1_000_000);
    memory.unlink(first);
    for (const path of [second, third]) memory.unlink(path);
    for (const path of [second, third]) {
      const file = memory.open(path, "create");
      file.pwrite(bytes, 0);
      file.close();
    }
    const again = await run(snapshots);
    // The file at the third's place is another one, so it is read; the second is the same bytes in a new file.
    expect(again.read).toEqual(expect.arrayContaining([second, third]));
    expect(stateOf(snapshots[0] as SnapshotRef)).toBe("failed");
  });
});

describe("a verification with a window", () => {
  const upidAt = (): string => `UPID:vm:00000001:00000001:${Math.floor(clock.now() / 1000).toString(16)}:v`;

  async function cover(
    snapshots: readonly SnapshotRef[],
    changes: Partial<CoverOptions> = {},
  ): Promise<
    CoverResult & { readonly outcomes: readonly VerifyOutcome[]; readonly read: readonly string[] }
  > {
    reads.length = 0;
    const outcomes: VerifyOutcome[] = [];
    const times = new Map<string, number>([[upidAt(), clock.now()]]);
    const result = await coverSnapshots(needs, datastore, snapshots, {
      upid: upidAt(),
      threadCount: 0,
      scope: "everything",
      windowMs: 30 * DAY_MS,
      onOutcome: (outcome) => outcomes.push(outcome),
      verdictAtMs: (upid) => times.get(upid) ?? Number.parseInt(upid.split(":")[4] ?? "", 16) * 1000,
      ...changes,
    });
    return { ...result, outcomes, read: [...reads] };
  }

  test("reads everything at first, then each day a share, and each chunk once in the window", async () => {
    const snapshots = [await takes(numbers(0, 40), 0), await takes(numbers(20, CHUNK_COUNT), 1)];
    const first = await cover(snapshots);
    expect(first.read).toHaveLength(CHUNK_COUNT);
    expect(first.coverage).toMatchObject({ chunkCount: CHUNK_COUNT, neverBytes: 0 });
    expect(first.coverage.coveredBytes).toBe(first.coverage.totalBytes);
    const counts = new Map<string, number>();
    for (let day = 1; day <= 60; day++) {
      clock.advance(DAY_MS);
      const { read, coverage, leftBytes } = await cover(snapshots);
      for (const path of read) counts.set(path, (counts.get(path) ?? 0) + 1);
      expect([coverage.coveredBytes, leftBytes]).toEqual([coverage.totalBytes, 0]);
      expect(read.length).toBeLessThanOrEqual(4);
    }
    expect(counts.size).toBe(CHUNK_COUNT);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(3);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(2);
    expect(snapshots.map(stateOf)).toEqual(["ok", "ok"]);
  });

  test("goes on where its time was over, the least recently checked first", async () => {
    const snapshots = [await takes(numbers(0, CHUNK_COUNT), 0)];
    const seen = new Set<string>();
    let runs = 0;
    for (let left = 1; left > 0; runs++) {
      let chunkCount = 0;
      const run = await cover(snapshots, {
        durationMsMax: 10,
        pace: () => {
          // Each chunk takes a millisecond.
          chunkCount++;
          clock.advance(1);
          return undefined;
        },
        batchChunkCountMax: 5,
      });
      for (const path of run.read) {
        expect(seen.has(path)).toBe(false);
        seen.add(path);
      }
      left = run.leftBytes;
      expect(chunkCount).toBeLessThanOrEqual(15);
      expect(stateOf(snapshots[0] as SnapshotRef)).toBe(left > 0 ? undefined : "ok");
      clock.advance(60_000);
    }
    expect(seen.size).toBe(CHUNK_COUNT);
    expect(runs).toBeGreaterThan(3);
  });

  test("finds bad and missing chunks in their turn, and judges every snapshot that needs them at once", async () => {
    const snapshots = [await takes(numbers(0, 40), 0), await takes(numbers(20, CHUNK_COUNT), 1)];
    await cover(snapshots);
    damage(5);
    memory.unlink(pathOf(30));
    for (let day = 1; day <= 30; day++) {
      clock.advance(DAY_MS);
      await cover(snapshots);
    }
    expect(snapshots.map(stateOf)).toEqual(["failed", "failed"]);
    // Its next backup has the bytes.
    await takes(numbers(0, CHUNK_COUNT), 2);
    for (let day = 1; day <= 20; day++) {
      clock.advance(DAY_MS);
      await cover(snapshots);
    }
    expect(snapshots.map(stateOf)).toEqual(["ok", "ok"]);
  });

  test("covers everything within the window whatever comes and goes, and kills included", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 40, maxLength: 40 }), async (days) => {
        memory.removeTree("/store");
        datastore = await createDatastore(needs, "/store");
        const snapshots = [await takes(numbers(0, 20), 0)];
        const checked = new Map<string, number>();
        for (const [day, what] of days.entries()) {
          clock.advance(DAY_MS);
          if (what < 3) snapshots.push(await takes(numbers(day, day + 10), day + 1));
          const controller = new AbortController();
          const isKilled = what === 5;
          const pace = (): undefined => {
            if (isKilled && reads.length >= 2) controller.abort();
            return undefined;
          };
          const result = await cover(snapshots, {
            windowMs: 10 * DAY_MS,
            pace,
            signal: controller.signal,
          }).catch(() => undefined);
          for (const path of reads) checked.set(path, clock.now());
          if (result === undefined) continue;
          expect(result.coverage.coveredBytes).toBe(result.coverage.totalBytes);
          for (const [, at] of checked) expect(clock.now() - at).toBeLessThanOrEqual(10 * DAY_MS);
        }
      }),
      { numRuns: 10 },
    );
  });
});
