import { chunkDigest } from "@ironcore-backup/format";
import { beforeEach, describe, expect, it } from "vitest";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { findGroupOwner } from "../datastore/group.ts";
import { readManifest, setSnapshotNotes, updateUnprotected } from "../datastore/manifest-file.ts";
import { listSnapshots, setProtected } from "../datastore/snapshot-list.ts";
import { manifestPath, snapshotPath } from "../datastore/snapshot-path.ts";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { aChunk, FIRST_TIME, OWNER, requestFor, takeBackup } from "./backup-builder.testing.ts";
import { openBackupSession } from "./backup-session.ts";
import { openSnapshot } from "./open-snapshot.ts";

let needs: MemoryDatastore["needs"];
let datastore: MemoryDatastore["datastore"];
beforeEach(async () => {
  ({ needs, datastore } = await aMemoryDatastore());
});

const CONTENT = {
  chunks: [aChunk(1), aChunk(2), aChunk(1)],
  imageChunks: [aChunk(4, 4096), aChunk(5, 4096)],
  blob: "configuration",
};
const codeOf = (call: () => unknown): unknown => {
  try {
    call();
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown ? thrown.code : thrown;
  }
  return "nothing thrown";
};

describe("forgetting a snapshot", () => {
  it("waits for nobody: a reader keeps it, then it goes, and its chunks stay", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const reader = openSnapshot(needs, datastore, snapshot);
    await expect(forgetSnapshot(needs, datastore, snapshot)).rejects.toMatchObject({
      code: "SNAPSHOT_LOCKED",
    });
    expect(reader.isPresent()).toBe(true);
    reader.close();
    await forgetSnapshot(needs, datastore, snapshot);
    expect(codeOf(() => openSnapshot(needs, datastore, snapshot))).toBe("SNAPSHOT_MISSING");
    expect(needs.disk.stat(chunkPath("/store", chunkDigest(aChunk(1))))).toBeDefined();
    expect(findGroupOwner(needs, datastore, aGroup())).toBe(OWNER);
    await expect(forgetSnapshot(needs, datastore, snapshot)).rejects.toMatchObject({
      code: "SNAPSHOT_MISSING",
    });
  });

  it("respects protection", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    setProtected(needs, datastore, snapshot, true);
    expect(listSnapshots(needs, datastore, aGroup())).toMatchObject([{ isProtected: true }]);
    await expect(forgetSnapshot(needs, datastore, snapshot)).rejects.toMatchObject({
      code: "SNAPSHOT_PROTECTED",
    });
    setProtected(needs, datastore, snapshot, false);
    await forgetSnapshot(needs, datastore, snapshot);
    expect(listSnapshots(needs, datastore, aGroup())).toEqual([]);
  });

  it("does not let a snapshot be protected that is already being removed", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const remover = needs.disk.tryLock(snapshotPath(datastore, snapshot), "exclusive");
    expect(codeOf(() => setProtected(needs, datastore, snapshot, true))).toBe("SNAPSHOT_LOCKED");
    remover?.release();
  });

  it("keeps out of a running backup's way", async () => {
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    await expect(forgetSnapshot(needs, datastore, session.snapshot)).rejects.toMatchObject({
      code: "SNAPSHOT_LOCKED",
    });
    session.abort();
  });
});

describe("a change of the manifest", () => {
  it("keeps keys it does not know, and removes what an interrupted change left", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    await updateUnprotected(needs, datastore, snapshot, (before) => ({ ...before, odd: [1, { two: 3 }] }));
    needs.disk.open(`${manifestPath(datastore, snapshot)}.tmp_0123456789abcdef`, "create").close();
    await setSnapshotNotes(needs, datastore, snapshot, "notes");
    await setSnapshotNotes(needs, datastore, snapshot, "");
    expect(readManifest(needs, datastore, snapshot).unprotected).toEqual({ odd: [1, { two: 3 }] });
    expect(needs.disk.readdir(snapshotPath(datastore, snapshot))).toHaveLength(4);
  });
});

describe("a list of snapshots", () => {
  it("is newest first and shows damage as a row, not as a failure", async () => {
    const older = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const newer = await takeBackup(needs, datastore, requestFor(FIRST_TIME + 60), CONTENT);
    await setSnapshotNotes(needs, datastore, newer, "first line\nsecond");
    needs.disk.unlink(manifestPath(datastore, older));
    const file = needs.disk.open(manifestPath(datastore, older), "create");
    file.pwrite(new Uint8Array(50), 0);
    needs.disk.mkdir("/store/host/web/not-a-time");
    needs.disk.mkdir("/store/host/web/2024-02-31T00:00:00Z");
    expect(listSnapshots(needs, datastore, aGroup())).toMatchObject([
      { snapshot: newer, state: "finished", manifest: { unprotected: { notes: "first line\nsecond" } } },
      { snapshot: older, state: "damaged", error: { code: "MANIFEST_UNREADABLE" } },
    ]);
  });
});
