/** A log as the server keeps and answers it, for tests: all lines in memory, the contract of `getTaskLog` in plain code. */

import { LOG_LEVELS } from "@ironcore-backup/protocol/calls";
import type { LogLevel, TaskLog, TaskLogLine, TaskLogQuery } from "@ironcore-backup/protocol/calls";

export function aLine(number: number, given: Partial<TaskLogLine> = {}): TaskLogLine {
  return {
    number,
    at: 1_700_000_000_000 + number,
    level: "info",
    code: "FILE_DONE",
    message: `line ${number}`,
    fields: {},
    ...given,
  };
}

export function answerLog(
  log: readonly TaskLogLine[],
  { start = 1, limit = 500, level, stage, text }: TaskLogQuery,
  finished = false,
): TaskLog {
  const rank = (word: LogLevel): number => LOG_LEVELS.indexOf(word);
  const wanted = text?.toLowerCase();
  const matching = log.filter(
    (line) =>
      (level === undefined || rank(line.level) >= rank(level)) &&
      (stage === undefined || line.stage === stage) &&
      (wanted === undefined || `${line.code}\n${line.message}`.toLowerCase().includes(wanted)),
  );
  const edge = start < 0 ? log.length + 1 + start : Math.max(1, start);
  const lines =
    start < 0
      ? matching.filter(({ number }) => number <= edge).slice(-limit)
      : matching.filter(({ number }) => number >= edge).slice(0, limit);
  const first = lines[0]?.number ?? (start < 0 ? edge + 1 : edge);
  const after = start < 0 ? edge : (lines.at(-1)?.number ?? Infinity);
  const next = matching.find(({ number }) => number > after)?.number;
  const previous = matching.filter(({ number }) => number < first).slice(-limit)[0]?.number;
  const levelCounts = { debug: 0, info: 0, warning: 0, error: 0 };
  for (const line of log) levelCounts[line.level] += 1;
  return {
    lines,
    lineCount: log.length,
    levelCounts,
    matchCount: matching.length,
    finished,
    ...(next === undefined ? {} : { nextStart: next }),
    ...(previous === undefined ? {} : { previousStart: previous }),
  };
}
