/**
 * The hard moments of a collection, each of them: another process finds a chunk right before any disk operation of the sweep, the
 * collection is killed at any of them, or both.
 */

import { describe, expect, test } from "vitest";
import { hexFromBytes } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import { aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import type { DiskOperation } from "../disk/faulty-disk.ts";
import { openBackupSession } from "../sessions/backup-session.ts";
import {
  aChunk,
  FIRST_TIME,
  requestFor,
  storeChunk,
  takeBackup,
  writeContent,
} from "../sessions/backup-builder.testing.ts";
import { collect, isStored, LONG_MS, unreadableChunks } from "./gc.testing.ts";

const OLD = [1, 2, 3];
const KEPT = [3, 4];

/** Chunks 1 and 2 are old and unnamed, 3 and 4 named. */
async function aStoreWithGarbage(): Promise<MemoryDatastore> {
  const store = await aMemoryDatastore();
  const { needs, datastore } = store;
  needs.clock.advance(FIRST_TIME * 1000);
  const content = (numbers: readonly number[]) => ({ chunks: numbers.map((number) => aChunk(number)) });
  const gone = await takeBackup(needs, datastore, requestFor(FIRST_TIME), content(OLD));
  await takeBackup(needs, datastore, requestFor(FIRST_TIME + 1), content(KEPT));
  await forgetSnapshot(needs, datastore, gone);
  needs.clock.advance(LONG_MS);
  return store;
}

const GARBAGE = [1, 2].map((number) => hexFromBytes(chunkDigest(aChunk(number))));

/** What is done with the two chunks, and what changes anything: the long walk over the rest has no moment of its own. */
function isOfInterest({ effect, path }: DiskOperation): boolean {
  return effect !== "read" || GARBAGE.some((digest) => path.includes(digest));
}

/** Runs a collection; `intrude` is called before the n-th operation of interest. @returns how many there were */
async function collectWith(
  store: MemoryDatastore,
  intrude: (number: number) => "kill" | undefined,
): Promise<number> {
  let count = 0;
  let isInside = false;
  const disk = createFaultyDisk(store.needs.disk, (operation) => {
    if (isInside || !isOfInterest(operation)) return undefined;
    count++;
    isInside = true;
    const verdict = intrude(count);
    isInside = false;
    return verdict === "kill" ? "power-cut" : undefined;
  });
  await collect({ ...store.needs, disk }, store.datastore).catch(() => undefined);
  return count;
}

const operationCount = await collectWith(await aStoreWithGarbage(), () => undefined);

describe("a collection", () => {
  test("has moments to be tried", () => {
    expect(operationCount).toBeGreaterThan(12);
  });

  test("never takes a chunk that a backup has found, whenever it found it", async () => {
    for (let moment = 1; moment <= operationCount; moment++) {
      const store = await aStoreWithGarbage();
      const { needs, datastore } = store;
      let session: ReturnType<typeof openBackupSession> | undefined;
      let manifest: Uint8Array = new Uint8Array();
      await collectWith(store, (number) => {
        if (number !== moment) return undefined;
        session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 2));
        manifest = writeContent(needs, session, { chunks: [aChunk(1), aChunk(2), aChunk(9)] });
        return undefined;
      });
      await session?.finish(manifest);
      expect([moment, unreadableChunks(needs, datastore)]).toEqual([moment, []]);
      await collect(needs, datastore);
      expect([moment, unreadableChunks(needs, datastore)]).toEqual([moment, []]);
    }
  });

  test("killed at any moment leaves everything that is named, and the next one ends the work", async () => {
    for (let moment = 1; moment <= operationCount; moment++) {
      const store = await aStoreWithGarbage();
      const { needs, datastore } = store;
      await collectWith(store, (number) => (number === moment ? "kill" : undefined));
      expect([moment, unreadableChunks(needs, datastore)]).toEqual([moment, []]);
      await collect(needs, datastore);
      expect([
        moment,
        ...[1, 2, 3, 4].map((n) => isStored(needs, datastore, chunkDigest(aChunk(n)))),
      ]).toEqual([moment, false, false, true, true]);
    }
  });

  test("killed right after a backup found a chunk whose name it had taken, leaves it to the backup", async () => {
    for (let moment = 1; moment < operationCount; moment++) {
      for (const later of [1, 2]) {
        const store = await aStoreWithGarbage();
        const { needs, datastore } = store;
        let late: ReturnType<typeof openBackupSession> | undefined;
        let manifest: Uint8Array = new Uint8Array();
        await collectWith(store, (number) => {
          if (number === moment) {
            late = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 3));
            for (const chunk of [1, 2]) storeChunk(needs, late, aChunk(chunk));
            manifest = writeContent(needs, late, { chunks: [aChunk(1), aChunk(2)] });
          }
          return number === moment + later ? "kill" : undefined;
        });
        await late?.finish(manifest);
        expect([moment, later, unreadableChunks(needs, datastore)]).toEqual([moment, later, []]);
      }
    }
  });
});
