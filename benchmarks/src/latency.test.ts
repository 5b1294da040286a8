import { expect, test } from "vitest";
import { createLatencies, percentile } from "./latency.ts";

test("a percentile is a value that was really measured, and the highest is the worst", () => {
  const values = Array.from({ length: 200 }, (_, at) => 200 - at);
  expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([100, 198, 200]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test("the table tells each kind and all together", () => {
  const latencies = createLatencies();
  latencies.add("rare", 9);
  for (let at = 1; at <= 3; at++) latencies.add("often", at);
  const lines = latencies.table().split("\n");
  expect(lines.map((line) => line.trim().split(/\s+/))).toEqual([
    ["count", "p50", "p95", "p99", "max"],
    ["often", "3", "2.0", "3.0", "3.0", "3.0"],
    ["rare", "1", "9.0", "9.0", "9.0", "9.0"],
    ["all", "4", "2.0", "9.0", "9.0", "9.0"],
  ]);
});
