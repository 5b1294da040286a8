import "../texts/english.testing.ts";
import { expect, test } from "vitest";
import { formatPrediction } from "./wait-text.ts";

const MIN = 60_000;

test.each([
  [-5 * MIN, -MIN, "any moment"],
  [-MIN, 3 * MIN, "within 3 min"],
  [2 * MIN, 8 * MIN, "in 2 min to 8 min"],
  [5 * MIN, 5 * MIN + 10_000, "in about 5 min"],
])("a start between %i and %i ms from now reads %s", (earliest, latest, text) => {
  const now = 1_700_000_000_000;
  expect(formatPrediction({ earliestAt: now + earliest, latestAt: now + latest }, now)).toBe(text);
});
