import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { SnapshotRef } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { archivePath } from "../datastore/snapshot-path.ts";
import {
  FIRST_TIME,
  aChunk,
  DYNAMIC_NAME,
  requestFor,
  takeBackup,
} from "../sessions/backup-builder.testing.ts";
import { collect, LONG_MS } from "./gc.testing.ts";
import { measureOwnSpace } from "./own-space.ts";
import type { OwnSpace } from "./own-space.ts";

/** Each makes and sweeps a store of 65,536 directories. */
const RUN_COUNT = 5;

type Measured = Extract<OwnSpace, { readonly outcome: "measured" }>;

async function aStore(): Promise<MemoryDatastore> {
  const store = await aMemoryDatastore();
  store.needs.clock.advance(FIRST_TIME * 1000 - store.needs.clock.now());
  return store;
}

/** One chunk for each number, of a length of its own. */
const chunkOf = (number: number): Uint8Array => aChunk(number, 300 + number * 13);

async function backup(
  { needs, datastore }: MemoryDatastore,
  at: number,
  numbers: readonly number[],
  groupId = "web",
): Promise<SnapshotRef> {
  needs.clock.advance(1000);
  return takeBackup(needs, datastore, requestFor(FIRST_TIME + at, aGroup(groupId)), {
    chunks: numbers.map(chunkOf),
  });
}

async function measured(
  { needs, datastore }: MemoryDatastore,
  snapshots: readonly SnapshotRef[],
  options: Parameters<typeof measureOwnSpace>[3] = {},
): Promise<Measured> {
  const space = await measureOwnSpace(needs, datastore, snapshots, options);
  if (space.outcome !== "measured") throw new Error(space.outcome);
  return space;
}

const aHistory = fc.record({
  snapshots: fc.array(
    fc.record({
      group: fc.constantFrom("web", "db", "mail"),
      numbers: fc.array(fc.integer({ min: 0, max: 24 }), { minLength: 1, maxLength: 9 }),
      isAsked: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  ),
  digestCountMax: fc.constantFrom(1, 3, 1000),
});

describe("the space of snapshots", () => {
  test("is exactly what a collection frees when they are forgotten, in whatever parts it is counted", async () => {
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ snapshots, digestCountMax }) => {
        const store = await aStore();
        const taken: { readonly ref: SnapshotRef; readonly isAsked: boolean }[] = [];
        for (const [at, { group, numbers, isAsked }] of snapshots.entries())
          taken.push({ ref: await backup(store, at, numbers, group), isAsked });
        const asked = taken.filter(({ isAsked }) => isAsked).map(({ ref }) => ref);
        const space = await measured(store, asked, { digestCountMax });
        for (const ref of asked) await forgetSnapshot(store.needs, store.datastore, ref);
        store.needs.clock.advance(LONG_MS);
        const collected = await collect(store.needs, store.datastore);
        expect(space.together).toEqual({
          chunkCount: collected.removedChunkCount,
          sizeBytes: collected.removedBytes,
        });
      }),
      { numRuns: RUN_COUNT },
    );
  });

  test("of each alone is what a collection frees when only that one is forgotten", async () => {
    await fc.assert(
      fc.asyncProperty(aHistory, fc.nat(), async ({ snapshots, digestCountMax }, pick) => {
        const store = await aStore();
        const taken: SnapshotRef[] = [];
        for (const [at, { group, numbers }] of snapshots.entries())
          taken.push(await backup(store, at, numbers, group));
        const { alone } = await measured(store, taken, { digestCountMax });
        const index = pick % taken.length;
        const [gone] = taken.slice(index);
        if (gone !== undefined) await forgetSnapshot(store.needs, store.datastore, gone);
        store.needs.clock.advance(LONG_MS);
        const collected = await collect(store.needs, store.datastore);
        expect(alone[index]?.sizeBytes).toBe(collected.removedBytes);
      }),
      { numRuns: RUN_COUNT },
    );
  });
});

describe("when the space of snapshots may be freed", () => {
  test("a collection takes nothing of it before its last use is a day and five minutes ago, and all of it then", async () => {
    const store = await aStore();
    const first = await backup(store, 0, [1, 2]);
    await backup(store, 1, [2, 3]);
    const young = await measured(store, [first]);
    expect(young.oldEnough.chunkCount).toBe(0);
    await forgetSnapshot(store.needs, store.datastore, first);
    const { clock } = store.needs;
    clock.advance((young.allOldEnoughAt ?? 0) - clock.now() - 2);
    expect((await collect(store.needs, store.datastore)).removedChunkCount).toBe(0);
    clock.advance(2);
    expect((await collect(store.needs, store.datastore)).removedBytes).toBe(young.together.sizeBytes);
  });

  test("what was used long ago counts as old enough at once", async () => {
    const store = await aStore();
    const first = await backup(store, 0, [1, 2]);
    store.needs.clock.advance(LONG_MS);
    const { together, oldEnough } = await measured(store, [first]);
    expect(oldEnough).toEqual(together);
    expect(together.chunkCount).toBe(2);
  });

  test("without own chunks there is no instant", async () => {
    const store = await aStore();
    const first = await backup(store, 0, [1]);
    await backup(store, 1, [1]);
    const { together, allOldEnoughAt } = await measured(store, [first]);
    expect([together.chunkCount, allOldEnoughAt]).toEqual([0, undefined]);
  });
});

describe("what is not known", () => {
  test("is not guessed: an index that cannot be read could name any chunk", async () => {
    const store = await aStore();
    const first = await backup(store, 0, [1]);
    const second = await backup(store, 1, [2]);
    const path = archivePath(store.datastore, second, DYNAMIC_NAME);
    const bytes = Uint8Array.from(store.needs.disk.readFile(path, 1e6));
    bytes[4100] = (bytes[4100] ?? 0) ^ 1;
    store.needs.disk.unlink(path);
    const file = store.needs.disk.open(path, "create");
    file.pwrite(bytes, 0);
    file.close();
    const space = await measureOwnSpace(store.needs, store.datastore, [first]);
    expect(space).toMatchObject({ outcome: "index-unreadable", path });
  });

  test("is not guessed when there are more names than may be read", async () => {
    const store = await aStore();
    const first = await backup(store, 0, [1, 2]);
    await backup(store, 1, [2, 3, 4]);
    expect(await measureOwnSpace(store.needs, store.datastore, [first], { nameCountMax: 4 })).toEqual({
      outcome: "too-large",
    });
  });

  test("a chunk that is gone takes no room", async () => {
    const store = await aStore();
    const first = await backup(store, 0, [1, 2]);
    store.needs.disk.unlink(chunkPath(store.datastore.path, chunkDigest(chunkOf(1))));
    const { together } = await measured(store, [first]);
    expect(together.chunkCount).toBe(1);
  });
});
