import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock } from "@ironcore-backup/base";
import type { TaskLogLine } from "@ironcore-backup/protocol";
import { createEventStream } from "./event-stream.ts";

const line = (message: string): TaskLogLine => ({
  number: 1,
  at: 1,
  level: "info",
  code: "X",
  message,
  fields: {},
});

test("any reader that left at any number gets exactly what it missed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.nat(), (count, leftAt) => {
      const events = createEventStream({ clock: createFakeClock() });
      const start = events.sequence();
      for (let at = 0; at < count; at++) events.recordLines(`u${at}`, [line("x")]);
      const seen = start + (count === 0 ? 0 : leftAt % (count + 1));
      const missed = events.readAfter(seen);
      expect(missed === "reset" ? missed : missed.map((event) => event.sequence)).toEqual(
        Array.from({ length: start + count - seen }, (_, at) => seen + 1 + at),
      );
    }),
    { numRuns: 100 },
  );
});

test("numbers of another life, older or newer, read as reset", () => {
  const clock = createFakeClock();
  const before = createEventStream({ clock });
  before.recordLines("u", [line("x")]);
  clock.advance(1);
  const after = createEventStream({ clock });
  expect(after.readAfter(before.sequence())).toBe("reset");
  expect(after.readAfter(after.sequence() + 1)).toBe("reset");
  expect(after.readAfter(after.sequence())).toEqual([]);
});

test("keeps a bounded number of facts and of bytes, and says reset for what is gone", () => {
  const many = createEventStream({ clock: createFakeClock() });
  const start = many.sequence();
  for (let at = 0; at < 20_001; at++) many.recordLines("u", [line("x")]);
  expect(many.readAfter(start)).toBe("reset");
  expect(many.readAfter(start + 1)).toHaveLength(20_000);
  const large = createEventStream({ clock: createFakeClock() });
  const text = "x".repeat(1024 * 1024);
  for (let at = 0; at < 40; at++) large.recordLines("u", [line(text)]);
  expect(large.readAfter(large.sequence() - 40)).toBe("reset");
  expect(large.readAfter(large.sequence() - 30)).toHaveLength(30);
});

test("listeners hear every fact until they leave", () => {
  const events = createEventStream({ clock: createFakeClock() });
  const heard: number[] = [];
  const leave = events.subscribe((event) => heard.push(event.sequence));
  events.recordLines("u", [line("x")]);
  leave();
  events.recordLines("u", [line("x")]);
  expect(heard).toEqual([events.sequence() - 1]);
});
