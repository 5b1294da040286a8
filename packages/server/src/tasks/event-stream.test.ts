import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock } from "@ironcore-backup/base";
import { createEventStream } from "./event-stream.ts";
import type { EventStream } from "./event-stream.ts";
import { aLine, anEventTask, aTask, factsOf, numbersOf, readAll } from "./event-stream.testing.ts";

const newStream = (): EventStream => createEventStream({ clock: createFakeClock() });

test("any reader that left at any number gets exactly what it missed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.nat(), (count, leftAt) => {
      const events = newStream();
      const start = events.sequence();
      for (let at = 0; at < count; at++) events.recordTask(aTask(`u${at}`));
      const seen = start + (count === 0 ? 0 : leftAt % (count + 1));
      expect(numbersOf(readAll(events, seen))).toEqual(
        Array.from({ length: start + count - seen }, (_, at) => seen + 1 + at),
      );
    }),
    { numRuns: 100 },
  );
});

test("facts and log lines of a reader that wants both come in the order of their numbers", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 900 }),
      (kinds, step) => {
        const events = newStream();
        let after = events.sequence();
        for (const isLog of kinds) {
          if (isLog) events.recordLines(anEventTask("u"), [aLine("x")]);
          else events.recordTask(aTask("u"));
        }
        const seen: number[] = [];
        const wanted = kinds.map((_, at) => after + 1 + at);
        for (;;) {
          const batch = events.read(after, {
            filter: { upid: "u" },
            sight: { tasks: { ...NOTHING, everything: true }, workers: false, datastores: new Set() },
            sizeBytesMax: step,
          });
          if (batch.outcome === "reset") throw new Error("nothing is gone");
          if (batch.frames.length === 0) break;
          seen.push(...factsOf(batch.frames).map((fact) => fact.sequence));
          expect(batch.upTo).toBeGreaterThanOrEqual(seen.at(-1) ?? 0);
          after = batch.upTo;
        }
        expect(seen).toEqual(wanted);
      },
    ),
  );
});

const NOTHING = {
  everything: false,
  projects: new Set<string>(),
  datastores: new Set<string>(),
  namespaces: new Set<string>(),
  authIds: new Set<string>(),
};

test("numbers of another life, older or newer, read as reset", () => {
  const clock = createFakeClock();
  const before = createEventStream({ clock });
  before.recordTask(aTask("u"));
  clock.advance(1);
  const after = createEventStream({ clock });
  expect(numbersOf(readAll(after, before.sequence()))).toBe("reset");
  expect(numbersOf(readAll(after, after.sequence() + 1))).toBe("reset");
  expect(numbersOf(readAll(after, after.sequence()))).toEqual([]);
});

test("keeps a bounded number of facts and of bytes, and says reset for what is gone", () => {
  const many = newStream();
  const start = many.sequence();
  for (let at = 0; at < 20_001; at++) many.recordScheduler({ paused: false });
  expect(numbersOf(readAll(many, start))).toBe("reset");
  expect(numbersOf(readAll(many, start + 1))).toHaveLength(20_000);
  const large = newStream();
  const text = "x".repeat(1024 * 1024);
  for (let at = 0; at < 40; at++) large.recordTask(aTask("u", { source: text }));
  expect(numbersOf(readAll(large, large.sequence() - 40))).toBe("reset");
  expect(numbersOf(readAll(large, large.sequence() - 30))).toHaveLength(30);
});

test("a task that logs without end makes only its own log's readers lose something", () => {
  const events = newStream();
  const start = events.sequence();
  events.recordTask(aTask("quiet"));
  const text = "x".repeat(1024 * 1024);
  for (let at = 0; at < 40; at++) events.recordLines(anEventTask("loud"), [aLine(text)]);
  expect(numbersOf(readAll(events, start))).toEqual([start + 1]);
  expect(numbersOf(readAll(events, start, { logOf: new Set(["quiet"]) }))).toBe("reset");
});

test("a fact larger than all that is kept still reaches who is there", () => {
  const events = newStream();
  events.recordTask(aTask("u", { source: "x".repeat(40 * 1024 * 1024) }));
  expect(numbersOf(readAll(events, events.sequence() - 1))).toEqual([events.sequence()]);
});

test("a batch of lines of any size comes whole, in facts of a bounded size", () => {
  const lengths = fc.array(fc.oneof(fc.nat(50), fc.nat(200_000)), { maxLength: 12 });
  fc.assert(
    fc.property(lengths, (made) => {
      const events = newStream();
      const start = events.sequence();
      const lines = made.map((length, at) => ({ ...aLine("x".repeat(length), at + 1), stage: 'a"b' }));
      events.recordLines(anEventTask("u"), lines);
      const batch = readAll(events, start, { upid: "u" });
      if (batch.outcome === "reset") throw new Error("nothing is gone");
      const facts = factsOf(batch.frames) as unknown as { lines: unknown[] }[]; // Log lines and nothing else.
      expect(facts.flatMap((fact) => fact.lines)).toEqual(lines);
      for (const [at, frame] of batch.frames.entries())
        expect(frame.length < 140_000 || facts[at]?.lines.length === 1).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("listeners hear every fact until they leave", () => {
  const events = newStream();
  const heard: number[] = [];
  const leave = events.subscribe((event) => heard.push(event.sequence));
  events.recordLines(anEventTask("u"), [aLine("x")]);
  leave();
  events.recordTask(aTask("u"));
  expect(heard).toEqual([events.sequence() - 1]);
});
