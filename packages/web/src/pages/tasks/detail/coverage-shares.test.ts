import { expect, test } from "vitest";
import { coverageShares, coverageVerdict } from "./coverage-shares.ts";

const COVERAGE = {
  coverDays: 30,
  chunkCount: 4,
  totalBytes: 1000,
  coveredBytes: 600,
  neverBytes: 100,
  ages: [
    { days: 1, bytes: 400 },
    { days: 30, bytes: 200 },
    { days: 60, bytes: 250 },
  ],
  olderBytes: 50,
  leftBytes: 0,
};

test("the map has a row for each age, the shares add up, and what is too old or was never read stands out", () => {
  const shares = coverageShares(COVERAGE);
  expect(shares.map(({ words, percent, tone }) => [words, percent, tone])).toEqual([
    ["Up to 1 day ago", 40, "covered"],
    ["Up to 30 days ago", 20, "covered"],
    ["Up to 60 days ago", 25, "late"],
    ["Longer ago", 5, "late"],
    ["Never", 10, "never"],
  ]);
  expect(shares.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
});

test("the verdict says what was checked, what is left, and whether the days can be held", () => {
  expect(coverageVerdict(COVERAGE)).toBe("600 B of 1000 B were checked within 30 days.");
  expect(coverageVerdict({ ...COVERAGE, coveredBytes: 1000, forecastDays: 12.2 })).toBe(
    "Everything was checked within 30 days. At the pace of this run all bytes take 13 days.",
  );
  expect(coverageVerdict({ ...COVERAGE, leftBytes: 400, forecastDays: 44.1 })).toBe(
    "600 B of 1000 B were checked within 30 days. 400 B were due and not read in time. At the pace of this run all bytes take 45 days: 30 days cannot be held.",
  );
});
