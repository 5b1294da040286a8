import { expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "./quantity.ts";

test("sizes and rates read as an operator writes them", () => {
  expect([parseSize("60MB/s"), parseSize("4MiB"), parseSize("1.5G"), parseSize("12")]).toEqual([
    60e6, 4194304, 1610612736, 12,
  ]);
  for (const text of ["", "MB", "-1", "1 XB", "1e9"]) expect(() => parseSize(text)).toThrow("size");
});

test("durations read and show with their unit", () => {
  expect(parseDuration("24h")).toBe(86_400_000);
  expect(() => parseDuration("24")).toThrow("duration");
  expect([3200, 59_400, 245_000, 7_620_000, 273_600_000].map(formatDuration)).toEqual([
    "3.2 s",
    "59 s",
    "4 min 05 s",
    "2 h 07 min",
    "3 d 04 h",
  ]);
});

test("sizes show three significant digits and their unit", () => {
  expect([0, 612, 1536, 1.5 * 1024 ** 3].map(formatSize)).toEqual(["0 B", "612 B", "1.50 KiB", "1.50 GiB"]);
});
