import { expect, test } from "vitest";
import { changedBandwidthOf, parseRate } from "./bandwidth-option.ts";

test("a rate is read in decimal and in binary units", () => {
  const rates = ["60MB", "60MiB", "60M", "1.5 GB/s", "500KiB", "64KiB", "1TB"].map(parseRate);
  expect(rates).toEqual([60e6, 62_914_560, 62_914_560, 1.5e9, 512_000, 65_536, 1e12]);
});

test("what is no rate, or one that nothing could keep to, is refused with examples", () => {
  for (const text of ["", "fast", "-1MB", "10KB", "2TB", "60 MB a second", "1e6"])
    expect(() => parseRate(text), text).toThrow(/like 60MB/);
});

test("a limit that is not named stays, and none takes it away", () => {
  expect(changedBandwidthOf({})).toEqual({});
  expect(changedBandwidthOf({ bwlimit: "none" })).toEqual({ bandwidthLimitBytesPerSecond: null });
  expect(changedBandwidthOf({ bwlimit: "1MB" })).toEqual({ bandwidthLimitBytesPerSecond: 1_000_000 });
});
