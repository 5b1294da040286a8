/**
 * The sparse index of one task log: what every 512th line starts with. It answers "where is line n" and "is there a
 * warning in this block at all" without reading the log. Beside the log as `.idx`, 24 bytes an entry, little-endian:
 *
 *   f64 offset of the block's first byte · u32 lines before it · u32 of them info or worse · u32 warning or worse · u32 error
 *
 * It only speeds up: lost or torn, it is built again from the log.
 */

import type { LogLevel } from "@ironcore-backup/protocol";

export const LINES_PER_BLOCK = 512;
export const INDEX_ENTRY_SIZE_BYTES = 24;

/** Where a block starts and what lies before it. */
export interface LogIndexEntry {
  readonly offsetBytes: number;
  readonly lineCount: number;
  readonly infoCount: number;
  readonly warningCount: number;
  readonly errorCount: number;
}

export const FIRST_ENTRY: LogIndexEntry = {
  offsetBytes: 0,
  lineCount: 0,
  infoCount: 0,
  warningCount: 0,
  errorCount: 0,
};

/** The running totals after one more line. */
export function afterLine(before: LogIndexEntry, level: LogLevel, lineSizeBytes: number): LogIndexEntry {
  const rank = LEVEL_RANK[level];
  return {
    offsetBytes: before.offsetBytes + lineSizeBytes,
    lineCount: before.lineCount + 1,
    infoCount: before.infoCount + (rank >= LEVEL_RANK.info ? 1 : 0),
    warningCount: before.warningCount + (rank >= LEVEL_RANK.warning ? 1 : 0),
    errorCount: before.errorCount + (rank >= LEVEL_RANK.error ? 1 : 0),
  };
}

export const LEVEL_RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

/** How many lines before the entry have this level or a worse one. */
export function countAtLeast(entry: LogIndexEntry, level: LogLevel): number {
  const { lineCount, infoCount, warningCount, errorCount } = entry;
  return { debug: lineCount, info: infoCount, warning: warningCount, error: errorCount }[level];
}

export function encodeLogIndex(entries: readonly LogIndexEntry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * INDEX_ENTRY_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, at) => {
    const base = at * INDEX_ENTRY_SIZE_BYTES;
    view.setFloat64(base, entry.offsetBytes, true);
    view.setUint32(base + 8, entry.lineCount, true);
    view.setUint32(base + 12, entry.infoCount, true);
    view.setUint32(base + 16, entry.warningCount, true);
    view.setUint32(base + 20, entry.errorCount, true);
  });
  return bytes;
}

/**
 * Reads an index back. Undefined when it cannot belong to a log of this size: then it is built again.
 * A torn last entry is left out.
 */
export function decodeLogIndex(bytes: Uint8Array, logSizeBytes: number): LogIndexEntry[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: LogIndexEntry[] = [];
  for (let base = 0; base + INDEX_ENTRY_SIZE_BYTES <= bytes.length; base += INDEX_ENTRY_SIZE_BYTES) {
    const entry = {
      offsetBytes: view.getFloat64(base, true),
      lineCount: view.getUint32(base + 8, true),
      infoCount: view.getUint32(base + 12, true),
      warningCount: view.getUint32(base + 16, true),
      errorCount: view.getUint32(base + 20, true),
    };
    const before = entries.at(-1);
    const fits = entry.lineCount === entries.length * LINES_PER_BLOCK && entry.offsetBytes <= logSizeBytes;
    if (!fits || (before !== undefined && entry.offsetBytes <= before.offsetBytes)) return undefined;
    entries.push(entry);
  }
  return entries[0]?.offsetBytes === 0 ? entries : undefined;
}
