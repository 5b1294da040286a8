/**
 * The logs of all tasks: which file is whose, which are open, and their two forms.
 *
 *   appended to ──finish──► plain ──(in the background, when it has more than one block)──► compressed
 *        ▲                                                                                     │
 *        └────────────── a line after the end: a server was killed between end and record ─────┘
 *
 * The plain file goes only when the compressed one is durable under its name, so a kill at any moment leaves a whole log;
 * where both are there, the compressed one counts. What a kill left half done is done by `tidy` at the next start.
 */

import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import { openLogArchive, restoreLog, writeLogArchive } from "./log-archive.ts";
import { removeIfThere, syncDirectoryOf, unlessAbsent } from "./log-disk.ts";
import { indexPathOf, LogFile } from "./log-file.ts";
import { formatLogLine } from "./log-line.ts";
import { LogMatchCounts } from "./log-match-counts.ts";
import { createLogMatcher } from "./log-matcher.ts";
import type { LogFilter } from "./log-matcher.ts";
import { readLogPage } from "./log-page.ts";
import type { LogPage, LogPageQuery, LogSearch } from "./log-page.ts";
import { createTurnstile } from "./turnstile.ts";
import { countInBlock, decodeLineOf, EMPTY_LOG } from "./log-view.ts";
import type { LogView } from "./log-view.ts";
import type { ReportedLine } from "./task-report.ts";

/** Searches under way at once; others wait for their turn, so that requests without a search stay quick. */
const SEARCH_COUNT_MAX = 2;
/** Searches whose counts are kept for their next page. */
const KEPT_SEARCH_COUNT_MAX = 32;

export interface LogStore {
  /** Appends to a task's log, in the order of the calls. Resolves when the lines can be read. @throws TASK_LOG_DAMAGED */
  append(taskId: number, lines: readonly ReportedLine[]): Promise<TaskLogLine[]>;
  /** A task that never logged has an empty log. @throws TASK_LOG_DAMAGED */
  readPage(taskId: number, query: LogPageQuery): Promise<LogPage>;
  /** The log as text for people, as far as it goes at the call, in pieces of some hundred lines. @throws TASK_LOG_DAMAGED */
  streamText(taskId: number, options: { readonly level: LogLevel | undefined }): AsyncIterable<string>;
  /** The task has ended: its log gives its handles back at once and is compressed in the background. */
  finish(taskId: number): Promise<void>;
  /** Removes everything that is kept of a log. Whoever reads it now reads it to the end. */
  remove(taskId: number): Promise<void>;
  /** Finishes what a kill interrupted, for all logs but those of tasks that are not over. To be called once, at the start. */
  tidy(isActive: (taskId: number) => boolean): Promise<void>;
  /** Resolves when nothing is being compressed. */
  idle(): Promise<void>;
  /** Leaves what is not compressed yet to the next start. */
  close(): Promise<void>;
}

export interface LogStoreOptions {
  /** A log that could not be compressed stays as it is; somebody should know. */
  readonly warn?: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

export function createLogStore(path: string, options: LogStoreOptions = {}): LogStore {
  return new Store(path, options);
}

class Store implements LogStore {
  readonly #root: string;
  readonly #warn: LogStoreOptions["warn"];
  readonly #open = new Map<number, Promise<LogFile>>();
  readonly #last = new Map<number, Promise<unknown>>();
  readonly #searches = new Map<string, LogSearch>();
  readonly #turnstile = createTurnstile(SEARCH_COUNT_MAX);
  readonly #closing = new AbortController();
  #compressing: Promise<void> = Promise.resolve();

  constructor(root: string, options: LogStoreOptions) {
    this.#root = root;
    this.#warn = options.warn;
  }

  append(taskId: number, lines: readonly ReportedLine[]): Promise<TaskLogLine[]> {
    return this.#inTurn(taskId, async () => (await this.#openForAppend(taskId)).append(lines));
  }

  readPage(taskId: number, query: LogPageQuery): Promise<LogPage> {
    const search = this.#searchFor(taskId, { level: query.level, stage: query.stage, text: query.text });
    const read = () => this.#withView(taskId, (view) => readLogPage(view, search, query));
    return search.counts === undefined ? read() : this.#turnstile.pass(read);
  }

  async *streamText(
    taskId: number,
    options: { readonly level: LogLevel | undefined },
  ): AsyncGenerator<string, void> {
    // A handle of its own: a download may outlive the run.
    const opened = await this.#openForReading(taskId);
    const { level } = options;
    const { view } = opened;
    const matcher = createLogMatcher({ level, stage: undefined, text: undefined });
    try {
      for (let block = 0; block < view.blockCount; block++) {
        if (countInBlock(view, block, level ?? "debug") === 0) continue;
        let text = "";
        for (const bytes of await view.readBlocks(block, block + 1))
          matcher.visit(bytes, (line) => {
            text += `${formatLogLine(decodeLineOf(view, line()))}\n`;
            return true;
          });
        yield text;
      }
    } finally {
      await opened.close();
    }
  }

  async finish(taskId: number): Promise<void> {
    await this.#closeLog(taskId);
    this.#compressLater(taskId);
  }

  remove(taskId: number): Promise<void> {
    for (const key of this.#searches.keys()) if (key.startsWith(`${taskId} `)) this.#searches.delete(key);
    return this.#inTurn(taskId, async () => {
      await this.#closeNow(taskId);
      const { plain, compressed } = this.#pathsOf(taskId);
      // What would be read first goes first; a kill in between leaves the other, which the next removal takes.
      for (const path of [compressed, plain, indexPathOf(plain), `${compressed}.tmp`, `${plain}.tmp`])
        await removeIfThere(path);
    });
  }

  async tidy(isActive: (taskId: number) => boolean): Promise<void> {
    for (const folder of (await unlessAbsent(readdir(this.#root))) ?? []) {
      if (this.#closing.signal.aborted) return;
      for (const name of (await unlessAbsent(readdir(join(this.#root, folder)))) ?? []) {
        const taskId = /^[0-9a-f]{8,}(?=\.jsonl)/.exec(name)?.[0];
        if (taskId === undefined || isActive(Number.parseInt(taskId, 16))) continue;
        await this.#tidyFile(Number.parseInt(taskId, 16), join(this.#root, folder, name));
      }
    }
  }

  async idle(): Promise<void> {
    let known: Promise<void> | undefined;
    while (known !== this.#compressing) {
      known = this.#compressing;
      await known;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#open.keys()].map((taskId) => this.#closeLog(taskId)));
    await this.idle();
  }

  /** Steps of one task follow each other even where callers do not wait. */
  #inTurn<Result>(taskId: number, step: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(taskId) ?? Promise.resolve()).then(step, step);
    this.#last.set(taskId, turn);
    const forget = (): void => {
      if (this.#last.get(taskId) === turn) this.#last.delete(taskId);
    };
    turn.then(forget, forget);
    return turn;
  }

  #openForAppend(taskId: number): Promise<LogFile> {
    const known = this.#open.get(taskId);
    if (known !== undefined) return known;
    const opening = this.#openPlain(taskId);
    this.#open.set(taskId, opening);
    opening.catch(() => this.#open.delete(taskId));
    return opening;
  }

  async #openPlain(taskId: number): Promise<LogFile> {
    const { plain, compressed } = this.#pathsOf(taskId);
    await mkdir(this.#folderOf(taskId), { recursive: true, mode: 0o700 });
    const archive = await openLogArchive(compressed);
    if (archive !== undefined) {
      try {
        await restoreLog(plain, archive.view);
      } finally {
        await archive.close();
      }
      await removeIfThere(compressed);
      // Before anything is appended: a compressed log that came back after a power cut would hide the new lines.
      await syncDirectoryOf(compressed);
    }
    return LogFile.openForAppend(plain);
  }

  /** The log as it is now, with a handle of its own. */
  async #openForReading(taskId: number): Promise<OpenLog> {
    const { plain, compressed } = this.#pathsOf(taskId);
    let damage: unknown;
    // Twice: between the two looks the plain form may become the compressed one.
    for (let look = 0; look < 2; look++) {
      try {
        const archive = await openLogArchive(compressed);
        if (archive !== undefined) return archive;
      } catch (cause) {
        damage = cause;
      }
      const file = await LogFile.openForReading(plain);
      if (file !== undefined) return { view: file.view(), close: () => file.close() };
    }
    if (damage !== undefined) throw damage;
    return { view: EMPTY_LOG, close: async () => undefined };
  }

  async #withView<Result>(taskId: number, read: (view: LogView) => Promise<Result>): Promise<Result> {
    const appending = await this.#open.get(taskId)?.catch(() => undefined);
    const answer = await appending?.read(read);
    if (answer !== undefined) return answer.result;
    const opened = await this.#openForReading(taskId);
    try {
      return await read(opened.view);
    } finally {
      await opened.close();
    }
  }

  #searchFor(taskId: number, filter: LogFilter): LogSearch {
    const key = `${taskId} ${JSON.stringify([filter.level, filter.stage, filter.text])}`;
    const known = this.#searches.get(key);
    this.#searches.delete(key);
    const search = known ?? createSearch(filter);
    if (search.counts === undefined) return search;
    // Behind the others: the one that was used longest ago goes first.
    this.#searches.set(key, search);
    const [oldest] = this.#searches.keys();
    if (this.#searches.size > KEPT_SEARCH_COUNT_MAX && oldest !== undefined) this.#searches.delete(oldest);
    return search;
  }

  #closeLog(taskId: number): Promise<void> {
    return this.#inTurn(taskId, () => this.#closeNow(taskId));
  }

  async #closeNow(taskId: number): Promise<void> {
    const file = await this.#open.get(taskId)?.catch(() => undefined);
    this.#open.delete(taskId);
    await file?.close();
  }

  /** One after the other: it takes a whole core for as long as it lasts. */
  #compressLater(taskId: number): void {
    this.#compressing = this.#compressing.then(() => this.#inTurn(taskId, () => this.#compress(taskId)));
  }

  async #compress(taskId: number): Promise<void> {
    if (this.#closing.signal.aborted || this.#open.has(taskId)) return;
    const { plain, compressed } = this.#pathsOf(taskId);
    try {
      if (!(await hasArchive(compressed)) && !(await this.#writeArchive(plain, compressed))) return;
      await removeIfThere(plain);
      await removeIfThere(indexPathOf(plain));
    } catch (cause) {
      if (!isCancelled(cause))
        this.#warn?.("TASK_LOG_UNCOMPRESSED", `a log stays as it is: ${String(cause)}`, { path: plain });
    }
  }

  /** @returns false when there is nothing to compress */
  async #writeArchive(plain: string, compressed: string): Promise<boolean> {
    const file = await LogFile.openForReading(plain);
    if (file === undefined) {
      await removeIfThere(indexPathOf(plain));
      return false;
    }
    const view = file.view();
    try {
      // A log of one block takes a block of the disk either way.
      if (view.blockCount < 2) return false;
      await writeLogArchive(compressed, view, { signal: this.#closing.signal });
      return true;
    } finally {
      await file.close();
    }
  }

  async #tidyFile(taskId: number, path: string): Promise<void> {
    if (path.endsWith(".tmp")) await this.#inTurn(taskId, () => removeIfThere(path));
    // Only a log of more than one block has an index beside it.
    if (!path.endsWith(".idx")) return;
    this.#compressLater(taskId);
    await this.idle();
  }

  #folderOf(taskId: number): string {
    return join(this.#root, (taskId & 0xff).toString(16).padStart(2, "0"));
  }

  /** By number and not by UPID: a UPID may be longer than a file name can be. */
  #pathsOf(taskId: number): { readonly plain: string; readonly compressed: string } {
    const plain = join(this.#folderOf(taskId), `${taskId.toString(16).padStart(8, "0")}.jsonl`);
    return { plain, compressed: `${plain}.zst` };
  }
}

interface OpenLog {
  readonly view: LogView;
  close(): Promise<void>;
}

/** A compressed log under its name is whole, and the plain one beside it what a kill left: perhaps with less in it. */
async function hasArchive(path: string): Promise<boolean> {
  try {
    const archive = await openLogArchive(path);
    await archive?.close();
    return archive !== undefined;
  } catch (cause) {
    // Then the plain one is the better one. Any other failure says nothing about the file.
    if (toCodedError(cause).code === "TASK_LOG_DAMAGED") return false;
    throw cause;
  }
}

function createSearch(filter: LogFilter): LogSearch {
  const matcher = createLogMatcher(filter);
  return { filter, matcher, counts: matcher.isByLevelOnly ? undefined : new LogMatchCounts(matcher) };
}
