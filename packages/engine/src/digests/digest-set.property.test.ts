import { hexFromBytes } from "@ironcore-backup/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDigestSet, openDigestSet } from "./digest-set.ts";

/** Digests that collide in their first word on purpose, so that probing has work. */
const digest = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.uint8Array({ minLength: 31, maxLength: 31 }))
  .map(([first, rest]) =>
    Uint8Array.from([first, 0, 0, 0, ...rest.subarray(3)].concat([0, 0, 0]).slice(0, 32)),
  )
  .filter((bytes) => bytes.subarray(0, 16).some((byte) => byte !== 0));

describe("a set of digests", () => {
  it("agrees with a set of strings, also seen through its shared memory", () => {
    fc.assert(
      fc.property(
        fc.array(digest, { maxLength: 300 }),
        fc.array(digest, { maxLength: 50 }),
        (added, asked) => {
          const set = createDigestSet();
          const model = new Set<string>();
          const keyOf = (bytes: Uint8Array): string => hexFromBytes(bytes.subarray(0, 16));
          for (const bytes of added) {
            expect(set.add(bytes)).toBe(!model.has(keyOf(bytes)));
            model.add(keyOf(bytes));
          }
          expect(set.digestCount).toBe(model.size);
          const elsewhere = openDigestSet(set.buffer);
          for (const bytes of [...added, ...asked]) {
            expect(set.has(bytes)).toBe(model.has(keyOf(bytes)));
            expect(elsewhere.has(bytes)).toBe(model.has(keyOf(bytes)));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("never keeps a digest that begins with zeros, so that none can be taken for an empty slot", () => {
    const set = createDigestSet();
    const odd = new Uint8Array(32).fill(7, 16);
    for (const digest of [new Uint8Array(32), odd]) {
      expect(set.add(digest)).toBe(true);
      expect(set.add(digest)).toBe(true);
      expect(set.has(digest)).toBe(false);
    }
    expect(set.digestCount).toBe(0);
  });
});
