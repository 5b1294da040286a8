import { expect, test } from "vitest";
import fc from "fast-check";
import { aLine } from "./log-server.testing.ts";
import { formatLogLine, formatSince, splitHits } from "./log-text.ts";

test.each([
  [0, "+0.000 s"],
  [12_345, "+12.345 s"],
  [61_007, "+0:01:01.007"],
  [3_723_450, "+1:02:03.450"],
  [-5, "+0.000 s"],
])("%d ms after the beginning reads %s", (ms, text) => {
  expect(formatSince(1000 + ms, 1000)).toBe(text);
});

test("the parts of a text are the text, and the hits are what was sought", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "A", "b", ".", "(") }),
      fc.string({ maxLength: 3 }),
      (text, sought) => {
        const parts = splitHits(text, sought);
        expect(parts.map((part) => part.text).join("")).toBe(text);
        for (const { text, isHit } of parts) if (isHit) expect(text.toLowerCase()).toBe(sought.toLowerCase());
      },
    ),
  );
  expect(splitHits("xaXay", "XA").filter(({ isHit }) => isHit).length).toBe(2);
});

test("a line for a ticket has everything in it", () => {
  const line = aLine(7, {
    at: 0,
    level: "error",
    stage: "copy",
    code: "DISK_FULL",
    fields: { path: "/a b" },
  });
  expect(formatLogLine(line)).toBe('7 1970-01-01T00:00:00.000Z error [copy] DISK_FULL: line 7 path="/a b"');
});
