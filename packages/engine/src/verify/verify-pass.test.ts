import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock, createSystemRandom, hexFromBytes } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { chunkDigest, createChunkPipeline, encodeBlob, generateEncryptionKey } from "@ironcore-backup/format";
import { beforeEach, describe, expect, it } from "vitest";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { createDatastore } from "../datastore/datastore.ts";
import { readManifest, verifyStateOf } from "../datastore/manifest-file.ts";
import { manifestPath, snapshotPath } from "../datastore/snapshot-path.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { createRealDisk } from "../disk/real-disk.ts";
import {
  aChunk,
  BLOB_NAME,
  DYNAMIC_NAME,
  FIRST_TIME,
  FIXED_NAME,
  manifestBlob,
  requestFor,
  takeBackup,
} from "../sessions/backup-builder.testing.ts";
import { openBackupSession } from "../sessions/backup-session.ts";
import { formatVerifyReport, verifySnapshot, verifySnapshots } from "./verify-pass.ts";
import type { VerifyOptions, VerifyOutcome } from "./verify-pass.ts";

let needs: MemoryDatastore["needs"];
let datastore: MemoryDatastore["datastore"];
beforeEach(async () => {
  ({ needs, datastore } = await aMemoryDatastore());
});

const INLINE: VerifyOptions = { upid: "UPID:verify", threadCount: 0 };
const CONTENT = { chunks: [aChunk(1), aChunk(2), aChunk(1)], imageChunks: [aChunk(3, 4096)], blob: "words" };

function replaceFile(path: string, bytes: Uint8Array): void {
  needs.disk.unlink(path);
  const file = needs.disk.open(path, "create");
  file.pwrite(bytes, 0);
}

function flipByte(path: string, at: number): void {
  const bytes = needs.disk.readFile(path, 1_000_000);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  replaceFile(path, bytes);
}

async function collect(outcomes: AsyncIterable<VerifyOutcome>): Promise<VerifyOutcome[]> {
  const all: VerifyOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

const pathOf = (raw: Uint8Array): string => chunkPath("/store", chunkDigest(raw));
const hexOf = (raw: Uint8Array): string => hexFromBytes(chunkDigest(raw));
const stateOf = (snapshot: SnapshotRef) => verifyStateOf(readManifest(needs, datastore, snapshot));

describe("verifying a snapshot", () => {
  it("reads each distinct chunk once, finds nothing, and writes the verdict", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const progress: number[] = [];
    const report = await verifySnapshot(needs, datastore, snapshot, {
      ...INLINE,
      onProgress: ({ doneEntryCount, entryCount }) => progress.push(doneEntryCount / entryCount),
    });
    expect(report).toMatchObject({
      result: "ok",
      checkedChunkCount: 3,
      sharedChunkCount: 1,
      checks: { digestCount: 3, checksumOnlyCount: 0 },
      signature: "not-checked",
      findings: [],
    });
    expect(progress.at(-1)).toBe(1);
    expect(stateOf(snapshot)).toEqual({ upid: "UPID:verify", state: "ok" });
    expect(formatVerifyReport(report)).toBe("host/web/2023-11-14T22:13:20Z: OK, 3 chunks read");
  });

  it("writes no verdict that it is not allowed to write, and keeps the old one", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    await verifySnapshot(needs, datastore, snapshot, { ...INLINE, upid: "UPID:first" });
    const refused = verifySnapshot(needs, datastore, snapshot, {
      ...INLINE,
      beforeVerdict: () => Promise.reject(new Error("the claim is over")),
    });
    await expect(refused).rejects.toThrow("the claim is over");
    expect(stateOf(snapshot)).toEqual({ upid: "UPID:first", state: "ok" });
  });

  it("finds a flipped byte, sets the chunk aside, and the next backup writes it anew", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    flipByte(pathOf(aChunk(2)), 20);
    const storedBytes = [aChunk(1), aChunk(2), aChunk(3, 4096)].map(
      (chunk) => needs.disk.stat(pathOf(chunk))?.sizeBytes ?? 0,
    );
    const report = await verifySnapshot(needs, datastore, snapshot, INLINE);
    expect(report.readSizeBytes).toBe(storedBytes.reduce((sum, bytes) => sum + bytes, 0));
    expect(report).toMatchObject({
      result: "corrupt",
      findings: [
        {
          kind: "corrupt",
          archive: DYNAMIC_NAME,
          digest: hexOf(aChunk(2)),
          reason: "checksum",
          isSetAside: true,
        },
      ],
    });
    expect(stateOf(snapshot)?.state).toBe("failed");
    expect(needs.disk.stat(pathOf(aChunk(2)))).toBeUndefined();
    expect(needs.disk.stat(`${pathOf(aChunk(2))}.0.bad`)).toBeDefined();
    const next = await takeBackup(needs, datastore, requestFor(FIRST_TIME + 1), CONTENT);
    expect(await verifySnapshot(needs, datastore, next, INLINE)).toMatchObject({ result: "ok" });
    expect(await verifySnapshot(needs, datastore, snapshot, INLINE)).toMatchObject({ result: "ok" });
    expect(stateOf(snapshot)?.state).toBe("ok");
  });

  it("tells a missing chunk from a corrupt one, lists both, and calls both together CORRUPT", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    needs.disk.unlink(pathOf(aChunk(1)));
    expect(await verifySnapshot(needs, datastore, snapshot, INLINE)).toMatchObject({
      result: "missing",
      findingCount: 1,
      findings: [{ kind: "missing", archive: DYNAMIC_NAME, digest: hexOf(aChunk(1)) }],
    });
    replaceFile(pathOf(aChunk(3, 4096)), encodeBlob(needs, aChunk(4, 4096)));
    const report = await verifySnapshot(needs, datastore, snapshot, INLINE);
    expect(report.result).toBe("corrupt");
    expect(report.findings.map(({ kind, archive, reason }) => [kind, archive, reason])).toEqual([
      ["missing", DYNAMIC_NAME, "the chunk is not in the store"],
      ["corrupt", FIXED_NAME, "digest"],
    ]);
  });

  it("finds damage of the blob, the index and the manifest", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const directory = snapshotPath(datastore, snapshot);
    flipByte(`${directory}/${BLOB_NAME}`, 14);
    flipByte(`${directory}/${DYNAMIC_NAME}`, 4100);
    needs.disk.unlink(`${directory}/${FIXED_NAME}`);
    const report = await verifySnapshot(needs, datastore, snapshot, INLINE);
    expect(report.findings.map(({ kind, archive }) => [kind, archive])).toEqual([
      ["corrupt", DYNAMIC_NAME],
      ["missing", FIXED_NAME],
      ["corrupt", BLOB_NAME],
    ]);
    flipByte(manifestPath(datastore, snapshot), 30);
    expect(await verifySnapshot(needs, datastore, snapshot, INLINE)).toMatchObject({
      result: "corrupt",
      findings: [{ archive: "index.json.blob" }],
    });
  });

  it("does not set aside a sound chunk because an index tells a wrong size or kind of it", async () => {
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME));
    const digest = chunkDigest(aChunk(1));
    session.chunkStore.insert(digest, [encodeBlob(needs, aChunk(1))]);
    const index = session.createDynamicIndex(DYNAMIC_NAME);
    index.append(299, digest);
    const { sizeBytes, checksum } = index.close();
    const file = {
      name: DYNAMIC_NAME,
      cryptMode: "none",
      sizeBytes,
      checksum: hexFromBytes(checksum),
    } as const;
    await session.finish(manifestBlob(needs, session.snapshot, [file]));
    expect(await verifySnapshot(needs, datastore, session.snapshot, INLINE)).toMatchObject({
      findings: [{ reason: "size", isSetAside: false }],
    });
    replaceFile(
      manifestPath(datastore, session.snapshot),
      manifestBlob(needs, session.snapshot, [{ ...file, cryptMode: "encrypt" }]),
    );
    expect(await verifySnapshot(needs, datastore, session.snapshot, INLINE)).toMatchObject({
      findings: [{ reason: "wrong kind", isSetAside: false }],
    });
    expect(needs.disk.stat(pathOf(aChunk(1)))).toBeDefined();
  });

  it("leaves a chunk where it is that the disk cannot read, and says so", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const path = pathOf(aChunk(2));
    const disk = createFaultyDisk(needs.disk, (operation) =>
      operation.name === "read" && operation.path === path ? { errno: "EIO" } : undefined,
    );
    const report = await verifySnapshot({ ...needs, disk }, datastore, snapshot, INLINE);
    expect(report).toMatchObject({ result: "corrupt", findings: [{ isSetAside: false }] });
    expect(report.findings[0]?.reason).toMatch("EIO");
    expect(needs.disk.stat(path)).toBeDefined();
  });

  it("reports a verdict that could not be written", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const disk = createFaultyDisk(needs.disk, ({ effect }) =>
      effect === "grow" ? { errno: "ENOSPC" } : undefined,
    );
    const report = await verifySnapshot({ ...needs, disk }, datastore, snapshot, INLINE);
    expect(report).toMatchObject({ result: "ok", stateError: { code: "DISK_FULL" } });
  });

  it("stops when it is cancelled and keeps the old verdict", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const controller = new AbortController();
    const verifying = verifySnapshot(needs, datastore, snapshot, {
      ...INLINE,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(verifying).rejects.toMatchObject({ code: "CANCELLED" });
    expect(stateOf(snapshot)).toBeUndefined();
    expect(needs.disk.tryLock(snapshotPath(datastore, snapshot), "exclusive")).toBeDefined();
  });
});

describe("verifying encrypted snapshots", () => {
  it("recomputes digests with the right key and says which checks were made without", async () => {
    const key = generateEncryptionKey(needs);
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), { ...CONTENT, key });
    expect(await verifySnapshot(needs, datastore, snapshot, INLINE)).toMatchObject({
      result: "ok",
      signature: "not-checked",
      checks: { digestCount: 0, storedDigestCount: 3, checksumOnlyCount: 0 },
    });
    expect(await verifySnapshot(needs, datastore, snapshot, { ...INLINE, key })).toMatchObject({
      result: "ok",
      signature: "valid",
      checks: { digestCount: 3, checksumOnlyCount: 0 },
    });
  });

  it("never takes sound chunks for corrupt because the key is another one's", async () => {
    const key = generateEncryptionKey(needs);
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), { ...CONTENT, key });
    const other = generateEncryptionKey(needs);
    expect(await verifySnapshot(needs, datastore, snapshot, { ...INLINE, key: other })).toMatchObject({
      result: "ok",
      signature: "not-checked",
      checks: { storedDigestCount: 3 },
    });
  });

  it("finds a chunk whose authentication tag does not fit although its checksum does", async () => {
    const key = generateEncryptionKey(needs);
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), { ...CONTENT, key });
    flipByte(chunkPath("/store", chunkDigest(aChunk(1), key)), 30);
    expect(await verifySnapshot(needs, datastore, snapshot, INLINE)).toMatchObject({
      result: "corrupt",
      findings: [{ reason: "not the file that was stored, nor its bytes", isSetAside: false }],
    });
    expect(await verifySnapshot(needs, datastore, snapshot, { ...INLINE, key })).toMatchObject({
      result: "corrupt",
      findings: [{ reason: "authentication tag", isSetAside: true }],
    });
  });
});

describe("a pass over many snapshots", () => {
  it("goes newest first, reads a shared chunk once, and reports its damage for each", async () => {
    const older = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const newer = await takeBackup(needs, datastore, requestFor(FIRST_TIME + 60), {
      ...CONTENT,
      chunks: [...CONTENT.chunks, aChunk(9)],
    });
    flipByte(pathOf(aChunk(1)), 20);
    const outcomes = await collect(verifySnapshots(needs, datastore, [older, newer], INLINE));
    expect(outcomes).toMatchObject([
      { report: { snapshot: newer, result: "corrupt", checkedChunkCount: 4, findingCount: 1 } },
      {
        report: {
          snapshot: older,
          result: "corrupt",
          checkedChunkCount: 0,
          sharedChunkCount: 4,
          findingCount: 1,
        },
      },
    ]);
  });

  it("skips what is being written or has gone", async () => {
    const snapshot = await takeBackup(needs, datastore, requestFor(FIRST_TIME), CONTENT);
    const session = openBackupSession(needs, datastore, requestFor(FIRST_TIME + 1));
    const gone = { ...aGroup("gone"), backupTime: FIRST_TIME };
    const outcomes = await collect(
      verifySnapshots(needs, datastore, [snapshot, session.snapshot, gone], INLINE),
    );
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["skipped", "skipped", "verified"]);
    session.abort();
  });
});

describe("a real datastore, with threads", () => {
  it("takes what the chunk pipeline's threads wrote, and verifies it with decode threads", async () => {
    // In memory where there is such a place: 65,536 directories are made and removed.
    const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "engine-test-"));
    const real = { disk: createRealDisk(), clock: createSystemClock(), random: createSystemRandom() };
    const store = await createDatastore(real, `${root}/store`);
    const takeReal = async (backupTime: number) => {
      const session = openBackupSession(real, store, requestFor(backupTime));
      const pipeline = await createChunkPipeline(real, {
        threadCount: 2,
        writer: session.chunkWriter,
        compressionLevel: 1,
      });
      const index = session.createDynamicIndex(DYNAMIC_NAME);
      const stream = pipeline.openStream({ kind: "gear", averageSizeBytes: 65_536 }, ({ endBytes, digest }) =>
        index.append(endBytes, digest),
      );
      for (let part = 0; part < 40; part++) stream.write(Buffer.alloc(100_000, `part ${part} `));
      stream.end();
      const statistics = pipeline.statistics();
      await pipeline.close();
      const { sizeBytes, checksum } = index.close();
      const file = {
        name: DYNAMIC_NAME,
        cryptMode: "none",
        sizeBytes,
        checksum: hexFromBytes(checksum),
      } as const;
      await session.finish(manifestBlob(real, session.snapshot, [file]));
      return { snapshot: session.snapshot, statistics };
    };
    try {
      const first = await takeReal(FIRST_TIME);
      const second = await takeReal(FIRST_TIME + 1);
      expect(first.statistics.knownChunkCount).toBeLessThan(first.statistics.chunkCount);
      expect(second.statistics.knownChunkCount).toBe(second.statistics.chunkCount);
      const report = await verifySnapshot(real, store, first.snapshot, { upid: "UPID:real", threadCount: 2 });
      expect(report).toMatchObject({ result: "ok", findingCount: 0 });
      expect(report.checkedChunkCount).toBeGreaterThan(10);
      expect(verifyStateOf(readManifest(real, store, first.snapshot))?.state).toBe("ok");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
