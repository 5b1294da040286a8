/**
 * The sparse index of one task's log: where each block of lines begins and what lies before it. It answers "where is
 * line n" and "is there a warning in this block at all" without reading the log. 32 bytes an entry, little-endian:
 *
 *   f64 offset in the file · f64 offset in the plain text · u32 lines before · u32 of them info or worse · u32 warning or worse · u32 error
 *
 * A block ends at 512 lines or when it has 512 KiB. Where blocks begin follows from the lines alone, so the index of a
 * plain log, kept beside it as `.idx` from its second block on, can be lost or torn: it is built again from the log. A
 * compressed log holds its index itself.
 */

import type { LogLevel } from "@ironcore-backup/protocol";
import { LEVEL_RANK } from "./log-line.ts";

export const LINES_PER_BLOCK = 512;
export const BLOCK_SIZE_BYTES_MAX = 512 * 1024;
export const INDEX_ENTRY_SIZE_BYTES = 32;

/** Where a block starts and what lies before it; also the end of a log. */
export interface LogPosition {
  /** In the file. The same as `plainBytes` where it is not compressed. */
  readonly offsetBytes: number;
  readonly plainBytes: number;
  readonly lineCount: number;
  readonly infoCount: number;
  readonly warningCount: number;
  readonly errorCount: number;
}

export const FIRST_POSITION: LogPosition = {
  offsetBytes: 0,
  plainBytes: 0,
  lineCount: 0,
  infoCount: 0,
  warningCount: 0,
  errorCount: 0,
};

/** After one more line of a plain log. */
export function afterLine(before: LogPosition, level: LogLevel, lineSizeBytes: number): LogPosition {
  const rank = LEVEL_RANK[level];
  return {
    offsetBytes: before.offsetBytes + lineSizeBytes,
    plainBytes: before.plainBytes + lineSizeBytes,
    lineCount: before.lineCount + 1,
    infoCount: before.infoCount + (rank >= LEVEL_RANK.info ? 1 : 0),
    warningCount: before.warningCount + (rank >= LEVEL_RANK.warning ? 1 : 0),
    errorCount: before.errorCount + (rank >= LEVEL_RANK.error ? 1 : 0),
  };
}

/** Whether the next line begins a new block. */
export function isBlockFull(start: LogPosition, end: LogPosition): boolean {
  return (
    end.lineCount - start.lineCount >= LINES_PER_BLOCK ||
    end.plainBytes - start.plainBytes >= BLOCK_SIZE_BYTES_MAX
  );
}

/** How many lines before the position have this level or a worse one. */
export function countAtLeast(position: LogPosition, level: LogLevel): number {
  const { lineCount, infoCount, warningCount, errorCount } = position;
  return { debug: lineCount, info: infoCount, warning: warningCount, error: errorCount }[level];
}

/** How many lines before the position have exactly each level. */
export function levelCountsOf(position: LogPosition): Record<LogLevel, number> {
  const { lineCount, infoCount, warningCount, errorCount } = position;
  return {
    debug: lineCount - infoCount,
    info: infoCount - warningCount,
    warning: warningCount - errorCount,
    error: errorCount,
  };
}

export function encodePositions(positions: readonly LogPosition[]): Uint8Array {
  const bytes = new Uint8Array(positions.length * INDEX_ENTRY_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  positions.forEach((position, at) => {
    const base = at * INDEX_ENTRY_SIZE_BYTES;
    view.setFloat64(base, position.offsetBytes, true);
    view.setFloat64(base + 8, position.plainBytes, true);
    view.setUint32(base + 16, position.lineCount, true);
    view.setUint32(base + 20, position.infoCount, true);
    view.setUint32(base + 24, position.warningCount, true);
    view.setUint32(base + 28, position.errorCount, true);
  });
  return bytes;
}

/**
 * Reads positions back, the first one before the first line included.
 * @returns undefined when they cannot be the blocks of a log: not growing, too large a block, counts that do not fit
 */
export function decodePositions(bytes: Uint8Array): LogPosition[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const positions: LogPosition[] = [FIRST_POSITION];
  let before = FIRST_POSITION;
  for (let base = 0; base + INDEX_ENTRY_SIZE_BYTES <= bytes.length; base += INDEX_ENTRY_SIZE_BYTES) {
    const position = {
      offsetBytes: view.getFloat64(base, true),
      plainBytes: view.getFloat64(base + 8, true),
      lineCount: view.getUint32(base + 16, true),
      infoCount: view.getUint32(base + 20, true),
      warningCount: view.getUint32(base + 24, true),
      errorCount: view.getUint32(base + 28, true),
    };
    if (!followsOn(before, position)) return undefined;
    positions.push(position);
    before = position;
  }
  return positions;
}

function followsOn(before: LogPosition, after: LogPosition): boolean {
  const lineCount = after.lineCount - before.lineCount;
  const infoCount = after.infoCount - before.infoCount;
  const warningCount = after.warningCount - before.warningCount;
  const errorCount = after.errorCount - before.errorCount;
  return (
    Number.isSafeInteger(after.offsetBytes) &&
    Number.isSafeInteger(after.plainBytes) &&
    after.offsetBytes > before.offsetBytes &&
    after.plainBytes > before.plainBytes &&
    lineCount > 0 &&
    lineCount <= LINES_PER_BLOCK &&
    lineCount >= infoCount &&
    infoCount >= warningCount &&
    warningCount >= errorCount &&
    errorCount >= 0
  );
}
