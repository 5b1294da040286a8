import { expect, test } from "vitest";
import { fromLocalField, parseInstantText, toLocalField } from "./time-range.ts";

test("a field in the reader's own time and the address's instant say the same", () => {
  const text = "2026-11-23T06:12:04Z";
  expect(fromLocalField(toLocalField(text))).toBe(text);
  expect(fromLocalField("2026-11-23T06:12")).toBe(
    parseInstantText(new Date(2026, 10, 23, 6, 12).toISOString()),
  );
});

test.each(["", "2026", "2026-13-45T99:99:99Z", "1969-01-01T00:00:00Z", 7, null, "yesterday"])(
  "%j is no instant",
  (value) => {
    expect(parseInstantText(value)).toBeUndefined();
  },
);

test("an offset is turned into UTC, parts of a second are dropped", () => {
  expect(parseInstantText("2026-11-23T06:12:04.9+01:00")).toBe("2026-11-23T05:12:04Z");
});
