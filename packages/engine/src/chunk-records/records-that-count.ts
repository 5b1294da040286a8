import { hexFromBytes } from "@ironcore-backup/base";
import type { ChunkRecord } from "./chunk-record.ts";

/** Of one chunk that was stored again and again, so many different files are remembered. */
const FILE_COUNT_MAX = 8;

/**
 * Of one chunk's records one for each file that it ever was, with its last check. Whatever was stored under a digest once is right
 * under it for ever: so the order of records by several writers, and of clocks that are set, does not matter.
 */
export function recordsThatCount(records: readonly ChunkRecord[]): ChunkRecord[] {
  if (records.length < 2) return [...records];
  const files = new Map<string, ChunkRecord>();
  for (const record of records) {
    const { storedDigest, inode } = record;
    const file = `${inode} ${storedDigest === undefined ? "" : hexFromBytes(storedDigest)}`;
    const known = files.get(file);
    files.delete(file);
    files.set(file, known !== undefined && known.checkedAtSeconds > record.checkedAtSeconds ? known : record);
  }
  return [...files.values()].slice(-FILE_COUNT_MAX);
}
