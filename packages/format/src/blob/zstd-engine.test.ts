import { randomBytes } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createWorkMemory } from "./work-memory.ts";
import { compressFrame, decompressFrame } from "./zstd-engine.ts";

const text = Buffer.from("a line of a log that repeats itself, with a number 12345\n".repeat(40_000));
const bound = (raw: Uint8Array): number => raw.length + (raw.length >>> 8) + 1024;

describe("one zstd frame in one call", () => {
  it("lies in the memory that was given, so that this Node still lets us choose it", () => {
    const memory = createWorkMemory();
    const frame = compressFrame(text, { level: 1, sizeBytesMax: bound(text), memory });
    expect(frame.buffer).toBe(memory.take(1).buffer);
    const out = createWorkMemory();
    const { raw } = decompressFrame(frame, {
      likelySizeBytes: text.length + 1024,
      maxOutputLength: text.length,
      memory: out,
    });
    expect(raw.buffer).toBe(out.take(1).buffer);
    expect(Buffer.compare(raw, text)).toBe(0);
  });

  it.each([1, 3, 19])("is what Node's own functions read, at level %i", (level) => {
    const frame = compressFrame(text, { level, sizeBytesMax: bound(text), memory: createWorkMemory() });
    expect(zstdDecompressSync(frame).equals(text)).toBe(true);
  });

  it("is complete when it needs more room than was thought", () => {
    const raw = randomBytes(300_000);
    const frame = zstdCompressSync(raw);
    const memory = createWorkMemory();
    const content = decompressFrame(frame, { likelySizeBytes: 1000, maxOutputLength: 1 << 20, memory });
    expect(Buffer.compare(content.raw, raw)).toBe(0);
    expect(content.frameSizeBytes).toBe(frame.length);
  });

  it("says how much of the bytes the frame took", () => {
    const frame = zstdCompressSync(text);
    const behind = Buffer.concat([frame, Buffer.from("behind")]);
    const options = { likelySizeBytes: text.length + 1024, maxOutputLength: text.length };
    expect(decompressFrame(behind, { ...options, memory: createWorkMemory() }).frameSizeBytes).toBe(
      frame.length,
    );
  });

  it("stops where the bound of the output is passed", () => {
    const frame = zstdCompressSync(text);
    const options = { likelySizeBytes: 2048, maxOutputLength: 1000, memory: createWorkMemory() };
    expect(() => decompressFrame(frame, options)).toThrow(
      expect.objectContaining({ code: "ERR_BUFFER_TOO_LARGE" }),
    );
  });

  it("makes level 1 of a whole chunk smaller than zstd's own level 1 does", () => {
    // Repeats lie further apart than zstd's own window at this level.
    const block = randomBytes(600_000);
    const raw = Buffer.concat([block, block, block, block]);
    const ours = compressFrame(raw, { level: 1, sizeBytesMax: bound(raw) });
    expect(ours.length).toBeLessThan(raw.length / 3);
    expect(zstdDecompressSync(ours).equals(raw)).toBe(true);
  });
});
