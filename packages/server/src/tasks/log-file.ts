/**
 * One task's log on disk: JSON lines, appended in batches, never changed. Numbers are positions, so they need no storing
 * twice and cannot disagree with the order.
 *
 * A killed server can leave half a line at the end; opening for append cuts it off. The log is not fsynced line by line:
 * a power cut can take the newest seconds of it, which the page on tasks says.
 */

import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { assertInvariant } from "@ironcore-backup/base";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import {
  afterLine,
  countAtLeast,
  decodeLogIndex,
  encodeLogIndex,
  FIRST_ENTRY,
  INDEX_ENTRY_SIZE_BYTES,
  LEVEL_RANK,
  LINES_PER_BLOCK,
} from "./log-index.ts";
import type { LogIndexEntry } from "./log-index.ts";
import type { ReportedLine } from "./task-report.ts";

const NEWLINE = 0x0a;
const SCAN_SIZE_BYTES = 1024 * 1024;
/** A page stops early at this size; the reader asks on from its last line. */
const PAGE_SIZE_BYTES_MAX = 8 * 1024 * 1024;

export interface LogPageQuery {
  /** First line number wanted, from 1. */
  readonly start: number;
  readonly limit: number;
  readonly level: LogLevel | undefined;
}

export class LogFile {
  readonly #log: FileHandle;
  readonly #indexFile: FileHandle | undefined;
  /** One entry for each block that has at least one line. */
  readonly #entries: LogIndexEntry[];
  /** What is on disk so far. */
  #end: LogIndexEntry;
  /** Pages being read; closing waits for them. */
  readonly #reading = new Set<Promise<unknown>>();

  private constructor(
    log: FileHandle,
    indexFile: FileHandle | undefined,
    entries: LogIndexEntry[],
    end: LogIndexEntry,
  ) {
    this.#log = log;
    this.#indexFile = indexFile;
    this.#entries = entries;
    this.#end = end;
  }

  /** Opens for append, makes the file when there is none, repairs what a kill left. */
  static async openForAppend(path: string): Promise<LogFile> {
    const log = await open(path, "a+", 0o600);
    const { entries, end } = await readIndex(path, log);
    if ((await log.stat()).size > end.offsetBytes) await log.truncate(end.offsetBytes);
    const indexFile = await open(`${path}.idx`, "w", 0o600);
    await indexFile.write(encodeLogIndex(entries));
    return new LogFile(log, indexFile, entries, end);
  }

  /** Opens for reading. @throws ENOENT when the task never logged */
  static async openForReading(path: string): Promise<LogFile> {
    const log = await open(path, "r");
    const { entries, end } = await readIndex(path, log);
    return new LogFile(log, undefined, entries, end);
  }

  get lineCount(): number {
    return this.#end.lineCount;
  }

  /** Appends one batch. Calls must follow each other; the owner awaits the one before. */
  async append(lines: readonly ReportedLine[]): Promise<TaskLogLine[]> {
    assertInvariant(this.#indexFile !== undefined, "a log opened for reading is not appended to");
    let end = this.#end;
    const started: LogIndexEntry[] = [];
    const numbered = lines.map((line, at): TaskLogLine => ({
      number: this.#end.lineCount + at + 1,
      ...line,
    }));
    const encoded = numbered.map((line) => {
      const bytes = Buffer.from(`${encodeLine(line)}\n`);
      if (end.lineCount % LINES_PER_BLOCK === 0) started.push(end);
      end = afterLine(end, line.level, bytes.length);
      return bytes;
    });
    await this.#appendWhole(Buffer.concat(encoded));
    if (started.length > 0) await this.#indexFile.appendFile(encodeLogIndex(started));
    this.#entries.push(...started);
    this.#end = end;
    return numbered;
  }

  /** Lines from `start` on that have the level or a worse one, at most `limit` and 8 MiB of them. */
  async readPage(query: LogPageQuery): Promise<TaskLogLine[]> {
    const reading = this.#readPage(query);
    this.#reading.add(reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(reading);
    }
  }

  async #readPage(query: LogPageQuery): Promise<TaskLogLine[]> {
    const lines: TaskLogLine[] = [];
    const rankMin = query.level === undefined ? 0 : LEVEL_RANK[query.level];
    let sizeBytes = 0;
    const firstBlock = Math.floor((query.start - 1) / LINES_PER_BLOCK);
    for (let block = firstBlock; block < this.#entries.length; block++) {
      if (query.level !== undefined && !this.#blockHas(block, query.level)) continue;
      for (const text of await this.readBlock(block)) {
        const head = decodeHead(text);
        if (head.number < query.start || LEVEL_RANK[head.level] < rankMin) continue;
        lines.push(decodeLine(text));
        sizeBytes += text.length;
        if (lines.length >= query.limit || sizeBytes >= PAGE_SIZE_BYTES_MAX) return lines;
      }
    }
    return lines;
  }

  /** How many blocks there are now; a running task adds some. */
  get blockCount(): number {
    return this.#entries.length;
  }

  /** The lines of one block as they are stored. */
  async readBlock(block: number): Promise<string[]> {
    const from = this.#entries[block]?.offsetBytes;
    if (from === undefined) return [];
    const to = this.#entries[block + 1]?.offsetBytes ?? this.#end.offsetBytes;
    const bytes = await readRange(this.#log, from, to);
    return bytes.toString("utf8").split("\n").slice(0, -1);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#reading);
    await this.#log.close();
    await this.#indexFile?.close();
  }

  /** A disk that fills up in mid batch must not leave half a line for the next batch to continue. */
  async #appendWhole(bytes: Uint8Array): Promise<void> {
    try {
      await this.#log.appendFile(bytes);
    } catch (cause) {
      await this.#log.truncate(this.#end.offsetBytes);
      throw cause;
    }
  }

  #blockHas(block: number, level: LogLevel): boolean {
    const from = this.#entries[block];
    const to = this.#entries[block + 1] ?? this.#end;
    return from !== undefined && countAtLeast(to, level) > countAtLeast(from, level);
  }
}

/** `number`, `at`, `level` first and in this order, so that a filter need not parse the whole line. */
function encodeLine(line: TaskLogLine): string {
  const { number, at, level, ...rest } = line;
  return JSON.stringify({ number, at, level, ...rest });
}

/** Every line was written by `encodeLine`. */
export function decodeLine(text: string): TaskLogLine {
  return JSON.parse(text) as TaskLogLine;
}

function decodeHead(text: string): { readonly number: number; readonly level: LogLevel } {
  const match = /^\{"number":(\d+),"at":\d+,"level":"(debug|info|warning|error)"/.exec(text);
  assertInvariant(match !== null, "a stored log line starts with its number, instant and level");
  return { number: Number(match[1]), level: match[2] as LogLevel };
}

/** From the index file where it fits, the rest by reading the log from the last known block on. */
async function readIndex(
  path: string,
  log: FileHandle,
): Promise<{ entries: LogIndexEntry[]; end: LogIndexEntry }> {
  const { size } = await log.stat();
  const stored = decodeLogIndex(await readIfThere(`${path}.idx`), size) ?? [];
  const entries = stored.slice(0, -1);
  let end = stored.at(-1) ?? FIRST_ENTRY;
  let rest: Buffer = Buffer.alloc(0);
  let at = end.offsetBytes;
  while (at < size) {
    const bytes = await readRange(log, at, Math.min(size, at + SCAN_SIZE_BYTES));
    at += bytes.length;
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let from = 0;
    for (let newline = rest.indexOf(NEWLINE); newline >= 0; newline = rest.indexOf(NEWLINE, from)) {
      if (end.lineCount % LINES_PER_BLOCK === 0) entries.push(end);
      end = afterLine(
        end,
        decodeHead(rest.toString("utf8", from, Math.min(newline, from + 80))).level,
        newline + 1 - from,
      );
      from = newline + 1;
    }
    rest = rest.subarray(from);
  }
  return { entries, end };
}

async function readIfThere(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return bytes.subarray(0, bytes.length - (bytes.length % INDEX_ENTRY_SIZE_BYTES));
  } catch (cause) {
    if (isNotFound(cause)) return new Uint8Array(0);
    throw cause;
  }
}

export function isNotFound(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(to - from);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) throw new Error(`the log ends at ${from + filled} bytes, before ${to}`);
    filled += bytesRead;
  }
  return bytes;
}
