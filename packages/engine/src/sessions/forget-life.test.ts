import { createSeededRandom, parseNamespace, toCodedError } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { beforeEach, describe, expect, it } from "vitest";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { openBackupSession } from "./backup-session.ts";
import { aChunk, FIRST_TIME, requestFor, takeBackup } from "./backup-builder.testing.ts";
import { openSnapshot } from "./open-snapshot.ts";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { forgetGroup } from "../datastore/forget.ts";
import { hasGroup, setGroupNotes } from "../datastore/group.ts";
import { summarizeGroup } from "../datastore/group-summary.ts";
import { createNamespace, hasNamespace, removeNamespace } from "../datastore/namespace.ts";
import { isFinished, listSnapshotRefs, setProtected } from "../datastore/snapshot-list.ts";
import { groupPath, manifestPath, namespacePath } from "../datastore/snapshot-path.ts";

let store: MemoryDatastore;
beforeEach(async () => {
  store = await aMemoryDatastore();
});

async function takeSome(count: number, group: GroupRef = aGroup()): Promise<SnapshotRef[]> {
  const taken: SnapshotRef[] = [];
  for (let number = 0; number < count; number++) {
    const request = requestFor(FIRST_TIME + number * 60, group);
    taken.push(await takeBackup(store.needs, store.datastore, request, { chunks: [aChunk(number)] }));
  }
  return taken;
}

const forget = (group = aGroup()) => forgetGroup(store.needs, store.datastore, group);
const left = (): number[] =>
  listSnapshotRefs(store.needs, store.datastore, aGroup()).map(({ backupTime }) => backupTime - FIRST_TIME);

describe("forgetting a group", () => {
  it("takes all its snapshots, finished and not, its owner and its notes, and nothing beside it", async () => {
    const taken = await takeSome(3);
    const [first] = taken;
    if (first === undefined) throw new Error("three were taken");
    store.needs.disk.unlink(manifestPath(store.datastore, first));
    setGroupNotes(store.needs, store.datastore, aGroup(), "notes");
    await takeSome(1, aGroup("other"));
    expect(await forget()).toEqual({ removed: taken, protectedCount: 0, inUseCount: 0, isRemoved: true });
    expect(hasGroup(store.needs, store.datastore, aGroup())).toBe(false);
    expect(hasGroup(store.needs, store.datastore, aGroup("other"))).toBe(true);
  });

  it("leaves protected snapshots and those in use, and the group with its owner", async () => {
    const [first, second, third] = await takeSome(3);
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("three were taken");
    setProtected(store.needs, store.datastore, first, true);
    const reader = openSnapshot(store.needs, store.datastore, second);
    expect(await forget()).toEqual({ removed: [third], protectedCount: 1, inUseCount: 1, isRemoved: false });
    expect(left()).toEqual([60, 0]);
    reader.close();
    expect(store.needs.disk.readdir(groupPath(store.datastore, aGroup()))).toContain("owner");
  });

  it("is refused while a backup of the group runs", async () => {
    await takeSome(1);
    const session = openBackupSession(store.needs, store.datastore, requestFor(FIRST_TIME + 600));
    await expect(forget()).rejects.toMatchObject({ code: "GROUP_LOCKED" });
    session.abort();
    expect(left()).toEqual([0]);
  });

  it("keeps a stranger's file, and the group's directory with it", async () => {
    await takeSome(1);
    store.needs.disk.open(`${groupPath(store.datastore, aGroup())}/letter`, "create").close();
    expect(await forget()).toMatchObject({ isRemoved: false });
    expect(store.needs.disk.readdir(groupPath(store.datastore, aGroup()))).toEqual(["letter"]);
  });

  it("leaves a group that can be backed up into and forgotten again wherever the power goes", async () => {
    const random = createSeededRandom(7);
    for (let round = 1, isThrough = false; !isThrough; round++) {
      const group = aGroup(`group-${round}`);
      await takeSome(2, group);
      const disk = createFaultyDisk(store.needs.disk, ({ number }) =>
        number === round ? "power-cut" : undefined,
      );
      try {
        await forgetGroup({ ...store.needs, disk }, store.datastore, group);
        isThrough = disk.operationCount < round;
      } catch (thrown) {
        expect(toCodedError(thrown).code).not.toBe("INTERNAL_ERROR");
      }
      store.needs.disk.cutPower(random);
      const snapshot = await takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME + 600, group), {
        chunks: [aChunk(1)],
      });
      expect(isFinished(store.needs, store.datastore, snapshot)).toBe(true);
      expect(await forget(group)).toMatchObject({ isRemoved: true });
      expect(round).toBeLessThan(500);
    }
  });
});

describe("a group in a list", () => {
  it("tells what is finished, unfinished, protected and running", async () => {
    const [first, second] = await takeSome(3);
    if (first === undefined || second === undefined) throw new Error("three were taken");
    setProtected(store.needs, store.datastore, first, true);
    store.needs.disk.unlink(manifestPath(store.datastore, second));
    const summary = () => summarizeGroup(store.needs, store.datastore, aGroup());
    expect(summary()).toEqual({
      snapshotCount: 2,
      unfinishedCount: 1,
      protectedCount: 1,
      newestBackupTime: FIRST_TIME + 120,
      oldestBackupTime: FIRST_TIME,
      isRunning: false,
    });
    const session = openBackupSession(store.needs, store.datastore, requestFor(FIRST_TIME + 600));
    expect(summary()).toMatchObject({ snapshotCount: 2, isRunning: true });
    session.abort();
  });
});

describe("removing a namespace", () => {
  const a = parseNamespace("a");
  const ab = parseNamespace("a/b");
  const remove = (namespace: typeof a) => () => removeNamespace(store.needs, store.datastore, namespace);

  it("works when it is empty, and leaves those above it", async () => {
    createNamespace(store.needs, store.datastore, ab);
    remove(ab)();
    expect(hasNamespace(store.needs, store.datastore, ab)).toBe(false);
    expect(store.needs.disk.readdir(namespacePath(store.datastore, a))).toEqual([]);
    remove(a)();
    expect(store.needs.disk.readdir(store.datastore.path).toSorted()).toEqual([".chunks", ".lock"]);
  });

  it("also when its groups were forgotten", async () => {
    createNamespace(store.needs, store.datastore, a);
    const group = { ...aGroup(), namespace: a };
    await takeSome(1, group);
    await forget(group);
    remove(a)();
    expect(hasNamespace(store.needs, store.datastore, a)).toBe(false);
  });

  it("is refused while it has a group, a namespace or a stranger's file, and changes nothing then", async () => {
    createNamespace(store.needs, store.datastore, ab);
    expect(remove(a)).toThrow('The namespace "a" is not empty: it has ns/b');
    const snapshots = await takeSome(1, { ...aGroup(), namespace: ab });
    expect(remove(ab)).toThrow('The namespace "a/b" is not empty: it has host/web');
    expect(snapshots.every((one) => isFinished(store.needs, store.datastore, one))).toBe(true);
    createNamespace(store.needs, store.datastore, parseNamespace("c"));
    store.needs.disk.open(`${namespacePath(store.datastore, parseNamespace("c"))}/letter`, "create").close();
    expect(remove(parseNamespace("c"))).toThrow("it has letter");
    expect(remove(parseNamespace("z"))).toThrow('The namespace "z" does not exist');
  });
});
