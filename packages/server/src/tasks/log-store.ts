/** The logs of all tasks: which file is whose, which are open, pages and text of either. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { formatInstant, instantFromMs } from "@ironcore-backup/base";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import { decodeLine, isNotFound, LogFile } from "./log-file.ts";
import type { LogPageQuery } from "./log-file.ts";
import { LEVEL_RANK } from "./log-index.ts";
import type { ReportedLine } from "./task-report.ts";

export interface LogPage {
  readonly lines: TaskLogLine[];
  readonly lineCount: number;
}

export interface LogStore {
  /** Appends to a task's log, in the order of the calls. Resolves when the lines can be read. */
  append(taskId: number, lines: readonly ReportedLine[]): Promise<TaskLogLine[]>;
  readPage(taskId: number, query: LogPageQuery): Promise<LogPage>;
  /** The log as text for people, as far as it goes at the call, in pieces of some hundred lines. */
  streamText(taskId: number, options: { readonly level: LogLevel | undefined }): AsyncIterable<string>;
  /** The task has ended: its log takes no more lines and gives its handles back. */
  finish(taskId: number): Promise<void>;
  close(): Promise<void>;
}

export function createLogStore(path: string): LogStore {
  const open = new Map<number, Promise<LogFile>>();
  const last = new Map<number, Promise<unknown>>();

  const openForAppend = (taskId: number): Promise<LogFile> => {
    const known = open.get(taskId);
    if (known !== undefined) return known;
    const opening = mkdir(folderOf(path, taskId), { recursive: true, mode: 0o700 }).then(() =>
      LogFile.openForAppend(fileOf(path, taskId)),
    );
    open.set(taskId, opening);
    opening.catch(() => open.delete(taskId));
    return opening;
  };
  /** Appends of one task follow each other even where callers do not wait. */
  const inTurn = <T>(taskId: number, step: () => Promise<T>): Promise<T> => {
    const turn = (last.get(taskId) ?? Promise.resolve()).then(step, step);
    last.set(taskId, turn);
    return turn;
  };
  const withFile = async <T>(taskId: number, absent: T, read: (file: LogFile) => Promise<T>): Promise<T> => {
    const appending = open.get(taskId);
    if (appending !== undefined) return read(await appending);
    const file = await openIfThere(fileOf(path, taskId));
    if (file === undefined) return absent;
    try {
      return await read(file);
    } finally {
      await file.close();
    }
  };
  const finish = (taskId: number): Promise<void> =>
    inTurn(taskId, async () => {
      const file = await open.get(taskId);
      open.delete(taskId);
      last.delete(taskId);
      await file?.close();
    });

  return {
    append: (taskId, lines) => inTurn(taskId, async () => (await openForAppend(taskId)).append(lines)),
    readPage: (taskId, query) =>
      withFile(taskId, { lines: [], lineCount: 0 }, async (file) => ({
        lines: await file.readPage(query),
        lineCount: file.lineCount,
      })),
    streamText: (taskId, options) => streamText(fileOf(path, taskId), options.level),
    finish,
    close: async () => {
      await Promise.all([...open.keys()].map(finish));
    },
  };
}

/** Reads through its own handle: a download may outlive the run. */
async function* streamText(path: string, level: LogLevel | undefined): AsyncIterable<string> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  try {
    for (let block = 0; block < file.blockCount; block++) {
      const lines = (await file.readBlock(block)).map(decodeLine);
      const wanted =
        level === undefined ? lines : lines.filter((line) => LEVEL_RANK[line.level] >= LEVEL_RANK[level]);
      if (wanted.length > 0) yield `${wanted.map(formatLogLine).join("\n")}\n`;
    }
  } finally {
    await file.close();
  }
}

/** `2024-05-01T12:00:00.000Z warning FILE_UNREADABLE [files] cannot read … path=/etc/x` */
export function formatLogLine(line: TaskLogLine): string {
  const fields = Object.entries(line.fields).map(([name, value]) => ` ${name}=${quote(String(value))}`);
  const stage = line.stage === undefined ? "" : ` [${line.stage}]`;
  const at = formatInstant(instantFromMs(line.at));
  return `${at} ${line.level.padEnd(7)} ${line.code}${stage} ${oneLine(line.message)}${fields.join("")}`;
}

function quote(text: string): string {
  return /^[^\s"\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** Line breaks and terminal escapes of a hostile file name stay visible and harmless. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

async function openIfThere(path: string): Promise<LogFile | undefined> {
  try {
    return await LogFile.openForReading(path);
  } catch (cause) {
    if (isNotFound(cause)) return undefined;
    throw cause;
  }
}

function folderOf(path: string, taskId: number): string {
  return join(path, (taskId & 0xff).toString(16).padStart(2, "0"));
}

/** By number and not by UPID: a UPID may be longer than a file name can be. */
function fileOf(path: string, taskId: number): string {
  return join(folderOf(path, taskId), `${taskId.toString(16).padStart(8, "0")}.jsonl`);
}
