/** What a server without keys finds of an encrypted chunk whose bytes are not those that were stored. */

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { chunkDigest, generateEncryptionKey } from "@ironcore-backup/format";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { recordsPath } from "../chunk-records/record-files.ts";
import { aGroup } from "../datastore/datastore.testing.ts";
import { createDatastore } from "../datastore/datastore.ts";
import type { Datastore } from "../datastore/datastore.ts";
import { createRealDisk } from "../disk/real-disk.ts";
import { aChunk, FIRST_TIME, requestFor, takeBackup } from "../sessions/backup-builder.testing.ts";
import { verifySnapshot } from "./verify-pass.ts";
import type { VerifyReport } from "./verify-report.ts";

const needs = { disk: createRealDisk(), clock: createSystemClock(), random: createSystemRandom() };
const key = generateEncryptionKey(needs);
// In memory where there is such a place: 65,536 directories are made and removed.
const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "engine-test-"));
let datastore: Datastore;
let backupTime = FIRST_TIME;

beforeAll(async () => {
  datastore = await createDatastore(needs, `${root}/store`);
});
afterAll(() => rmSync(root, { recursive: true }));

const ENCRYPTED_HEADER_SIZE_BYTES = 44;
const CONTENT = { chunks: [aChunk(1), aChunk(2), aChunk(3)], key };
const back = (): Promise<SnapshotRef> =>
  takeBackup(needs, datastore, requestFor(backupTime++, aGroup()), CONTENT);
const pathOf = (number: number): string => chunkPath(datastore.path, chunkDigest(aChunk(number), key));
const verify = (snapshot: SnapshotRef): Promise<VerifyReport> =>
  verifySnapshot(needs, datastore, snapshot, { upid: "UPID:verify", threadCount: 0 });

/** With a checksum that fits: only who knows what was stored can tell. */
function forge(blob: Buffer): Buffer {
  blob[50] = (blob[50] ?? 0) ^ 1;
  blob.writeUInt32LE(crc32(blob.subarray(ENCRYPTED_HEADER_SIZE_BYTES)), 8);
  return blob;
}

const inPlace = (change: (blob: Buffer) => Buffer) => (): void => {
  writeFileSync(pathOf(1), change(readFileSync(pathOf(1))));
};
const byRename = (change: (blob: Buffer) => Buffer) => (): void => {
  writeFileSync(`${root}/other`, change(readFileSync(pathOf(1))));
  renameSync(`${root}/other`, pathOf(1));
};
const flipInTag = (blob: Buffer): Buffer => {
  blob[30] = (blob[30] ?? 0) ^ 1;
  return blob;
};

describe("without a key a verification", () => {
  test("compares encrypted chunks with what was stored, byte for byte", async () => {
    expect(await verify(await back())).toMatchObject({
      result: "ok",
      checks: { digestCount: 0, storedDigestCount: 3, checksumOnlyCount: 0 },
    });
  });

  test.each([
    ["a forged chunk, written in place", inPlace(forge)],
    ["a tag that does not fit, which no checksum covers", inPlace(flipInTag)],
    ["a truncated chunk", inPlace((blob) => blob.subarray(0, blob.length - 1))],
    ["another chunk of the same key in its place", inPlace(() => readFileSync(pathOf(2)))],
  ])("finds %s, sets it aside, and the next backup heals", async (_, damage) => {
    const snapshot = await back();
    damage();
    expect(await verify(snapshot)).toMatchObject({
      result: "corrupt",
      findingCount: 1,
      findings: [{ kind: "corrupt", isSetAside: true }],
    });
    await back();
    expect(await verify(snapshot)).toMatchObject({ result: "ok", checks: { storedDigestCount: 3 } });
  });

  test("finds a forged file in the chunk's place, and leaves it there: it may be all there is", async () => {
    const snapshot = await back();
    const sound = readFileSync(pathOf(1));
    byRename(forge)();
    expect(await verify(snapshot)).toMatchObject({
      result: "corrupt",
      findings: [
        { kind: "corrupt", isSetAside: false, reason: "not the file that was stored, nor its bytes" },
      ],
    });
    writeFileSync(`${root}/other`, sound);
    renameSync(`${root}/other`, pathOf(1));
    expect(await verify(snapshot)).toMatchObject({ result: "ok" });
  });

  test("has only the checksum of what was stored by a program without records, and writes down what it saw", async () => {
    const snapshot = await back();
    rmSync(recordsPath(datastore.path), { recursive: true });
    expect(await verify(snapshot)).toMatchObject({
      result: "ok",
      checks: { storedDigestCount: 0, checksumOnlyCount: 3 },
    });
    expect(await verify(snapshot)).toMatchObject({ result: "ok", checks: { storedDigestCount: 3 } });
    inPlace(flipInTag)();
    expect(await verify(snapshot)).toMatchObject({ result: "corrupt" });
    await back();
    expect(await verify(snapshot)).toMatchObject({ result: "ok" });
  });
});
