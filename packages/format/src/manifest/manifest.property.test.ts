import { expect, test } from "vitest";
import fc from "fast-check";
import { CodedError, createSeededRandom, parseArchiveName, parseBackupId } from "@ironcore-backup/base";
import { encodeBlob } from "../blob/blob.ts";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import { canonicalJson } from "./canonical-json.ts";
import { checkManifestSignature, decodeManifest, encodeManifest, signManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";

const needs = { random: createSeededRandom(3) };

/** JSON without null and fractions, as signed parts must be. */
const signable = fc.jsonValue({ maxDepth: 3 }).map(
  (value): unknown =>
    JSON.parse(
      JSON.stringify(value, (_key, item: unknown) => {
        if (item === null) return "null";
        return typeof item === "number" ? Math.trunc(item % 1e9) + 0 : item;
      }),
    ) as unknown,
);
const extraKey = fc.string({ unit: "grapheme" }).map((text) => `x-${text}`);
const unknown = fc.dictionary(extraKey, signable, { minKeys: 1, maxKeys: 3, noNullPrototype: true });

const file = fc
  .record(
    {
      stem: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,30}$/),
      extension: fc.constantFrom("fidx", "didx", "blob"),
      cryptMode: fc.constantFrom("none" as const, "encrypt" as const, "sign-only" as const),
      sizeBytes: fc.maxSafeNat(),
      checksum: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b).toString("hex")),
      unknown,
    },
    { requiredKeys: ["stem", "extension", "cryptMode", "sizeBytes", "checksum"] },
  )
  .map(({ stem, extension, ...rest }) => ({ name: parseArchiveName(`${stem}.${extension}`), ...rest }));

const manifests: fc.Arbitrary<Manifest> = fc.record(
  {
    backupType: fc.constantFrom("vm" as const, "ct" as const, "host" as const),
    backupId: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,40}$/).map(parseBackupId),
    backupTime: fc.integer({ min: 1, max: 253_402_300_799 }),
    files: fc.uniqueArray(file, { maxLength: 8, selector: (row) => row.name }),
    unprotected: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true }),
    unknown,
  },
  { requiredKeys: ["backupType", "backupId", "backupTime", "files", "unprotected"] },
);

test("any manifest reads back whole, and its signature with it", () => {
  const key = createEncryptionKey(new Uint8Array(32).fill(9));
  fc.assert(
    fc.property(manifests, (manifest) => {
      const asJson = JSON.parse(JSON.stringify(manifest)) as unknown;
      expect(JSON.parse(JSON.stringify(decodeManifest(encodeManifest(needs, manifest))))).toEqual(asJson);
      const signed = decodeManifest(encodeManifest(needs, signManifest(manifest, key)));
      expect(checkManifestSignature(signed, key)).toEqual({ outcome: "valid" });
    }),
    { numRuns: 150 },
  );
});

test("canonical text is JSON of the same value, whatever the order of its keys", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "grapheme" }), signable, { noNullPrototype: true }),
      (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(text);
      },
    ),
    { numRuns: 300 },
  );
});

test("any JSON at all is a manifest or MANIFEST_CORRUPT", () => {
  const almost = fc.record(
    {
      "backup-type": fc.oneof(fc.constant("host"), fc.jsonValue()),
      "backup-id": fc.oneof(fc.constant("a"), fc.jsonValue()),
      "backup-time": fc.oneof(fc.constant(1), fc.jsonValue()),
      files: fc.oneof(fc.constant([]), fc.jsonValue()),
      unprotected: fc.jsonValue(),
      signature: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), almost), (json) => {
      try {
        decodeManifest(encodeBlob(needs, Buffer.from(JSON.stringify(json))));
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== "MANIFEST_CORRUPT") throw error;
      }
    }),
    { numRuns: 500 },
  );
});
