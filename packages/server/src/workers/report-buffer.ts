/**
 * Collects what an operation says between two reports, within bounds.
 *
 * An operation logs without waiting, so a flood cannot be slowed down; it is cut. When the buffer is half full, debug and
 * info lines are dropped; when it is full, warnings and errors too. Every dropped line is counted by level, the counts
 * travel, and a line in the log says how many are missing where they would have stood.
 */

import type { LogLevel, TaskStatistics } from "@ironcore-backup/protocol";
import type { ReportedLine, StageReport, TaskReport } from "../tasks/task-report.ts";

export const BUFFERED_LINE_COUNT_MAX = 20_000;
/** Lines in one report; the rest goes with the next. */
const REPORT_LINE_COUNT_MAX = 2000;
export const MESSAGE_LENGTH_MAX = 4096;
const FIELD_COUNT_MAX = 32;

export interface ReportBuffer {
  addLine(line: ReportedLine): void;
  setStage(stage: StageReport): void;
  setBytes(bytes: number): void;
  setTarget(target: string): void;
  setStatistics(statistics: TaskStatistics): void;
  isEmpty(): boolean;
  /** Takes out what the next report carries. */
  take(): TaskReport;
}

type Counts = Record<LogLevel, number>;

export function createReportBuffer(): ReportBuffer {
  let lines: ReportedLine[] = [];
  let dropped: Counts = noCounts();
  let stages = new Map<number, StageReport>();
  let rest: { bytes?: number; target?: string; statistics?: TaskStatistics } = {};
  return {
    addLine: (line) => {
      const important = line.level === "warning" || line.level === "error";
      const bound = important ? BUFFERED_LINE_COUNT_MAX : BUFFERED_LINE_COUNT_MAX / 2;
      if (lines.length >= bound) dropped[line.level]++;
      else lines.push(boundLine(line));
    },
    setStage: (stage) => stages.set(stage.index, stage),
    setBytes: (bytes) => {
      rest.bytes = bytes;
    },
    setTarget: (target) => {
      rest.target = target;
    },
    setStatistics: (statistics) => {
      rest.statistics = statistics;
    },
    isEmpty: () =>
      lines.length === 0 && stages.size === 0 && Object.keys(rest).length === 0 && total(dropped) === 0,
    take: () => {
      const now = lines.slice(0, REPORT_LINE_COUNT_MAX);
      lines = lines.slice(REPORT_LINE_COUNT_MAX);
      // The notice stands behind the lines that were kept, and its counts go with it.
      const notice = lines.length === 0 && total(dropped) > 0 ? dropped : undefined;
      if (notice !== undefined) {
        now.push(droppedNotice(notice, now.at(-1)?.at ?? 0));
        dropped = noCounts();
      }
      const report: TaskReport = {
        lines: now,
        droppedLineCounts: notice ?? noCounts(),
        stages: [...stages.values()],
        bytes: rest.bytes,
        target: rest.target,
        statistics: rest.statistics,
      };
      stages = new Map();
      rest = {};
      return report;
    },
  };
}

function noCounts(): Counts {
  return { debug: 0, info: 0, warning: 0, error: 0 };
}

function total(counts: Counts): number {
  return counts.debug + counts.info + counts.warning + counts.error;
}

/** Informative level: the lost warnings are counted on their own. */
function droppedNotice(counts: Counts, at: number): ReportedLine {
  return {
    at,
    level: "info",
    code: "LOG_LINES_DROPPED",
    message: `${total(counts)} log lines are missing here: they came faster than the log could be written`,
    fields: { ...counts },
  };
}

/** Cuts what is longer than a line may be; the cut shows. */
function boundLine(line: ReportedLine): ReportedLine {
  return {
    ...line,
    code: boundText(line.code),
    message: boundText(line.message),
    fields: Object.fromEntries(
      Object.entries(line.fields)
        .slice(0, FIELD_COUNT_MAX)
        .map(([name, value]) => [name, typeof value === "string" ? boundText(value) : value]),
    ),
  };
}

function boundText(text: string): string {
  if (text.length <= MESSAGE_LENGTH_MAX) return text;
  return `${text.slice(0, MESSAGE_LENGTH_MAX)}… (${text.length - MESSAGE_LENGTH_MAX} characters cut)`;
}
