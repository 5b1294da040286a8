/** Takes small backups in the test's own thread: the same calls in the same order as the agent, without its threads. */

import { hexFromBytes, parseArchiveName, parseAuthId } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import {
  chunkDigest,
  encodeBlob,
  encodeBlobParts,
  encodeManifest,
  signManifest,
} from "@ironcore-backup/format";
import type { EncryptionKey, Manifest, ManifestFile } from "@ironcore-backup/format";
import { createHash } from "node:crypto";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { aGroup } from "../datastore/datastore.testing.ts";
import { openBackupSession } from "./backup-session.ts";
import type { BackupRequest, BackupSession } from "./backup-session.ts";

export const OWNER = parseAuthId("alice@internal");
export const FIRST_TIME = 1_700_000_000;

export interface BackupContent {
  /** Raw chunks of `root.pxar.didx`. */
  readonly chunks: readonly Uint8Array[];
  /** Raw chunks of `disk.img.fidx`, each of 4096 bytes. */
  readonly imageChunks?: readonly Uint8Array[];
  readonly blob?: string;
  readonly key?: EncryptionKey;
}

export const DYNAMIC_NAME = parseArchiveName("root.pxar.didx");
export const FIXED_NAME = parseArchiveName("disk.img.fidx");
export const BLOB_NAME = parseArchiveName("config.blob");

/** A chunk of `sizeBytes` bytes that differs for each number and compresses well. */
export function aChunk(number: number, sizeBytes = 300): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, at) =>
    at < 8 ? (number >>> (at * 4)) & 255 : (number * 7) & 255,
  );
}

export function requestFor(backupTime: number, group: GroupRef = aGroup()): BackupRequest {
  return { group, backupTime, owner: OWNER };
}

/** Opens, writes and finishes; aborts when anything throws. */
export async function takeBackup(
  needs: EngineNeeds,
  datastore: Datastore,
  request: BackupRequest,
  content: BackupContent,
): Promise<SnapshotRef> {
  const session = openBackupSession(needs, datastore, request);
  try {
    await session.finish(writeContent(needs, session, content));
    return session.snapshot;
  } finally {
    session.abort();
  }
}

/** Everything but the finish. @returns the manifest's blob */
export function writeContent(needs: EngineNeeds, session: BackupSession, content: BackupContent): Uint8Array {
  const files = [
    ...writeDynamic(needs, session, content),
    ...writeFixed(needs, session, content),
    ...writeBlob(needs, session, content),
  ];
  return manifestBlob(needs, session.snapshot, files, content.key);
}

export function manifestBlob(
  needs: EngineNeeds,
  snapshot: SnapshotRef,
  files: readonly ManifestFile[],
  key?: EncryptionKey,
): Uint8Array {
  const { type, id, backupTime } = snapshot;
  const manifest: Manifest = { backupType: type, backupId: id, backupTime, files, unprotected: {} };
  return encodeManifest(needs, key === undefined ? manifest : signManifest(manifest, key));
}

/** As a compute thread does it: touch, and encode and insert only what is not there. */
export function storeChunk(
  needs: EngineNeeds,
  session: BackupSession,
  raw: Uint8Array,
  key?: EncryptionKey,
): Uint8Array {
  const digest = chunkDigest(raw, key);
  if (session.chunkStore.touch(digest, raw.length)) return digest;
  const options = { compressionLevel: 1, ...(key === undefined ? {} : { key }) };
  session.chunkStore.insert(digest, encodeBlobParts(needs, raw, options).parts);
  return digest;
}

function cryptModeOf(content: BackupContent): "none" | "encrypt" {
  return content.key === undefined ? "none" : "encrypt";
}

function writeDynamic(needs: EngineNeeds, session: BackupSession, content: BackupContent): ManifestFile[] {
  const index = session.createDynamicIndex(DYNAMIC_NAME);
  let endBytes = 0;
  for (const raw of content.chunks) {
    endBytes += raw.length;
    index.append(endBytes, storeChunk(needs, session, raw, content.key));
  }
  const { sizeBytes, checksum } = index.close();
  return [
    { name: DYNAMIC_NAME, cryptMode: cryptModeOf(content), sizeBytes, checksum: hexFromBytes(checksum) },
  ];
}

function writeFixed(needs: EngineNeeds, session: BackupSession, content: BackupContent): ManifestFile[] {
  if (content.imageChunks === undefined) return [];
  const index = session.createFixedIndex(FIXED_NAME, content.imageChunks.length * 4096, 4096);
  for (const [at, raw] of content.imageChunks.entries()) {
    index.set(at, storeChunk(needs, session, raw, content.key));
  }
  const { sizeBytes, checksum } = index.close();
  return [{ name: FIXED_NAME, cryptMode: cryptModeOf(content), sizeBytes, checksum: hexFromBytes(checksum) }];
}

function writeBlob(needs: EngineNeeds, session: BackupSession, content: BackupContent): ManifestFile[] {
  if (content.blob === undefined) return [];
  const options = content.key === undefined ? {} : { key: content.key };
  const blob = encodeBlob(needs, new TextEncoder().encode(content.blob), options);
  session.putBlob(BLOB_NAME, blob);
  const checksum = createHash("sha256").update(blob).digest("hex");
  return [{ name: BLOB_NAME, cryptMode: cryptModeOf(content), sizeBytes: blob.length, checksum }];
}
