/**
 * A log as it is at one moment, plain or compressed: blocks of lines and how to read them. What is appended meanwhile is
 * not in it. Pages, searches and downloads know only this.
 */

import type { CodedError } from "@ironcore-backup/base";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { countAtLeast, FIRST_POSITION } from "./log-index.ts";
import type { LogPosition } from "./log-index.ts";
import { decodeLogLine, decodeLogLineHead, HEAD_LENGTH_MAX } from "./log-line.ts";

const NEWLINE = 0x0a;
/** Plain bytes that one read takes at once, roughly: what a moment of the event loop may be given to. */
export const RUN_SIZE_BYTES = 512 * 1024;

export interface LogView {
  /** For errors. */
  readonly path: string;
  readonly blockCount: number;
  readonly end: LogPosition;
  /** Where a block begins; of `blockCount`, the end. */
  position(block: number): LogPosition;
  /** The lines of the blocks from `first` up to `end` as they are stored, a piece for each block. @throws TASK_LOG_DAMAGED */
  readBlocks(first: number, end: number): Promise<readonly Buffer[]>;
}

/**
 * @param starts      of all blocks; may grow later, `blockCount` of them count
 * @param readBlocks  of the blocks between these positions, one more than there are blocks
 */
export function createLogView(
  file: { readonly path: string; readonly starts: readonly LogPosition[] },
  bounds: { readonly blockCount: number; readonly end: LogPosition },
  readBlocks: (between: readonly LogPosition[]) => Promise<readonly Buffer[]>,
): LogView {
  const { path, starts } = file;
  const { blockCount, end } = bounds;
  const position = (block: number): LogPosition =>
    block >= blockCount ? end : (starts[block] ?? FIRST_POSITION);
  return {
    path,
    blockCount,
    end,
    position,
    readBlocks: async (first, last) => {
      const between = Array.from({ length: last - first + 1 }, (_, at) => position(first + at));
      const blocks = await readBlocks(between);
      blocks.forEach((block, at) => assertBlock(path, block, between[at] ?? FIRST_POSITION));
      return blocks;
    },
  };
}

/** A block that begins with its own first line and ends with a line's end: what the disk gave back is what was written. */
function assertBlock(path: string, block: Buffer, start: LogPosition): void {
  const head = decodeLogLineHead(block.toString("latin1", 0, HEAD_LENGTH_MAX));
  if (head?.number !== start.lineCount + 1 || block.at(-1) !== NEWLINE)
    throw damaged(path, `line ${start.lineCount + 1} is not where it was written`);
}

export function damaged(path: string, detail: string, cause?: unknown): CodedError {
  return serverErrors.TASK_LOG_DAMAGED({ path, detail }, cause);
}

/** @throws TASK_LOG_DAMAGED */
export function decodeLineOf(view: LogView, text: string): TaskLogLine {
  try {
    return decodeLogLine(text);
  } catch (cause) {
    throw damaged(view.path, "a line is not JSON", cause);
  }
}

export const EMPTY_LOG: LogView = {
  path: "",
  blockCount: 0,
  end: FIRST_POSITION,
  position: () => FIRST_POSITION,
  readBlocks: async () => [],
};

/** The block that holds this line, from 1; behind the last line it is `blockCount`. */
export function blockOfLine(view: LogView, number: number): number {
  let low = 0;
  let high = view.blockCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (view.position(middle + 1).lineCount >= number) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function lineCountOf(view: LogView, block: number): number {
  return view.position(block + 1).lineCount - view.position(block).lineCount;
}

/** Lines of the block with this level or a worse one. */
export function countInBlock(view: LogView, block: number, level: LogLevel): number {
  return countAtLeast(view.position(block + 1), level) - countAtLeast(view.position(block), level);
}

/** Up to which block one read may go that begins with `first`. Always at least one block. */
export function endOfRun(view: LogView, first: number): number {
  const from = view.position(first).plainBytes;
  let end = first + 1;
  while (end < view.blockCount && view.position(end + 1).plainBytes - from <= RUN_SIZE_BYTES) end++;
  return end;
}
