import { expect, test } from "vitest";
import fc from "fast-check";
import { EventParser } from "./event-parser.ts";
import type { ServerSentEvent } from "./event-parser.ts";
import { TEST_URL } from "./scripted-transport.testing.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Parses the bytes in pieces that end where `cuts` says. */
function parsePieces(bytes: Uint8Array, cuts: readonly number[]): ServerSentEvent[] {
  const parser = new EventParser(TEST_URL);
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
  return ends.flatMap((end, i) => parser.push(bytes.subarray(ends[i - 1] ?? 0, end)));
}

test("the standard's line ends, comments, names and lone fields are understood, and an unfinished event is kept back", () => {
  const text =
    'retry: 1000\n\nid: 1\nevent: x\ndata: {"a":1}\n\n: ping\n\nid: 2\r\ndata: über\r\ndata:zwei\r\n\r\nid: 3\rdata\r\rid: 4\ndata:  two\n\ndata: lost';
  expect(parsePieces(bytesOf(text), [])).toEqual([
    { id: "1", data: '{"a":1}' },
    { id: "2", data: "über\nzwei" },
    { id: "3", data: "" },
    { id: "4", data: " two" },
  ]);
});

test("generated streams come out the same however the bytes are split, in the middle of characters and line ends too", () => {
  const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
  const value = fc.string({ unit: fc.constantFrom("a", "ü", "€", "😀", " ", ":"), maxLength: 6 });
  const line = fc.oneof(
    value.map((text) => `data: ${text}`),
    value.map((text) => `id: ${text}`),
    value.map((text) => `: ${text}`),
    fc.constant("data"),
    fc.constant(""),
  );
  const stream = fc
    .array(fc.tuple(line, lineEnd), { maxLength: 20 })
    .map((lines) => bytesOf(lines.map(([text, end]) => text + end).join("")));
  fc.assert(
    fc.property(stream, fc.array(fc.nat(400), { maxLength: 30 }), (bytes, cuts) => {
      const inside = cuts.filter((cut) => cut <= bytes.length);
      const everywhere = Array.from({ length: bytes.length }, (_one, at) => at);
      const whole = parsePieces(bytes, []);
      expect(parsePieces(bytes, inside)).toEqual(whole);
      expect(parsePieces(bytes, everywhere)).toEqual(whole);
    }),
  );
});

test("an event without an end is refused and not gathered for ever", () => {
  const parser = new EventParser(TEST_URL);
  const piece = new Uint8Array(1 << 20).fill(0x61);
  const feed = () => {
    for (let i = 0; i < 100; i++) parser.push(piece);
  };
  expect(feed).toThrow("larger than");
});
