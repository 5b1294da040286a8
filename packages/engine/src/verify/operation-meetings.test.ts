/**
 * Every pair of operations that may meet on one datastore: the tables of docs/locking.md, row by row. The first operation is
 * held in its middle and the second is tried there; then the first goes on to its end. Whatever the second came to, all
 * that stands afterwards can be read and nothing is locked.
 */

import { expect, test } from "vitest";
import { parseAuthId, toCodedError } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";
import { forgetGroup, forgetSnapshot } from "../datastore/forget.ts";
import { changeGroupOwner, hasGroup, setGroupNotes } from "../datastore/group.ts";
import { setSnapshotNotes } from "../datastore/manifest-file.ts";
import { listSnapshotRefs, listSnapshots, setProtected } from "../datastore/snapshot-list.ts";
import { manifestPath } from "../datastore/snapshot-path.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import type { DiskOperation } from "../disk/faulty-disk.ts";
import { findOldestWriter } from "../locks/store-writer.ts";
import { executePrune } from "../prune/prune-execute.ts";
import { createGroupPlanner } from "../prune/prune-plan.ts";
import {
  aChunk,
  FIRST_TIME,
  requestFor,
  takeBackup,
  writeContent,
} from "../sessions/backup-builder.testing.ts";
import { openBackupSession } from "../sessions/backup-session.ts";
import { openSnapshot } from "../sessions/open-snapshot.ts";
import { verifySnapshot } from "./verify-pass.ts";
import { collect, LONG_MS, unreadableChunks } from "../gc/gc.testing.ts";

/** Two snapshots of one group; the newer one is what the operations work on, and the base of the next backup. */
interface World extends MemoryDatastore {
  readonly group: GroupRef;
  readonly otherGroup: GroupRef;
  readonly older: SnapshotRef;
  readonly newer: SnapshotRef;
  /** Of this world alone, so that several share a datastore. */
  readonly chunk: (number: number) => Uint8Array;
}

let worldCount = 0;

async function aWorld(store: MemoryDatastore): Promise<World> {
  const { needs, datastore } = store;
  worldCount++;
  const offset = worldCount * 16;
  const chunk = (number: number): Uint8Array => aChunk(offset + number);
  const group = aGroup(`web-${worldCount}`);
  const otherGroup = aGroup(`other-${worldCount}`);
  const olderContent = { chunks: [chunk(1), chunk(3)] };
  const older = await takeBackup(needs, datastore, requestFor(FIRST_TIME, group), olderContent);
  const newerContent = { chunks: [chunk(1), chunk(2)] };
  const newer = await takeBackup(needs, datastore, requestFor(FIRST_TIME + 60, group), newerContent);
  // What only a forgotten snapshot named is what a collection takes, and what a second backup finds under its hands.
  const gone = await takeBackup(needs, datastore, requestFor(FIRST_TIME, otherGroup), { chunks: [chunk(9)] });
  await forgetSnapshot(needs, datastore, gone);
  needs.clock.advance(LONG_MS);
  return { ...store, group, otherGroup, older, newer, chunk };
}

const endOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (result) => (typeof result === "string" ? result : "done"),
    (thrown: unknown) => toCodedError(thrown).code,
  );

type Attempt = () => Promise<string>;

/** Runs `work` and makes the attempt before its first disk operation that `isMiddle` names. */
async function holdAt(
  world: World,
  isMiddle: (operation: DiskOperation) => boolean,
  { work, attempt }: { readonly work: (needs: EngineNeeds) => Promise<unknown>; readonly attempt: Attempt },
): Promise<string> {
  let tried: Promise<string> | undefined;
  const disk = createFaultyDisk(world.needs.disk, (operation) => {
    if (tried === undefined && isMiddle(operation)) tried = attempt();
    return undefined;
  });
  const end = await endOf(work({ ...world.needs, disk }));
  expect(tried, "the operation has such a middle").toBeDefined();
  await tried;
  return end;
}

const FIRSTS: Readonly<Record<string, (world: World, attempt: Attempt) => Promise<string>>> = {
  backup: async ({ needs, datastore, group, chunk }, attempt) => {
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 120, group));
    const manifest = writeContent(needs, session, { chunks: [chunk(1), chunk(9)] });
    await attempt();
    return endOf(session.finish(manifest));
  },
  restore: async ({ needs, datastore, newer }, attempt) => {
    const reader = openSnapshot(needs, datastore, newer);
    await attempt();
    const isPresent = reader.isPresent();
    reader.close();
    return isPresent ? "done" : "lost its snapshot";
  },
  verify: (world, attempt) => {
    const path = chunkPath(world.datastore.path, chunkDigest(world.chunk(2)));
    return holdAt(world, (operation) => operation.path === path, {
      work: (needs) =>
        verifySnapshot(needs, world.datastore, world.newer, { upid: "UPID:1", threadCount: 0 }),
      attempt,
    });
  },
  forget: (world, attempt) => {
    const path = manifestPath(world.datastore, world.newer);
    return holdAt(world, (operation) => operation.name === "unlink" && operation.path === path, {
      work: (needs) => forgetSnapshot(needs, world.datastore, world.newer),
      attempt,
    });
  },
  gc: (world, attempt) => {
    const path = chunkPath(world.datastore.path, chunkDigest(world.chunk(9)));
    return holdAt(world, (operation) => operation.name === "rename" && operation.path.startsWith(path), {
      work: (needs) => collect(needs, world.datastore),
      attempt,
    });
  },
};

const SECONDS: Readonly<Record<string, (world: World) => unknown>> = {
  "backup, same group": ({ needs, datastore, group, chunk }) =>
    takeBackup(needs, datastore, requestFor(FIRST_TIME + 180, group), { chunks: [chunk(1), chunk(9)] }),
  "backup, other group": ({ needs, datastore, otherGroup, chunk }) =>
    takeBackup(needs, datastore, requestFor(FIRST_TIME + 180, otherGroup), { chunks: [chunk(2), chunk(9)] }),
  restore: ({ needs, datastore, newer }) => openSnapshot(needs, datastore, newer).close(),
  verify: ({ needs, datastore, newer }) =>
    verifySnapshot(needs, datastore, newer, { upid: "UPID:2", threadCount: 0 }),
  forget: ({ needs, datastore, newer }) => forgetSnapshot(needs, datastore, newer),
  "forget another snapshot": ({ needs, datastore, older }) => forgetSnapshot(needs, datastore, older),
  "forget the group": async ({ needs, datastore, group }) => {
    const { removed, inUseCount } = await forgetGroup(needs, datastore, group);
    return `${removed.length} removed, ${inUseCount} in use`;
  },
  "prune to one": async ({ needs, datastore, group }) => {
    const retention = { counts: { "keep-last": 1 }, timeZone: "UTC" };
    const plan = createGroupPlanner(needs, datastore, () => ({ key: "", retention }))(group);
    const outcomes: string[] = [];
    for await (const { outcome } of executePrune(needs, datastore, plan)) outcomes.push(outcome);
    return outcomes.join(", ");
  },
  protect: ({ needs, datastore, newer }) => setProtected(needs, datastore, newer, true),
  "change notes": ({ needs, datastore, newer }) => setSnapshotNotes(needs, datastore, newer, "read me"),
  "change the group's notes": ({ needs, datastore, group }) =>
    setGroupNotes(needs, datastore, group, "read me"),
  "change the owner": ({ needs, datastore, group }) =>
    changeGroupOwner(needs, datastore, group, parseAuthId("alice@internal")),
  list: ({ needs, datastore, group }) => `${listSnapshots(needs, datastore, group).length} listed`,
  gc: ({ needs, datastore }) => collect(needs, datastore),
};

/** What comes of the second operation while the first one is in its middle; what is not named is "done". */
const OUTCOMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  backup: {
    "backup, same group": "GROUP_LOCKED",
    forget: "SNAPSHOT_LOCKED",
    "forget the group": "GROUP_LOCKED",
    "prune to one": "removed",
    "change the owner": "GROUP_LOCKED",
    list: "3 listed",
  },
  restore: {
    forget: "SNAPSHOT_LOCKED",
    "forget the group": "1 removed, 1 in use",
    "prune to one": "removed",
    list: "2 listed",
  },
  verify: {
    forget: "SNAPSHOT_LOCKED",
    // The older one goes first, and then the verification is over.
    "forget the group": "2 removed, 0 in use",
    "prune to one": "removed",
    list: "2 listed",
  },
  forget: {
    restore: "SNAPSHOT_LOCKED",
    verify: "SNAPSHOT_LOCKED",
    forget: "SNAPSHOT_LOCKED",
    protect: "SNAPSHOT_LOCKED",
    // They wait for the manifest, and it is gone then.
    "change notes": "SNAPSHOT_UNFINISHED",
    "forget the group": "2 removed, 0 in use",
    "prune to one": "removed",
    list: "2 listed",
  },
  gc: {
    "forget the group": "2 removed, 0 in use",
    "prune to one": "removed",
    list: "2 listed",
    gc: "GC_RUNNING",
  },
};

const PAIRS = Object.keys(FIRSTS).flatMap((first) =>
  Object.keys(SECONDS).map((second) => [first, second] as const),
);
const stores = new Map<string, Promise<MemoryDatastore>>();

/** One datastore for all pairs of a first operation: making one takes longer than all that is done to it. */
async function storeFor(first: string): Promise<MemoryDatastore> {
  const known = stores.get(first);
  if (known !== undefined) return known;
  const made = aMemoryDatastore().then((store) => {
    store.needs.clock.advance(FIRST_TIME * 1000);
    return store;
  });
  stores.set(first, made);
  return made;
}

/** What waits, waits on the clock. */
async function settled(store: MemoryDatastore, work: Promise<string>): Promise<string> {
  const end = new AbortController();
  void work.finally(() => end.abort());
  while (!end.signal.aborted) {
    store.needs.clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

test.each(PAIRS)("%s, and meanwhile: %s", async (first, second) => {
  const world = await aWorld(await storeFor(first));
  const { needs, datastore, group, otherGroup } = world;
  let outcome: Promise<string> | undefined;
  const attempt: Attempt = () => {
    outcome = endOf((async () => SECONDS[second]?.(world))());
    return outcome;
  };
  const end = await settled(world, FIRSTS[first]?.(world, attempt) ?? Promise.resolve(""));
  expect([await outcome, end]).toEqual([OUTCOMES[first]?.[second] ?? "done", "done"]);

  expect(unreadableChunks(needs, datastore)).toEqual([]);
  expect(findOldestWriter(needs, datastore.path)).toBeUndefined();
  for (const one of [group, otherGroup]) {
    if (!hasGroup(needs, datastore, one)) continue;
    for (const snapshot of listSnapshotRefs(needs, datastore, one))
      setProtected(needs, datastore, snapshot, false);
    expect(await forgetGroup(needs, datastore, one)).toMatchObject({ isRemoved: true });
  }
});
