import { expect, test } from "vitest";
import fc from "fast-check";
import { LOG_LEVELS } from "@ironcore-backup/protocol";
import type { LogLevel } from "@ironcore-backup/protocol";
import type { ReportedLine, TaskReport } from "../tasks/task-report.ts";
import { BUFFERED_LINE_COUNT_MAX, createReportBuffer, MESSAGE_LENGTH_MAX } from "./report-buffer.ts";

const aLine = (level: LogLevel, message = "m"): ReportedLine => ({
  at: 1,
  level,
  code: "X",
  message,
  fields: {},
});

function drain(buffer: ReturnType<typeof createReportBuffer>): TaskReport[] {
  const reports: TaskReport[] = [];
  while (!buffer.isEmpty()) reports.push(buffer.take());
  return reports;
}

test("every line is either told or counted as dropped, by level", () => {
  const burst = fc.record({
    level: fc.constantFrom(...LOG_LEVELS),
    count: fc.integer({ min: 1, max: 9000 }),
    drained: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(burst, { maxLength: 8 }), (bursts) => {
      const buffer = createReportBuffer();
      const said: Record<LogLevel, number> = { debug: 0, info: 0, warning: 0, error: 0 };
      const reports: TaskReport[] = [];
      for (const { level, count, drained } of bursts) {
        for (let at = 0; at < count; at++) buffer.addLine(aLine(level));
        said[level] += count;
        if (drained) reports.push(buffer.take());
      }
      reports.push(...drain(buffer));
      const lines = reports.flatMap((report) => report.lines).filter((line) => line.code === "X");
      for (const level of LOG_LEVELS) {
        const told = lines.filter((line) => line.level === level).length;
        const dropped = reports.reduce((sum, report) => sum + report.droppedLineCounts[level], 0);
        expect([level, told + dropped]).toEqual([level, said[level]]);
      }
    }),
    { numRuns: 30 },
  );
});

test("warnings still fit when chatter has filled its half, and the gap is marked where it is", () => {
  const buffer = createReportBuffer();
  for (let at = 0; at < BUFFERED_LINE_COUNT_MAX; at++) buffer.addLine(aLine("info"));
  buffer.addLine(aLine("warning", "important"));
  const lines = drain(buffer).flatMap((report) => report.lines);
  expect(lines.slice(-2).map((line) => line.message)).toEqual([
    "important",
    `${BUFFERED_LINE_COUNT_MAX / 2} log lines are missing here: they came faster than the log could be written`,
  ]);
});

test("a line is cut at its bound and says so", () => {
  const buffer = createReportBuffer();
  buffer.addLine({
    ...aLine("info", "x".repeat(MESSAGE_LENGTH_MAX + 10)),
    fields: { path: "y".repeat(MESSAGE_LENGTH_MAX + 1), count: 3 },
  });
  const [line] = buffer.take().lines;
  expect(line?.message).toMatch(/^x{4096}… \(10 characters cut\)$/);
  expect(line?.fields).toEqual({ path: `${"y".repeat(MESSAGE_LENGTH_MAX)}… (1 characters cut)`, count: 3 });
});

test("of progress only the newest value of each thing travels, and nothing when nothing moved", () => {
  const buffer = createReportBuffer();
  const stage = {
    index: 0,
    name: "s",
    startedAt: 1,
    endedAt: undefined,
    totalBytes: undefined,
    doneItems: 0,
    totalItems: undefined,
    totalIsEstimate: false,
    current: undefined,
  };
  buffer.setStage({ ...stage, doneBytes: 1 });
  buffer.setStage({ ...stage, doneBytes: 2 });
  buffer.setBytes(5);
  buffer.setBytes(6);
  expect(buffer.take()).toMatchObject({ bytes: 6, stages: [{ doneBytes: 2 }], target: undefined });
  expect(buffer.isEmpty()).toBe(true);
});
