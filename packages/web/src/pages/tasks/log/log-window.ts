/**
 * The stretch of a log that a page holds: every line between two numbers that passes the filter, however it came, from a
 * fetched page or over the stream. Lines are folded in by their number; what would leave a gap is not taken.
 *
 *   1 … from ─── held: all matching lines, none twice ─── to … lineCount
 *
 * It never grows beyond a bound: what is far from where one looks is let go and fetched again when it is wanted.
 */

import { LOG_LEVELS } from "@ironcore-backup/protocol/calls";
import type { LogLevel, TaskLog, TaskLogLine } from "@ironcore-backup/protocol/calls";

export interface LogFilter {
  /** This level and worse. */
  readonly level?: LogLevel | undefined;
  readonly stage?: string | undefined;
  readonly text?: string | undefined;
}

export type LevelCounts = Readonly<Record<LogLevel, number>>;

export interface LogWindow {
  /** Numbers between which nothing is missing, both inclusive; `to < from`: nothing is held. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly TaskLogLine[];
  /** Lines of the whole log, as far as is known. */
  readonly lineCount: number;
  readonly levelCounts: LevelCounts;
  /** Lines that pass the filter; absent while that is not known. */
  readonly matchCount?: number | undefined;
}

export const EMPTY_WINDOW: LogWindow = {
  from: 1,
  to: 0,
  lines: [],
  lineCount: 0,
  levelCounts: { debug: 0, info: 0, warning: 0, error: 0 },
};

/** A stretch of lines without a gap, as one answer covers it. */
export interface LogSpan {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly TaskLogLine[];
}

/** What of the log this answer tells all of. @param start  that was asked for, from 1, or from the end */
export function spanOf(page: TaskLog, start: number): LogSpan {
  const { lines, lineCount, nextStart, previousStart } = page;
  const edge = start < 0 ? lineCount + 1 + start : start;
  const firstNumber = lines[0]?.number;
  const from = start < 0 ? (firstNumber ?? edge + 1) : edge;
  const to = nextStart === undefined ? Math.max(lineCount, lines.at(-1)?.number ?? 0) : nextStart - 1;
  // Asked beyond the log's end, it tells where the end is, and what is written next goes on from there.
  return { from: previousStart === undefined ? 1 : Math.min(from, to + 1), to, lines };
}

/** The window with the page in it; as it was where the two do not touch. */
export function extendWindow(window: LogWindow, page: TaskLog, start: number): LogWindow {
  const span = joinSpans(window, spanOf(page, start)) ?? window;
  return { ...takeCounts(window, page), from: span.from, to: span.to, lines: span.lines };
}

/** The page's own window; of the one before only what is known of the whole log stays. */
export function replaceWindow(window: LogWindow, page: TaskLog, start: number): LogWindow {
  const { from, to, lines } = spanOf(page, start);
  return { ...takeCounts(window, page), from, to, lines };
}

function takeCounts(window: LogWindow, page: TaskLog): LogWindow {
  const isNewest = page.lineCount >= window.lineCount;
  const { matchCount } = isNewest ? page : window;
  return {
    ...window,
    lineCount: Math.max(page.lineCount, window.lineCount),
    levelCounts: isNewest ? page.levelCounts : window.levelCounts,
    matchCount,
  };
}

function joinSpans(window: LogSpan, span: LogSpan): LogSpan | undefined {
  if (span.from > window.to + 1 || span.to < window.from - 1) return undefined;
  const before = span.lines.filter(({ number }) => number < window.from);
  const after = span.lines.filter(({ number }) => number > window.to);
  return {
    from: Math.min(window.from, span.from),
    to: Math.max(window.to, span.to),
    lines: before.length + after.length === 0 ? window.lines : [...before, ...window.lines, ...after],
  };
}

/**
 * The window after lines came over the stream, in their order. Held at its end, it goes on; looked at elsewhere, it only
 * learns how long the log is.
 */
export function takeStreamed(
  window: LogWindow,
  streamed: readonly TaskLogLine[],
  filter: LogFilter,
): LogWindow {
  const lastNumber = streamed.at(-1)?.number ?? 0;
  if (lastNumber <= window.lineCount && lastNumber <= window.to) return window;
  const lineCount = Math.max(window.lineCount, lastNumber);
  const counted = count(window, streamed, filter);
  const next = following(streamed, window.to);
  const matching = next.filter((line) => passesFilter(line, filter));
  return {
    ...window,
    ...counted,
    lineCount,
    to: next.at(-1)?.number ?? window.to,
    lines: matching.length === 0 ? window.lines : [...window.lines, ...matching],
  };
}

/** Of these lines those that follow one another, and the number, without a gap. */
function following(lines: readonly TaskLogLine[], number: number): readonly TaskLogLine[] {
  const first = lines.findIndex((line) => line.number === number + 1);
  if (first < 0) return [];
  const gap = lines.findIndex((line, at) => at > first && line.number !== (lines[at - 1]?.number ?? 0) + 1);
  return gap < 0 ? lines.slice(first) : lines.slice(first, gap);
}

/** Counts go on only where no line between was missed; the next answer mends them otherwise. */
function count(
  { lineCount, levelCounts, matchCount }: LogWindow,
  streamed: readonly TaskLogLine[],
  filter: LogFilter,
): Pick<LogWindow, "levelCounts" | "matchCount"> {
  const uncounted = following(streamed, lineCount);
  const counts = { ...levelCounts };
  for (const { level } of uncounted) counts[level] += 1;
  const matching = uncounted.filter((line) => passesFilter(line, filter)).length;
  return { levelCounts: counts, matchCount: matchCount === undefined ? undefined : matchCount + matching };
}

/** The window with no more than so many lines, those nearest to the end that is looked at. */
export function trimWindow(window: LogWindow, lineCountMax: number, keep: "start" | "end"): LogWindow {
  if (window.lines.length <= lineCountMax) return window;
  if (keep === "end") {
    const lines = window.lines.slice(-lineCountMax);
    return { ...window, lines, from: lines[0]?.number ?? window.from };
  }
  const lines = window.lines.slice(0, lineCountMax);
  return { ...window, lines, to: lines.at(-1)?.number ?? window.to };
}

export const isAtEnd = ({ to, lineCount }: LogWindow): boolean => to >= lineCount;
export const isAtStart = ({ from }: LogWindow): boolean => from <= 1;

/** Says of one line what the server says of it. */
export function passesFilter(line: TaskLogLine, { level, stage, text }: LogFilter): boolean {
  if (level !== undefined && LOG_LEVELS.indexOf(line.level) < LOG_LEVELS.indexOf(level)) return false;
  if (stage !== undefined && line.stage !== stage) return false;
  return text === undefined || hasText(line, textPattern(text));
}

function hasText({ code, message, fields }: TaskLogLine, pattern: RegExp): boolean {
  return (
    pattern.test(code) ||
    pattern.test(message) ||
    Object.entries(fields).some(([name, value]) => pattern.test(name) || pattern.test(String(value)))
  );
}

/** Finds the text wherever it stands, case aside, as the server does. */
export function textPattern(text: string, flags = "i"): RegExp {
  return new RegExp(text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&"), flags);
}

/** Where in the window the line is, or the first one after it; the last one when all are before. */
export function indexOfLine(lines: readonly TaskLogLine[], number: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle]?.number ?? Infinity) < number) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, lines.length - 1);
}
