/**
 * What is known of the chunks of a store: the sorted records of old, and what was written since.
 *
 * Usually a chunk has one record. Two writers that store the same encrypted chunk at once leave one each, and either may be
 * the one whose file has the name; one that was collected and came again has another. What any of them says was stored.
 */

import type { Random } from "@ironcore-backup/base";
import type { Disk, OpenFile } from "../disk/disk.ts";
import { inodeWord, RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import { readLogRecords } from "./log-records.ts";
import { mergeChunkRecords } from "./merge-records.ts";
import { listLogs, openIfThere, recordsPath, SORTED_NAME } from "./record-files.ts";
import { recordsThatCount } from "./records-that-count.ts";
import { createSortedRecords } from "./sorted-records.ts";
import type { SortedRecords } from "./sorted-records.ts";

/** The file whose bytes are judged. */
export interface StoredFile {
  readonly digest: Uint8Array;
  /** SHA-256 of its bytes. */
  readonly storedDigest: Uint8Array;
  readonly inode: number;
}

/**
 * `unknown`: nothing was written down when it was stored. `changed`: the very file that was stored holds other bytes.
 * `replaced`: so does another file in its place; a program that keeps no records may have written it, or somebody who
 * meant to deceive.
 */
export type StoredVerdict = "same" | "unknown" | "changed" | "replaced";

export interface ChunkRecords {
  judge(file: StoredFile): StoredVerdict;
  /** When this very file was found sound last, in seconds since 1970; 0: never since it was stored, or not known. */
  checkedAt(digest: Uint8Array, inode: number): number;
  close(): void;
}

/** More than that are sorted before they are read, so that they need not be in memory. */
const LOG_SIZE_BYTES_MAX = 500_000 * RECORD_SIZE_BYTES;

/** @throws DISK_READ_FAILED, PERMISSION_DENIED; DISK_FULL, DISK_WRITE_FAILED when many had to be sorted first */
export async function openChunkRecords(
  needs: { readonly disk: Disk; readonly random: Random },
  storePath: string,
): Promise<ChunkRecords> {
  const { disk } = needs;
  if (logSizeBytes(disk, storePath) > LOG_SIZE_BYTES_MAX) await mergeChunkRecords(needs, storePath);
  // The logs first: what a merge takes out of them meanwhile is in the sorted file that is opened then.
  const logs = readLogRecords(needs, storePath);
  const file = openIfThere(disk, `${recordsPath(storePath)}/${SORTED_NAME}`);
  return recordsOf(logs, file === undefined ? undefined : { file, sorted: createSortedRecords(file) });
}

function recordsOf(
  logs: { find(digest: Uint8Array): ChunkRecord[] },
  old: { readonly file: OpenFile; readonly sorted: SortedRecords } | undefined,
): ChunkRecords {
  const find = (digest: Uint8Array): readonly ChunkRecord[] =>
    recordsThatCount([...(old?.sorted.find(digest) ?? []), ...logs.find(digest)]);
  return {
    judge: ({ digest, storedDigest, inode }) => {
      const known = find(digest).filter((record) => record.storedDigest !== undefined);
      if (known.length === 0) return "unknown";
      if (known.some((record) => Buffer.compare(record.storedDigest ?? digest, storedDigest) === 0))
        return "same";
      return known.some((record) => record.inode === inodeWord(inode)) ? "changed" : "replaced";
    },
    checkedAt: (digest, inode) =>
      find(digest)
        .filter((record) => record.inode === inodeWord(inode))
        .reduce((newest, record) => Math.max(newest, record.checkedAtSeconds), 0),
    close: () => old?.file.close(),
  };
}

function logSizeBytes(disk: Disk, storePath: string): number {
  return listLogs(disk, storePath).reduce((sum, path) => sum + (disk.stat(path)?.sizeBytes ?? 0), 0);
}
