import { createSeededRandom, parseArchiveName, parseAuthId, parseNamespace } from "@ironcore-backup/base";
import { chunkDigest, decodeBlob, encodeBlob } from "@ironcore-backup/format";
import { beforeEach, describe, expect, it } from "vitest";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { findGroupOwner, hasGroup } from "../datastore/group.ts";
import { updateUnprotected } from "../datastore/manifest-file.ts";
import { listSnapshots } from "../datastore/snapshot-list.ts";
import { manifestPath, snapshotPath } from "../datastore/snapshot-path.ts";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { findOldestWriter } from "../locks/store-writer.ts";
import {
  aChunk,
  BLOB_NAME,
  DYNAMIC_NAME,
  FIRST_TIME,
  FIXED_NAME,
  manifestBlob,
  OWNER,
  requestFor,
  storeChunk,
  takeBackup,
  writeContent,
} from "./backup-builder.testing.ts";
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

describe("a finished backup", () => {
  it("gives back every chunk, index and blob", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const opened = openSnapshot(needs, datastore, snapshot);
    const index = opened.openDynamicIndex(DYNAMIC_NAME);
    const raw = [0, 1, 2].map((at) =>
      Array.from(decodeBlob(opened.readChunk(index.digestAt(at)), { rawSizeBytesMax: 1000 })),
    );
    expect(raw).toEqual(CONTENT.chunks.map((chunk) => [...chunk]));
    const image = opened.openFixedIndex(FIXED_NAME);
    expect([image.chunkCount, image.sizeBytes]).toEqual([2, 8192]);
    expect([...image.digestAt(1)]).toEqual([...chunkDigest(aChunk(5, 4096))]);
    const blob = decodeBlob(opened.readBlob(BLOB_NAME), { rawSizeBytesMax: 100 });
    expect(new TextDecoder().decode(blob)).toBe("configuration");
    opened.close();
  });

  it("leaves only the snapshot's own files, no lock and no writer", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    expect(needs.disk.readdir(snapshotPath(datastore, snapshot)).toSorted()).toEqual([
      "config.blob",
      "disk.img.fidx",
      "index.json.blob",
      "root.pxar.didx",
    ]);
    expect(needs.disk.readdir("/store/host/web").toSorted()).toEqual(["2023-11-14T22:13:20Z", "owner"]);
    expect(findOldestWriter(needs, datastore.path)).toBeUndefined();
    expect(needs.disk.tryLock("/store/host/web", "exclusive")).toBeDefined();
    expect(needs.disk.tryLock(snapshotPath(datastore, snapshot), "exclusive")).toBeDefined();
  });

  it("survives a power cut the moment finish resolves", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    needs.disk.cutPower(createSeededRandom(9));
    const opened = openSnapshot(needs, datastore, snapshot);
    for (const chunk of CONTENT.chunks)
      expect(decodeBlob(opened.readChunk(chunkDigest(chunk)), { rawSizeBytesMax: 1000 })).toHaveLength(300);
    expect(findGroupOwner(needs, datastore, aGroup())).toBe(OWNER);
  });

  it("says which file is missing or corrupt", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const opened = openSnapshot(needs, datastore, snapshot);
    const path = snapshotPath(datastore, snapshot);
    expect(codeOf(() => opened.readBlob(parseArchiveName("other.blob")))).toBe("ARCHIVE_MISSING");
    needs.disk.unlink(`${path}/${BLOB_NAME}`);
    expect(codeOf(() => opened.readBlob(BLOB_NAME))).toBe("ARCHIVE_MISSING");
    const file = needs.disk.open(`${path}/${BLOB_NAME}`, "create");
    file.pwrite(encodeBlob(needs, new TextEncoder().encode("konfiguration")), 0);
    expect(codeOf(() => opened.readBlob(BLOB_NAME))).toBe("BLOB_CORRUPT");
    needs.disk.rename(`${path}/${BLOB_NAME}`, `${path}/${DYNAMIC_NAME}`);
    expect(codeOf(() => opened.openDynamicIndex(DYNAMIC_NAME))).toBe("INDEX_CORRUPT");
    needs.disk.unlink(chunkPath(datastore.path, chunkDigest(aChunk(2))));
    expect(codeOf(() => opened.readChunk(chunkDigest(aChunk(2))))).toBe("CHUNK_MISSING");
  });
});

describe("the base of a backup", () => {
  it("is the newest finished snapshot, whose chunks are found again", async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    await takeBackup(needs, datastore, requestFor(FIRST_TIME + 60), CONTENT);
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 120));
    expect(session.base?.snapshot.backupTime).toBe(FIRST_TIME + 60);
    expect(session.baseAbsence).toBeUndefined();
    needs.clock.advance(5000);
    expect(session.hasChunk(chunkDigest(aChunk(1)))).toBe(true);
    expect(needs.disk.stat(chunkPath("/store", chunkDigest(aChunk(1))))?.accessedAtMs).toBe(
      needs.clock.now(),
    );
    needs.disk.unlink(chunkPath("/store", chunkDigest(aChunk(1))));
    expect(session.hasChunk(chunkDigest(aChunk(1)))).toBe(false);
    session.abort();
  });

  it("is absent for a reason: first backup, full requested, verification failed, manifest unreadable", async () => {
    const reasonAt = (backupTime: number, isFull = false): string | undefined => {
      const session = openBackupSession(needs, datastore, { ...requestFor(backupTime), isFull });
      expect(session.base).toBeUndefined();
      session.abort();
      return session.baseAbsence;
    };
    expect(reasonAt(FIRST_TIME)).toBe("first-backup");
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    expect(reasonAt(FIRST_TIME + 1, true)).toBe("full-requested");
    await updateUnprotected(needs, datastore, snapshot, (before) => ({
      ...before,
      verify_state: { upid: "UPID:…", state: "failed" },
    }));
    expect(reasonAt(FIRST_TIME + 1)).toBe("base-corrupt");
    needs.disk.unlink(manifestPath(datastore, snapshot));
    needs.disk.open(manifestPath(datastore, snapshot), "create").close();
    expect(reasonAt(FIRST_TIME + 1)).toBe("base-unreadable");
  });

  it("must be older than the new backup", async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    for (const backupTime of [FIRST_TIME, FIRST_TIME - 10]) {
      expect(codeOf(() => openBackupSession(needs, datastore, requestFor(backupTime)))).toBe(
        "BACKUP_TIME_TOO_OLD",
      );
    }
    openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1)).abort();
  });

  it("cannot be forgotten while the backup runs, and the backup notices when somebody removes it by hand", async () => {
    const base = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1));
    await expect(forgetSnapshot(needs, datastore, base)).rejects.toMatchObject({ code: "SNAPSHOT_LOCKED" });
    needs.disk.removeTree(snapshotPath(datastore, base));
    await expect(session.finish(writeContent(needs, session, CONTENT))).rejects.toMatchObject({
      code: "BASE_VANISHED",
    });
    session.abort();
    expect(listSnapshots(needs, datastore, aGroup())).toEqual([]);
  });
});

describe("two backups", () => {
  it("of one group exclude each other at once, with a text that says so", () => {
    const first = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    expect(() => openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1))).toThrow(
      /another backup is running/,
    );
    first.abort();
    openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1)).abort();
  });

  it("of two groups run side by side and share chunks", async () => {
    const first = openBackupSession(needs, datastore, requestFor(FIRST_TIME, aGroup("one")));
    const second = openBackupSession(needs, datastore, requestFor(FIRST_TIME, aGroup("two")));
    const manifests = [first, second].map((session) => writeContent(needs, session, CONTENT));
    await first.finish(manifests[0] ?? new Uint8Array());
    await second.finish(manifests[1] ?? new Uint8Array());
    expect(listSnapshots(needs, datastore, aGroup("two"))).toMatchObject([{ state: "finished" }]);
  });
});

describe("an aborted backup", () => {
  it("leaves no trace of itself, nor of the group it made", () => {
    const before = needs.disk.readdir("/store").toSorted();
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    session.createDynamicIndex(DYNAMIC_NAME);
    session.putBlob(BLOB_NAME, encodeBlob(needs, new Uint8Array(3)));
    session.abort();
    session.abort();
    expect(needs.disk.readdir("/store").toSorted()).toEqual([...before, ".locks"].toSorted());
    expect(hasGroup(needs, datastore, aGroup())).toBe(false);
    expect(findOldestWriter(needs, datastore.path)).toBeUndefined();
  });

  it("leaves a group that was there before, with its owner and snapshots", async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1)).abort();
    expect(findGroupOwner(needs, datastore, aGroup())).toBe(OWNER);
    expect(listSnapshots(needs, datastore, aGroup())).toHaveLength(1);
  });

  it("takes no more orders", async () => {
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    session.abort();
    expect(codeOf(() => session.createDynamicIndex(DYNAMIC_NAME))).toBe("SESSION_CLOSED");
    expect(codeOf(() => session.putBlob(BLOB_NAME, new Uint8Array()))).toBe("SESSION_CLOSED");
    await expect(session.finish(new Uint8Array())).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  });

  it("is what a finish meets that was cancelled while it synced: nothing becomes visible", async () => {
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    const finishing = session.finish(writeContent(needs, session, CONTENT));
    session.abort();
    await expect(finishing).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(hasGroup(needs, datastore, aGroup())).toBe(false);
  });

  it("is what a finish is left with that nobody allows to publish: asked when all is durable, nothing is visible", async () => {
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    const seen: string[] = [];
    const refused = session.finish(writeContent(needs, session, CONTENT), {
      beforePublish: async () => {
        seen.push(...listSnapshots(needs, datastore, aGroup()).map(({ state }) => state));
        throw new Error("the claim is over");
      },
    });
    await expect(refused).rejects.toThrow("the claim is over");
    expect(seen).toEqual(["unfinished"]);
    session.abort();
    expect(hasGroup(needs, datastore, aGroup())).toBe(false);
  });
});

describe("finishing", () => {
  it("refuses open indexes, no files, files the manifest does not name, and files that were never written", async () => {
    const attempt = async (
      backupTime: number,
      prepare: (session: ReturnType<typeof openBackupSession>) => Uint8Array,
    ) => {
      const session = openBackupSession(needs, datastore, requestFor(backupTime));
      const failure = await session.finish(prepare(session)).then(
        () => "finished",
        (thrown: unknown) => (thrown instanceof Error ? thrown.message : ""),
      );
      session.abort();
      return failure;
    };
    const row = { name: BLOB_NAME, cryptMode: "none", sizeBytes: 5, checksum: "00".repeat(32) } as const;
    expect(
      await attempt(FIRST_TIME, (session) => {
        session.createDynamicIndex(DYNAMIC_NAME);
        return manifestBlob(needs, session.snapshot, [row]);
      }),
    ).toMatch("1 indexes are not closed");
    expect(await attempt(FIRST_TIME, (session) => manifestBlob(needs, session.snapshot, []))).toMatch(
      "no files",
    );
    expect(await attempt(FIRST_TIME, (session) => manifestBlob(needs, session.snapshot, [row]))).toMatch(
      "names config.blob, which was not written",
    );
    const blob = encodeBlob(needs, new Uint8Array(3));
    expect(
      await attempt(FIRST_TIME, (session) => {
        session.putBlob(BLOB_NAME, blob);
        return manifestBlob(needs, session.snapshot, [row]);
      }),
    ).toMatch("size or checksum of config.blob");
    expect(
      await attempt(FIRST_TIME, (session) => {
        session.putBlob(BLOB_NAME, blob);
        session.putBlob(parseArchiveName("b.blob"), blob);
        return manifestBlob(needs, session.snapshot, [{ ...row, name: parseArchiveName("b.blob") }]);
      }),
    ).toMatch("does not name config.blob");
    expect(
      await attempt(FIRST_TIME, (session) =>
        manifestBlob(needs, { ...session.snapshot, backupTime: 5 }, [row]),
      ),
    ).toMatch("it belongs to host/web at 5");
  });
});

describe("the owner of a group", () => {
  it("is whoever made it; others are refused before anything is written", async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const stranger = { ...requestFor(FIRST_TIME + 1), owner: parseAuthId("mallory@internal") };
    expect(() => openBackupSession(needs, datastore, stranger)).toThrow(
      "The backup group host/web belongs to alice@internal, not to mallory@internal",
    );
    expect(needs.disk.readdir("/store/host/web")).toHaveLength(2);
  });

  it("must be known where snapshots stand, and is taken over where none do", async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    needs.disk.unlink("/store/host/web/owner");
    expect(codeOf(() => openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1)))).toBe(
      "GROUP_OWNER_UNKNOWN",
    );
    needs.disk.mkdir("/store/host/empty");
    await takeBackup(needs, datastore, requestFor(FIRST_TIME, aGroup("empty")), CONTENT);
    expect(findGroupOwner(needs, datastore, aGroup("empty"))).toBe(OWNER);
  });
});

describe("what a killed backup left", () => {
  it("is shown as unfinished, and removed by the next backup of the group", async () => {
    const killed = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    writeContent(needs, killed, CONTENT);
    expect(listSnapshots(needs, datastore, aGroup())).toMatchObject([
      { state: "unfinished", isBeingWritten: true },
    ]);
    needs.disk.openFileSystem("/").sync();
    needs.disk.cutPower(createSeededRandom(1));
    expect(listSnapshots(needs, datastore, aGroup())).toMatchObject([
      { state: "unfinished", isBeingWritten: false },
    ]);
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    expect(session.removedLeftoverCount).toBe(1);
    expect(session.baseAbsence).toBe("first-backup");
    await session.finish(writeContent(needs, session, CONTENT));
    expect(listSnapshots(needs, datastore, aGroup())).toMatchObject([{ state: "finished" }]);
  });
});

describe("a session", () => {
  it("needs an existing namespace", () => {
    const group = { ...aGroup(), namespace: parseNamespace("missing") };
    expect(codeOf(() => openBackupSession(needs, datastore, requestFor(FIRST_TIME, group)))).toBe(
      "NAMESPACE_MISSING",
    );
  });

  it("checks chunks that no finished snapshot vouches for, and replaces a damaged one", async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME, aGroup("other")), CONTENT);
    const path = chunkPath("/store", chunkDigest(aChunk(1)));
    const damaged = needs.disk.readFile(path, 1000).fill(0, 15);
    needs.disk.unlink(path);
    needs.disk.open(path, "create").pwrite(damaged, 0);
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    storeChunk(needs, session, aChunk(1));
    expect([...decodeBlob(needs.disk.readFile(path, 1000), { rawSizeBytesMax: 1000 })]).toEqual([
      ...aChunk(1),
    ]);
    session.abort();
  });
});
