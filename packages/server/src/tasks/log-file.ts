/**
 * The plain form of a log: JSON lines, appended in batches, never changed.
 *
 * A killed server can leave half a line at the end, a power cut also zeros; opening for append cuts them off, reading
 * ends before them. A log is not made durable line by line: a power cut can take the newest seconds of it, which the
 * page on tasks says.
 */

import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { assertInvariant } from "@ironcore-backup/base";
import type { TaskLogLine } from "@ironcore-backup/protocol";
import { readRange, removeIfThere, unlessAbsent } from "./log-disk.ts";
import {
  afterLine,
  decodePositions,
  encodePositions,
  FIRST_POSITION,
  INDEX_ENTRY_SIZE_BYTES,
  isBlockFull,
} from "./log-index.ts";
import type { LogPosition } from "./log-index.ts";
import { decodeLogLineHead, encodeLogLine, HEAD_LENGTH_MAX } from "./log-line.ts";
import { createLogView, damaged } from "./log-view.ts";
import type { LogView } from "./log-view.ts";
import type { ReportedLine } from "./task-report.ts";

const NEWLINE = 0x0a;
const SCAN_SIZE_BYTES = 1024 * 1024;

/** What is on disk so far. */
interface Extent {
  /** Of each block that has at least one line. */
  readonly starts: LogPosition[];
  readonly end: LogPosition;
}

export class LogFile {
  readonly #path: string;
  readonly #log: FileHandle;
  /** Made with the second block: most logs have one. */
  #indexFile: FileHandle | undefined;
  readonly #starts: LogPosition[];
  #end: LogPosition;
  readonly #canAppend: boolean;
  /** The index on disk is not what it should be and is written anew with the next block. */
  #isIndexTorn = false;
  #isClosing = false;
  /** Closing waits for them. */
  readonly #reading = new Set<Promise<unknown>>();

  private constructor(path: string, log: FileHandle, extent: Extent, canAppend: boolean) {
    this.#path = path;
    this.#log = log;
    this.#starts = extent.starts;
    this.#end = extent.end;
    this.#canAppend = canAppend;
  }

  /** Opens for append, makes the file when there is none, cuts off what a kill left. @throws TASK_LOG_DAMAGED */
  static async openForAppend(path: string): Promise<LogFile> {
    const log = await open(path, "a+", 0o600);
    try {
      const extent = await readExtent(path, log);
      if ((await log.stat()).size > extent.end.offsetBytes) await log.truncate(extent.end.offsetBytes);
      const file = new LogFile(path, log, extent, true);
      file.#isIndexTorn = true;
      if (extent.starts.length > 1) await file.#writeIndex([]);
      return file;
    } catch (cause) {
      await log.close();
      throw cause;
    }
  }

  /** Opens for reading. @returns undefined when there is none. @throws TASK_LOG_DAMAGED */
  static async openForReading(path: string): Promise<LogFile | undefined> {
    const log = await unlessAbsent(open(path, "r"));
    if (log === undefined) return undefined;
    try {
      return new LogFile(path, log, await readExtent(path, log), false);
    } catch (cause) {
      await log.close();
      throw cause;
    }
  }

  /** Appends one batch. Calls must follow each other; the owner awaits the one before. */
  async append(lines: readonly ReportedLine[]): Promise<TaskLogLine[]> {
    assertInvariant(this.#canAppend, "a log opened for reading is not appended to");
    const started: LogPosition[] = [];
    let start = this.#starts.at(-1);
    let end = this.#end;
    const numbered = lines.map((line, at): TaskLogLine => ({ number: end.lineCount + at + 1, ...line }));
    const encoded = numbered.map((line) => {
      const bytes = Buffer.from(`${encodeLogLine(line)}\n`);
      if (start === undefined || isBlockFull(start, end)) {
        start = end;
        started.push(start);
      }
      end = afterLine(end, line.level, bytes.length);
      return bytes;
    });
    try {
      await this.#log.appendFile(Buffer.concat(encoded));
      await this.#writeIndex(started);
    } catch (cause) {
      // A disk that fills up in mid batch must not leave half a line, or lines that nobody was told of.
      this.#isIndexTorn = true;
      await this.#log.truncate(this.#end.offsetBytes);
      throw cause;
    }
    this.#starts.push(...started);
    this.#end = end;
    return numbered;
  }

  /** The log as it is now. Readable until `close`. */
  view(): LogView {
    return createLogView(
      { path: this.#path, starts: this.#starts },
      { blockCount: this.#starts.length, end: this.#end },
      (between) => this.#readBlocks(between),
    );
  }

  /** Reads while the file stays open; undefined when it is being closed. */
  async read<Result>(
    step: (view: LogView) => Promise<Result>,
  ): Promise<{ readonly result: Result } | undefined> {
    if (this.#isClosing) return undefined;
    const reading = step(this.view());
    this.#reading.add(reading);
    try {
      return { result: await reading };
    } finally {
      this.#reading.delete(reading);
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#reading);
    await this.#log.close();
    await this.#indexFile?.close();
  }

  async #readBlocks(between: readonly LogPosition[]): Promise<readonly Buffer[]> {
    const base = between[0]?.offsetBytes ?? 0;
    const bytes = await readRange(this.#log, base, between.at(-1)?.offsetBytes ?? base);
    if (bytes === undefined) throw damaged(this.#path, `it is shorter than it was`);
    return between
      .slice(1)
      .map((end, at) => bytes.subarray((between[at]?.offsetBytes ?? 0) - base, end.offsetBytes - base));
  }

  /** Of blocks after the first: one that is alone is read at once. */
  async #writeIndex(started: readonly LogPosition[]): Promise<void> {
    if (this.#isIndexTorn) {
      await this.#indexFile?.close();
      this.#indexFile = undefined;
      const all = [...this.#starts, ...started].slice(1);
      if (all.length === 0) await removeIfThere(indexPathOf(this.#path));
      else await this.#appendIndex("w", all);
      this.#isIndexTorn = false;
    } else {
      await this.#appendIndex(
        "a",
        started.filter((position) => position.lineCount > 0),
      );
    }
  }

  async #appendIndex(flags: "a" | "w", positions: readonly LogPosition[]): Promise<void> {
    if (positions.length === 0) return;
    this.#indexFile ??= await open(indexPathOf(this.#path), flags, 0o600);
    await this.#indexFile.appendFile(encodePositions(positions));
  }
}

export function indexPathOf(path: string): string {
  return `${path}.idx`;
}

/** From the index where it fits, the rest by reading the log from the last known block on. @throws TASK_LOG_DAMAGED */
async function readExtent(path: string, log: FileHandle): Promise<Extent> {
  const { size } = await log.stat();
  const starts = (await readIndex(path, size)) ?? [];
  const scan = new ExtentScan(path, starts);
  while (scan.readUpTo < size) {
    const bytes = await readRange(log, scan.readUpTo, Math.min(size, scan.readUpTo + SCAN_SIZE_BYTES));
    if (bytes === undefined) break; // Cut by the owner meanwhile: what is there now is there.
    if (!scan.push(bytes)) break;
  }
  return { starts: scan.starts, end: scan.end };
}

/** Undefined when there is no index or one that cannot belong to a log of this size. */
async function readIndex(path: string, sizeBytes: number): Promise<LogPosition[] | undefined> {
  const bytes = await unlessAbsent(readFile(indexPathOf(path)));
  if (bytes === undefined) return undefined;
  const starts = decodePositions(bytes.subarray(0, bytes.length - (bytes.length % INDEX_ENTRY_SIZE_BYTES)));
  const last = starts?.at(-1);
  return last !== undefined && last.offsetBytes < sizeBytes && last.offsetBytes === last.plainBytes
    ? starts
    : undefined;
}

/** Goes through a log from the beginning of its last known block on. */
class ExtentScan {
  readonly starts: LogPosition[];
  end: LogPosition;
  readUpTo: number;
  readonly #path: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, known: readonly LogPosition[]) {
    this.#path = path;
    this.starts = known.slice(0, -1);
    this.end = known.at(-1) ?? FIRST_POSITION;
    this.readUpTo = this.end.offsetBytes;
  }

  /** @returns false at the torn end of the log. @throws TASK_LOG_DAMAGED for what is no line before other lines */
  push(bytes: Buffer): boolean {
    this.readUpTo += bytes.length;
    const text = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let from = 0;
    for (let newline = text.indexOf(NEWLINE); newline >= 0; newline = text.indexOf(NEWLINE, from)) {
      const head = decodeLogLineHead(
        text.toString("latin1", from, Math.min(newline, from + HEAD_LENGTH_MAX)),
      );
      if (head?.number !== this.end.lineCount + 1) {
        // Blocks that never reached the disk read as zeros.
        if (text[from] === 0) return false;
        throw damaged(this.#path, `line ${this.end.lineCount + 1} cannot be read`);
      }
      const start = this.starts.at(-1);
      if (start === undefined || isBlockFull(start, this.end)) this.starts.push(this.end);
      this.end = afterLine(this.end, head.level, newline + 1 - from);
      from = newline + 1;
    }
    this.#rest = text.subarray(from);
    return true;
  }
}
