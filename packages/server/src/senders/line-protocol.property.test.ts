import { expect, test } from "vitest";
import fc from "fast-check";
import { lineProtocolOf } from "./line-protocol.ts";

/** Reads a line as the database does: a separator counts unless a backslash stands right before it. */
function readLine(line: string): {
  name: string;
  tags: Record<string, string>;
  field: string;
  at: string;
} {
  const split = (text: string, separator: RegExp): string[] => text.split(separator);
  const [head = "", field = "", at = "", ...rest] = split(line, /(?<!\\) /);
  expect(rest).toEqual([]);
  const [name = "", ...pairs] = split(head, /(?<!\\),/);
  const plain = (text: string): string => text.replaceAll(/\\([,= ])/g, "$1");
  const tags = pairs.map((pair) => {
    const [key = "", value = "", ...more] = split(pair, /(?<!\\)=/);
    expect(more).toEqual([]);
    return [plain(key), plain(value)] as const;
  });
  return { name: plain(name), tags: Object.fromEntries(tags), field, at };
}

const hostile = fc.string({
  unit: fc.constantFrom("a", "b", "Z", "0", "_", ",", "=", " ", "\\", '"', "\n", "\r", "ä", "🙂", "#"),
  maxLength: 12,
});
const expected = (text: string): string => text.replaceAll(/[\r\n]+/g, " ").replace(/\\+$/, "");

test("every figure is one line that reads back, whatever its labels hold", () => {
  const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/),
      fc.dictionary(label, hostile, { maxKeys: 5 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (name, labels, value) => {
        const text = lineProtocolOf([{ name, labels, value }], 1_700_000_000_000);
        expect(text.endsWith("\n")).toBe(true);
        const lines = text.slice(0, -1).split("\n");
        expect(lines).toHaveLength(1);
        const read = readLine(lines[0] ?? "");
        expect(read.name).toBe(name);
        expect(Number(read.field.slice("value=".length))).toBe(value === 0 ? 0 : value);
        expect(read.at).toBe("1700000000000");
        const wanted = Object.entries(labels)
          .map(([key, text]) => [key === "time" ? "label_time" : key, expected(text)] as const)
          .filter(([, text]) => text !== "");
        expect(read.tags).toEqual(Object.fromEntries(wanted));
      },
    ),
    { numRuns: 1000 },
  );
});

test("a label's own backslashes and separators stand as the protocol writes them", () => {
  const labels = { path: "C:\\Temp dir", time: "x", empty: "", list: "a,b=c" };
  expect(lineProtocolOf([{ name: "up", labels, value: 1.5 }], 5)).toBe(
    "up,label_time=x,list=a\\,b\\=c,path=C:\\Temp\\ dir value=1.5 5\n",
  );
});

test("what the protocol cannot say is left out", () => {
  const samples = [Number.NaN, Infinity, -Infinity, 1].map((value) => ({ name: "x", labels: {}, value }));
  expect(lineProtocolOf(samples, 5)).toBe("x value=1 5\n");
});
