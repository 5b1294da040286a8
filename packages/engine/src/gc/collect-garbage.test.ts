import { beforeEach, describe, expect, test } from "vitest";
import { instantFromMs, isCancelled, toCodedError } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import { chunkPath, doomedChunkPath } from "../chunk-store/chunk-path.ts";
import { aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { createDatastore } from "../datastore/datastore.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { archivePath } from "../datastore/snapshot-path.ts";
import { lockCollection } from "../locks/store-writer.ts";
import { openBackupSession } from "../sessions/backup-session.ts";
import {
  aChunk,
  DYNAMIC_NAME,
  FIRST_TIME,
  requestFor,
  storeChunk,
  takeBackup,
} from "../sessions/backup-builder.testing.ts";
import { collect, DAY_MS, isStored, LONG_MS, UPID } from "./gc.testing.ts";

let store: MemoryDatastore;
beforeEach(async () => {
  store = await aMemoryDatastore();
  store.needs.clock.advance(FIRST_TIME * 1000);
});

const backup = (at: number, ...numbers: number[]) =>
  takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME + at), {
    chunks: numbers.map((n) => aChunk(n)),
  });
const stored = (...numbers: number[]): boolean[] =>
  numbers.map((number) => isStored(store.needs, store.datastore, chunkDigest(aChunk(number))));
const pathOf = (number: number): string => chunkPath(store.datastore.path, chunkDigest(aChunk(number)));
const codeOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => toCodedError(thrown).code);

describe("garbage collection", () => {
  test("removes what only a forgotten snapshot named, a day and five minutes after its last use", async () => {
    const { needs, datastore } = store;
    const first = await backup(0, 1, 2);
    await backup(1, 2, 3);
    await forgetSnapshot(needs, datastore, first);
    needs.clock.advance(DAY_MS);
    const early = await collect(needs, datastore);
    expect(early).toMatchObject({ removedChunkCount: 0, pendingChunkCount: 1, usedChunkCount: 2 });
    expect(early.nextFreeAtMs).toBeGreaterThan(needs.clock.now());
    needs.clock.advance((early.nextFreeAtMs ?? 0) - needs.clock.now() + 1);
    const late = await collect(needs, datastore);
    expect(late).toMatchObject({
      removedChunkCount: 1,
      pendingChunkCount: 0,
      usedChunkCount: 2,
      missingChunkCount: 0,
    });
    expect(late.removedBytes).toBe(early.pendingBytes);
    expect(stored(1, 2, 3)).toEqual([false, true, true]);
  });

  test("that marked one store removes nothing from another that takes its place", async () => {
    const { needs, datastore } = store;
    await backup(0, 1, 2);
    const other = await createDatastore(needs, "/other");
    await takeBackup(needs, other, requestFor(FIRST_TIME), { chunks: [aChunk(7)] });
    needs.clock.advance(LONG_MS);
    const swapped = collect(needs, datastore, {
      beforeSweep: async () => {
        needs.disk.rename("/store", "/aside");
        needs.disk.rename("/other", "/store");
      },
    });
    expect(await codeOf(swapped)).toBe("DATASTORE_REPLACED");
    expect(stored(7)).toEqual([true]);
  });

  test("keeps what a running backup has found or written, however long it takes", async () => {
    const { needs, datastore } = store;
    const gone = await backup(0, 1);
    const session = openBackupSession(needs, datastore, { ...requestFor(FIRST_TIME + 1), isFull: true });
    storeChunk(needs, session, aChunk(1));
    storeChunk(needs, session, aChunk(2));
    needs.clock.advance(10 * DAY_MS);
    const result = await collect(needs, datastore);
    expect(result.removedChunkCount).toBe(0);
    expect(stored(1, 2)).toEqual([true, true]);
    session.abort();
    await forgetSnapshot(needs, datastore, gone);
    expect((await collect(needs, datastore)).removedChunkCount).toBe(2);
  });

  test("keeps what a backup touched after the clock was set back, when the clock is right again", async () => {
    const { needs, datastore } = store;
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1));
    needs.clock.advance(-3 * DAY_MS);
    storeChunk(needs, session, aChunk(1));
    needs.clock.advance(6 * DAY_MS);
    await collect(needs, datastore);
    expect(stored(1)).toEqual([true]);
    session.abort();
  });

  test("keeps what the index of an unfinished snapshot names", async () => {
    const { needs, datastore } = store;
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    const index = session.createDynamicIndex(DYNAMIC_NAME);
    index.append(300, storeChunk(needs, session, aChunk(1)));
    index.close();
    const path = archivePath(datastore, session.snapshot, DYNAMIC_NAME);
    const bytes = needs.disk.readFile(path, 1e6);
    session.abort();
    needs.disk.mkdir("/store/elsewhere");
    const file = needs.disk.open("/store/elsewhere/root.didx", "create");
    file.pwrite(bytes, 0);
    file.close();
    needs.clock.advance(LONG_MS);
    await collect(needs, datastore);
    expect(stored(1)).toEqual([true]);
  });

  test("removes nothing when one index cannot be read, and names it", async () => {
    const { needs, datastore } = store;
    const gone = await backup(0, 1);
    const kept = await backup(1, 2);
    await forgetSnapshot(needs, datastore, gone);
    const path = archivePath(datastore, kept, DYNAMIC_NAME);
    const bytes = needs.disk.readFile(path, 1e6);
    needs.disk.unlink(path);
    const file = needs.disk.open(path, "create");
    file.pwrite(bytes.subarray(0, bytes.length - 7), 0);
    file.close();
    needs.clock.advance(LONG_MS);
    const thrown = await collect(needs, datastore).catch(toCodedError);
    expect(thrown).toMatchObject({ code: "GC_INDEX_UNREADABLE", context: { path, indexCount: 1 } });
    expect(stored(1, 2)).toEqual([true, true]);
  });

  test("refuses a file system that does not keep access times", async () => {
    const { needs, datastore } = store;
    await backup(0, 1);
    const disk = { ...needs.disk, touch: () => undefined };
    expect(await codeOf(collect({ ...needs, disk }, datastore))).toBe("GC_ACCESS_TIME_IGNORED");
    expect(needs.disk.readdir("/store/.chunks").filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("ends when the clock is set back under it", async () => {
    const { needs, datastore } = store;
    await backup(0, 1);
    const beforeSweep = () => Promise.resolve(needs.clock.setNow(instantFromMs(needs.clock.now() - DAY_MS)));
    expect(await codeOf(collect(needs, datastore, { beforeSweep }))).toBe("GC_CLOCK_SET_BACK");
  });

  test("runs once at a time", async () => {
    const { needs, datastore } = store;
    const lock = lockCollection(needs, datastore.path);
    expect(await codeOf(collect(needs, datastore))).toBe("GC_RUNNING");
    lock.release();
    await collect(needs, datastore);
  });

  test("is ended by a cancel and leaves what it had not reached", async () => {
    const { needs, datastore } = store;
    const gone = await backup(0, 1, 2, 3, 4);
    await forgetSnapshot(needs, datastore, gone);
    needs.clock.advance(LONG_MS);
    const cancel = new AbortController();
    const onProgress = () => {
      needs.clock.advance(20);
      cancel.abort();
    };
    const ended = collect(needs, datastore, { signal: cancel.signal, onProgress });
    expect(await ended.catch(isCancelled)).toBe(true);
    expect(stored(1, 2, 3, 4).filter(Boolean).length).toBeGreaterThan(0);
  });

  test("a dry run counts the same and changes nothing", async () => {
    const { needs, datastore } = store;
    const gone = await backup(0, 1, 2);
    await backup(1, 2, 3);
    await forgetSnapshot(needs, datastore, gone);
    needs.clock.advance(LONG_MS);
    const { startedAt: _dry, ...planned } = await collect(needs, datastore, { isDryRun: true });
    expect(stored(1, 2, 3)).toEqual([true, true, true]);
    expect(needs.disk.lstat("/store/.gc-status")).toBeUndefined();
    const { startedAt: _real, ...done } = await collect(needs, datastore);
    expect(done).toEqual(planned);
  });

  test("a store in many parts ends as one in a single part, and its status file has the words of the format", async () => {
    const { needs, datastore } = store;
    const numbers = Array.from({ length: 40 }, (_, at) => at);
    const gone = await backup(0, ...numbers);
    await backup(1, ...numbers.filter((number) => number % 3 === 0));
    await forgetSnapshot(needs, datastore, gone);
    needs.clock.advance(LONG_MS);
    const whole = await collect(needs, datastore, { isDryRun: true });
    const parts = await collect(needs, datastore, { digestCountMax: 0.01 });
    expect(parts).toEqual(whole);
    expect(stored(...numbers)).toEqual(numbers.map((number) => number % 3 === 0));
    const status: unknown = JSON.parse(Buffer.from(needs.disk.readFile("/store/.gc-status", 1e6)).toString());
    expect(status).toMatchObject({
      upid: UPID,
      "removed-chunks": 26,
      "disk-chunks": 14,
      "index-file-count": 1,
    });
  });

  test("a bad chunk stays while an index has nothing sound in its place, and goes afterwards", async () => {
    const { needs, datastore } = store;
    await backup(0, 1);
    needs.disk.rename(pathOf(1), `${pathOf(1)}.0.bad`);
    needs.clock.advance(LONG_MS);
    const first = await collect(needs, datastore);
    expect(first).toMatchObject({ keptBadChunkCount: 1, removedBadChunkCount: 0, missingChunkCount: 1 });
    await takeBackup(
      needs,
      datastore,
      { ...requestFor(FIRST_TIME + 1), isFull: true },
      { chunks: [aChunk(1)] },
    );
    const second = await collect(needs, datastore);
    expect(second).toMatchObject({ keptBadChunkCount: 0, removedBadChunkCount: 1, missingChunkCount: 0 });
  });

  test("temporaries of dead writers go when they are old; strangers stay", async () => {
    const { needs, datastore } = store;
    const names = [`${pathOf(1)}.tmp_0011223344556677_1`, "/store/.chunks/0000/README"];
    for (const name of names) needs.disk.open(name, "create").close();
    expect((await collect(needs, datastore)).removedTemporaryCount).toBe(0);
    needs.clock.advance(LONG_MS);
    expect((await collect(needs, datastore)).removedTemporaryCount).toBe(1);
    expect(names.map((name) => needs.disk.lstat(name) !== undefined)).toEqual([false, true]);
  });

  test("a chunk whose name a killed collection had taken is read, found and collected like any other", async () => {
    const { needs, datastore } = store;
    await backup(0, 1);
    needs.disk.rename(pathOf(1), doomedChunkPath(pathOf(1)));
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1));
    expect(session.hasChunk(chunkDigest(aChunk(1)))).toBe(true);
    session.abort();
    needs.disk.rename(pathOf(1), doomedChunkPath(pathOf(1)));
    expect(session.chunkStore.read(chunkDigest(aChunk(1))).length).toBeGreaterThan(0);
    needs.disk.rename(pathOf(1), doomedChunkPath(pathOf(1)));
    needs.clock.advance(LONG_MS);
    expect(await collect(needs, datastore)).toMatchObject({ usedChunkCount: 1, removedChunkCount: 0 });
    expect(needs.disk.lstat(pathOf(1))).toBeDefined();
  });
});
