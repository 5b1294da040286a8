import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { LOG_LEVELS } from "@ironcore-backup/protocol/calls";
import type { TaskLogLine } from "@ironcore-backup/protocol/calls";
import { aLine, answerLog } from "./log-server.testing.ts";
import {
  EMPTY_WINDOW,
  extendWindow,
  indexOfLine,
  isAtEnd,
  passesFilter,
  replaceWindow,
  takeStreamed,
  trimWindow,
} from "./log-window.ts";
import type { LogFilter, LogWindow } from "./log-window.ts";

const LENGTH = 120;

const aLog = fc
  .array(
    fc.tuple(fc.constantFrom(...LOG_LEVELS), fc.constantFrom("scan", "copy"), fc.constantFrom("a", "b")),
    {
      minLength: LENGTH,
      maxLength: LENGTH,
    },
  )
  .map((parts) =>
    parts.map(([level, stage, word], at) => aLine(at + 1, { level, stage, message: `${word} ${at + 1}` })),
  );

const aFilter: fc.Arbitrary<LogFilter> = fc.record(
  {
    level: fc.constantFrom("info" as const, "warning" as const, "error" as const),
    stage: fc.constantFrom("scan", "copy"),
    text: fc.constantFrom("A", "b"),
  },
  { requiredKeys: [] },
);

/** What may happen to a window, in any order: the log grows, lines are streamed or lost, pages come from anywhere, it is trimmed. */
const aStep = fc.oneof(
  fc.record({ does: fc.constant("write" as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    does: fc.constant("stream" as const),
    back: fc.integer({ min: 0, max: 12 }),
    count: fc.integer({ min: 1, max: 12 }),
    /** This one of them was lost on its way. */
    hole: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({
    does: fc.constant("fetch" as const),
    start: fc.integer({ min: -LENGTH, max: LENGTH }).filter((start) => start !== 0),
    limit: fc.integer({ min: 1, max: 40 }),
    replaces: fc.boolean(),
  }),
  fc.record({ does: fc.constant("after" as const), limit: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    does: fc.constant("trim" as const),
    lineCountMax: fc.integer({ min: 1, max: 30 }),
    keep: fc.constantFrom("start" as const, "end" as const),
  }),
);

/** Everything between its edges that passes, once, in order. */
function expectWhole(window: LogWindow, log: readonly TaskLogLine[], filter: LogFilter): void {
  const { from, to, lines } = window;
  const held = log.filter((line) => line.number >= from && line.number <= to && passesFilter(line, filter));
  expect(lines.map(({ number }) => number)).toEqual(held.map(({ number }) => number));
}

describe("a window of a log", () => {
  test("has no gap and no double, whatever comes in whichever order", () => {
    fc.assert(
      fc.property(aLog, aFilter, fc.array(aStep, { maxLength: 40 }), (all, filter, steps) => {
        let written = 20;
        let window = EMPTY_WINDOW;
        for (const step of steps) {
          const log = all.slice(0, written);
          const fetchFrom = (start: number, limit: number, take = extendWindow): void => {
            window = take(window, answerLog(log, { ...asked(filter), start, limit }), start);
          };
          if (step.does === "write") written = Math.min(all.length, written + step.count);
          else if (step.does === "fetch")
            fetchFrom(step.start, step.limit, step.replaces ? replaceWindow : extendWindow);
          else if (step.does === "after") fetchFrom(window.to + 1, step.limit);
          else if (step.does === "trim") window = trimWindow(window, step.lineCountMax, step.keep);
          else {
            const first = Math.max(0, written - step.back);
            const lines = log.slice(first, first + step.count).filter((_line, at) => at !== step.hole);
            window = takeStreamed(window, lines, filter);
          }
          expectWhole(window, all, filter);
          expect(window.lineCount).toBeLessThanOrEqual(written);
        }
      }),
    );
  });

  test("fetching on from its end comes to the log's end, and the counts are the server's", () => {
    fc.assert(
      fc.property(aLog, aFilter, fc.integer({ min: 1, max: LENGTH }), (log, filter, start) => {
        let window = replaceWindow(
          EMPTY_WINDOW,
          answerLog(log, { ...asked(filter), start, limit: 7 }),
          start,
        );
        for (let tries = 0; !isAtEnd(window) && tries < LENGTH; tries++) {
          const from = window.to + 1;
          window = extendWindow(window, answerLog(log, { ...asked(filter), start: from, limit: 7 }), from);
        }
        expect(isAtEnd(window)).toBe(true);
        expect(window.matchCount).toBe(log.filter((line) => passesFilter(line, filter)).length);
      }),
    );
  });

  test("counts of levels and matches go on with what is streamed", () => {
    fc.assert(
      fc.property(aLog, aFilter, fc.integer({ min: 1, max: LENGTH - 1 }), (log, filter, known) => {
        const first = replaceWindow(
          EMPTY_WINDOW,
          answerLog(log.slice(0, known), { ...asked(filter), start: -1 }),
          -1,
        );
        const streamed = takeStreamed(first, log.slice(Math.max(0, known - 3)), filter);
        const whole = answerLog(log, asked(filter));
        expect(streamed.levelCounts).toEqual(whole.levelCounts);
        expect(streamed.matchCount).toBe(whole.matchCount);
        expect(isAtEnd(streamed)).toBe(true);
      }),
    );
  });

  test("lines that leave a gap are not taken, but it is known how long the log is", () => {
    const window = replaceWindow(EMPTY_WINDOW, answerLog([aLine(1), aLine(2)], {}), 1);
    const after = takeStreamed(window, [aLine(5)], {});
    expect([after.to, after.lines.length, after.lineCount]).toEqual([2, 2, 5]);
  });

  test("asked beyond the log's end, it goes on with the next line that is written", () => {
    const log = [aLine(1), aLine(2), aLine(3)];
    const window = replaceWindow(EMPTY_WINDOW, answerLog(log.slice(0, 2), { start: 50, text: "line" }), 50);
    const { from, to, lines } = takeStreamed(window, [aLine(3)], {});
    expect([from, to, lines.map(({ number }) => number)]).toEqual([3, 3, [3]]);
  });

  test("a line is found by its number, and a filtered one by what comes after it", () => {
    const lines = [3, 7, 9].map((number) => aLine(number));
    expect([1, 3, 4, 7, 9, 10].map((number) => indexOfLine(lines, number))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(indexOfLine([], 4)).toBe(-1);
  });
});

/** Without absent parts. */
function asked({ level, stage, text }: LogFilter) {
  return {
    ...(level === undefined ? {} : { level }),
    ...(stage === undefined ? {} : { stage }),
    ...(text === undefined ? {} : { text }),
  };
}
