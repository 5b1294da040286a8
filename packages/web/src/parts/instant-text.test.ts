import "../texts/english.testing.ts";
import { describe, expect, test } from "vitest";
import { formatAbsolute, formatAbsoluteWithZone, formatElapsed, formatRelative } from "./instant-text.ts";

const AT = Date.UTC(2026, 10, 23, 5, 12, 4);

describe("times", () => {
  test("absolute ones have a year, and midnight is 00", () => {
    expect(formatAbsolute(AT, "Europe/Berlin")).toBe("2026-11-23 06:12:04");
    expect(formatAbsolute(Date.UTC(2026, 0, 1), "UTC")).toBe("2026-01-01 00:00:00");
  });

  test("the zone is named with its distance from UTC at that instant, summer and winter", () => {
    expect(formatAbsoluteWithZone(AT, "Europe/Berlin")).toBe("2026-11-23 06:12:04 GMT+1 (Europe/Berlin)");
    expect(formatAbsoluteWithZone(Date.UTC(2026, 6, 1), "Europe/Berlin")).toContain("GMT+2");
  });

  test.each([
    [0, "just now"],
    [-999, "just now"],
    [-12_400, "12 s ago"],
    [-61_000, "1 min ago"],
    [-7_620_000, "2 h 07 min ago"],
    [90_000, "in 1 min"],
  ])("%i ms from now reads %s", (distanceMs, text) => {
    expect(formatRelative(AT + distanceMs, AT)).toBe(text);
  });

  test("elapsed time counts whole seconds and never below zero, whatever the two clocks think", () => {
    expect([-500, 0, 9900, 65_000].map(formatElapsed)).toEqual(["0 s", "0 s", "9 s", "1 min 05 s"]);
  });
});
