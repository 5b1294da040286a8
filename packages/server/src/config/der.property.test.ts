import { expect, test } from "vitest";
import fc from "fast-check";
import { der, derInteger, derObjectId, derTime } from "./der.ts";

test("a value's length reads back, in the shortest form", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70_000 }), (sizeBytes) => {
      const bytes = der(0x04, new Uint8Array(sizeBytes));
      const first = bytes[1] ?? 0;
      const lengthSize = first < 0x80 ? 0 : first & 0x7f;
      const length =
        lengthSize === 0
          ? first
          : bytes.subarray(2, 2 + lengthSize).reduce((sum, byte) => sum * 256 + byte, 0);
      expect([length, bytes.length]).toEqual([sizeBytes, 2 + lengthSize + sizeBytes]);
      expect(lengthSize).toBe(sizeBytes < 0x80 ? 0 : sizeBytes < 0x100 ? 1 : sizeBytes < 0x10000 ? 2 : 3);
    }),
    { numRuns: 50 },
  );
});

test("numbers stay positive and minimal, object ids and times are as the standard writes them", () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  expect(hex(derInteger(Uint8Array.of(0, 0, 0x7f)))).toBe("02017f");
  expect(hex(derInteger(Uint8Array.of(0x80)))).toBe("02020080");
  expect(hex(derInteger(Uint8Array.of(0)))).toBe("020100");
  expect(hex(derObjectId("1.2.840.10045.4.3.2"))).toBe("06082a8648ce3d040302");
  expect(Buffer.from(derTime(Date.UTC(2049, 11, 31, 23, 59, 59))).toString()).toContain("491231235959Z");
  expect(Buffer.from(derTime(Date.UTC(2050, 0, 1))).toString()).toContain("20500101000000Z");
});
