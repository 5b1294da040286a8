/** Logs as tests make them, and what a plain filter over all their lines gives. */

import fc from "fast-check";
import { LOG_LEVELS } from "@ironcore-backup/protocol";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import { LEVEL_RANK } from "./log-line.ts";
import type { LogPage, LogPageQuery } from "./log-page.ts";
import type { ReportedLine } from "./task-report.ts";

export function aReportedLine(message: string, changes: Partial<ReportedLine> = {}): ReportedLine {
  return { at: 1, level: "info", code: "X", message, fields: {}, ...changes };
}

/** Words that are parts of JSON, of escapes, of keys and of what stands in front of every line. */
const WORDS = [
  "e",
  "n",
  "u00",
  "message",
  "fields",
  "warning",
  "stage",
  '"',
  "\\",
  "\n",
  "\u001b",
  "a,b",
  '":"',
  "}",
  "1",
  "true",
  "Über",
  "ß",
  "ÉTÉ",
  "K", // KELVIN SIGN, whose lower case is the letter k.
  "İ",
  "ſ",
  "😀",
  "file.txt",
  "$&",
  "[a-z]*",
];

const word = fc.constantFrom(...WORDS);
export const someText = fc.array(word, { maxLength: 5 }).map((words) => words.join(""));
const value = fc.oneof(
  someText,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => number !== 0),
  fc.boolean(),
);

export const someLine: fc.Arbitrary<ReportedLine> = fc
  .record({
    at: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    level: fc.constantFrom(...LOG_LEVELS),
    stage: fc.option(fc.constantFrom("files", 'st"age', "größe", "level"), { nil: undefined }),
    code: fc.constantFrom("X", "FILE_CHANGED", "MESSAGE", 'odd"code\\'),
    message: someText,
    fields: fc.dictionary(
      fc.constantFrom("path", "stage", "level", "message", "sizeBytes", 'a"b', "é"),
      value,
      {
        maxKeys: 3,
      },
    ),
  })
  .map(({ stage, ...line }) => (stage === undefined ? line : { stage, ...line }));

/** Mostly words that occur, in another case now and then. */
export const someWanted = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 2 }), fc.constantFrom("same", "upper", "lower"))
  .map(([words, letters]) => {
    const text = words.join("");
    if (letters === "upper") return text.toUpperCase();
    return letters === "lower" ? text.toLowerCase() : text;
  });

export interface ModelFilter {
  readonly level?: LogLevel | undefined;
  readonly stage?: string | undefined;
  readonly text?: string | undefined;
}

export function passes(line: TaskLogLine, { level, stage, text }: ModelFilter): boolean {
  if (level !== undefined && LEVEL_RANK[line.level] < LEVEL_RANK[level]) return false;
  if (stage !== undefined && line.stage !== stage) return false;
  if (text === undefined) return true;
  const pattern = new RegExp(text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&"), "i");
  const { code, message, fields } = line;
  return [code, message, ...Object.entries(fields).flat()].some((part) => pattern.test(String(part)));
}

/** The page by its definition. */
export function modelPage(all: readonly TaskLogLine[], query: LogPageQuery): LogPage {
  const matches = all.filter((line) => passes(line, query));
  const edge = query.start < 0 ? all.length + 1 + query.start : Math.max(1, query.start);
  const before = matches.filter((line) => (query.start < 0 ? line.number <= edge : line.number < edge));
  const after = matches.filter((line) => (query.start < 0 ? line.number > edge : line.number >= edge));
  const lines = query.start < 0 ? before.slice(-query.limit) : after.slice(0, query.limit);
  const earlier = query.start < 0 ? before.slice(0, -query.limit) : before;
  const previous = earlier.slice(-query.limit)[0];
  const next = query.start < 0 ? after[0] : after[query.limit];
  const count = (level: LogLevel): number => all.filter((line) => line.level === level).length;
  return {
    lines,
    lineCount: all.length,
    levelCounts: {
      debug: count("debug"),
      info: count("info"),
      warning: count("warning"),
      error: count("error"),
    },
    matchCount: matches.length,
    ...(next === undefined ? {} : { nextStart: next.number }),
    ...(previous === undefined ? {} : { previousStart: previous.number }),
  };
}
