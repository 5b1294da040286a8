import fc from "fast-check";
import { expect, test } from "vitest";
import { formatInstant, instantFromMs } from "../clock.ts";
import { nextRun, previousRun, runsWithin } from "./calendar-runs.ts";
import { parseCalendarEvent } from "./parse-calendar-event.ts";

const at = (text: string) => instantFromMs(Date.parse(text));
const shown = (text: string) => formatInstant(at(text));

function runs(expression: string, from: string, until: string, defaultZone = "UTC"): string[] {
  const event = parseCalendarEvent(expression, defaultZone);
  return [...runsWithin(event, { from: at(from), until: at(until) })].map(formatInstant);
}

test("a local time that the clock jumps over runs once, moved by the length of the jump", () => {
  expect(runs("02:30 Europe/Vienna", "2026-03-28T00:00Z", "2026-03-31T00:00Z")).toEqual([
    shown("2026-03-28T01:30Z"),
    shown("2026-03-29T01:30Z"), // 03:30 in Vienna
    shown("2026-03-30T00:30Z"),
  ]);
});

test("a local time that comes twice runs the first time only", () => {
  expect(runs("02:30 Europe/Vienna", "2026-10-24T12:00Z", "2026-10-26T12:00Z")).toEqual([
    shown("2026-10-25T00:30Z"),
    shown("2026-10-26T01:30Z"),
  ]);
});

test("a moved run that meets another one of the same job is one run, and all come in the order of time", () => {
  expect(runs("2..3:0/30 Europe/Vienna", "2026-03-29T00:00Z", "2026-03-30T00:00Z")).toEqual([
    shown("2026-03-29T01:00Z"),
    shown("2026-03-29T01:30Z"),
  ]);
});

test("a moved run is found from in between the jump and its own instant", () => {
  const event = parseCalendarEvent("2:10,50 Europe/Vienna", "UTC");
  expect(nextRun(event, at("2026-03-29T00:30Z"))).toBe(at("2026-03-29T01:10Z"));
  expect(nextRun(event, at("2026-03-29T01:20Z"))).toBe(at("2026-03-29T01:50Z"));
  expect(nextRun(event, at("2026-03-29T01:50Z"))).toBe(at("2026-03-30T00:10Z"));
});

test("a day that a zone left out still has its run", () => {
  // Samoa went from 29 to 31 December 2011.
  expect(runs("2011-12-30 12:00 Pacific/Apia", "2011-12-01T00:00Z", "2012-02-01T00:00Z")).toHaveLength(1);
});

test("midnight is met every day with steps that do not divide the hour", () => {
  expect(runs("*:0/16", "2026-06-14T23:40Z", "2026-06-15T00:20Z")).toEqual([
    shown("2026-06-14T23:48Z"),
    shown("2026-06-15T00:00Z"),
    shown("2026-06-15T00:16Z"),
  ]);
});

test("an event that can never be has no next and no previous run", () => {
  const event = parseCalendarEvent("*-02-30", "UTC");
  expect(nextRun(event, at("2026-01-01T00:00Z"))).toBeUndefined();
  expect(previousRun(event, at("2026-01-01T00:00Z"))).toBeUndefined();
});

test("fractions of a second are met to the millisecond", () => {
  expect(runs("0:0:0..1/0.25", "2026-01-01T00:00Z", "2026-01-02T00:00Z")).toEqual([
    "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.250Z",
    "2026-01-01T00:00:00.500Z",
    "2026-01-01T00:00:00.750Z",
    "2026-01-01T00:00:01.000Z",
  ]);
});

const expressions = [
  "daily Europe/Vienna",
  "*:0/15 America/New_York",
  "Mon..Fri 1,2,3:30 Australia/Lord_Howe",
  "*-*~1 23:00 Pacific/Apia",
  "30 2 * * 0 Europe/Dublin",
];

test("the previous run of a run's next instant is that run, and none lies between neighbours", () => {
  const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2029, 0, 1) });
  fc.assert(
    fc.property(fc.constantFrom(...expressions), instant, (expression, ms) => {
      const event = parseCalendarEvent(expression, "UTC");
      const run = nextRun(event, instantFromMs(ms));
      if (run === undefined) throw new Error("a recurring event ended");
      expect(run).toBeGreaterThan(ms);
      expect(previousRun(event, instantFromMs(run + 1))).toBe(run);
      const before = previousRun(event, run);
      expect(before === undefined || before <= ms).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("the whole of a period is found whatever instant it is walked from", () => {
  const span = fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 3, 6) });
  fc.assert(
    fc.property(fc.constantFrom(...expressions), span, (expression, ms) => {
      const event = parseCalendarEvent(expression, "UTC");
      const until = at("2026-04-07T00:00Z");
      const all = [...runsWithin(event, { from: at("2026-03-27T00:00Z"), until })];
      const tail = [...runsWithin(event, { from: instantFromMs(ms), until })];
      expect(tail).toEqual(all.filter((run) => run >= ms));
      expect(new Set(all).size).toBe(all.length);
    }),
    { numRuns: 200 },
  );
});
