/**
 * One line of a log as it is stored: a JSON object whose parts stand in a fixed order, so that filters and searches look
 * at the stored text and parse only what they return.
 *
 *   {"number":7,"at":1700000000000,"level":"warning","stage":"files","code":"FILE_UNREADABLE","message":"…","fields":{…}}
 *
 * A line says its number although its place says it too: a reader that finds another number knows that the file is
 * damaged.
 */

import { formatInstant, instantFromMs } from "@ironcore-backup/base";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";

export const LEVEL_RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

export function encodeLogLine(line: TaskLogLine): string {
  const { number, at, level, stage, code, message, fields } = line;
  return stage === undefined
    ? JSON.stringify({ number, at, level, code, message, fields })
    : JSON.stringify({ number, at, level, stage, code, message, fields });
}

/** Every line was written by `encodeLogLine`. @throws SyntaxError when the disk gives other bytes back */
export function decodeLogLine(text: string): TaskLogLine {
  return JSON.parse(text) as TaskLogLine;
}

export interface LogLineHead {
  readonly number: number;
  readonly level: LogLevel;
}

/** Longest text that `decodeLogLineHead` needs to see of a line. */
export const HEAD_LENGTH_MAX = 80;

/** Undefined for what is no line of ours. */
export function decodeLogLineHead(text: string): LogLineHead | undefined {
  const match = /^\{"number":(\d{1,15}),"at":\d{1,16},"level":"(debug|info|warning|error)"/.exec(text);
  if (match === null) return undefined;
  return { number: Number(match[1]), level: match[2] as LogLevel }; // The pattern names the four levels.
}

/** `2024-05-01T12:00:00.000Z warning FILE_UNREADABLE [files] cannot read … path=/etc/x` */
export function formatLogLine(line: TaskLogLine): string {
  const fields = Object.entries(line.fields).map(([name, value]) => ` ${name}=${quote(String(value))}`);
  const stage = line.stage === undefined ? "" : ` [${oneLine(line.stage)}]`;
  const at = formatInstant(instantFromMs(line.at));
  return `${at} ${line.level.padEnd(7)} ${line.code}${stage} ${oneLine(line.message)}${fields.join("")}`;
}

/** Line breaks, terminal escapes and what else is not to be seen: the control characters and two separators. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const EVERY_UNSEEN = new RegExp(UNSEEN, "g");
const NEEDS_QUOTES = /^$|[\s"\\\u0000-\u001f\u007f-\u009f]/;

function quote(text: string): string {
  return NEEDS_QUOTES.test(text) ? oneLine(JSON.stringify(text)) : text;
}

/** What a hostile file name holds stays visible and harmless. */
function oneLine(text: string): string {
  if (!UNSEEN.test(text)) return text;
  return text.replace(
    EVERY_UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
