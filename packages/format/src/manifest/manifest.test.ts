import { expect, test } from "vitest";
import { CodedError, createSeededRandom } from "@ironcore-backup/base";
import { decodeBlob, encodeBlob, parseBlobHeader } from "../blob/blob.ts";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import { canonicalJson } from "./canonical-json.ts";
import { checkManifestSignature, decodeManifest, encodeManifest, signManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";

const needs = { random: createSeededRandom(1) };
const key = createEncryptionKey(new Uint8Array(32).fill(1));
const blobOfText = (text: string): Uint8Array => encodeBlob(needs, Buffer.from(text));
const blobOf = (json: unknown): Uint8Array => blobOfText(JSON.stringify(json));
const textOf = (blob: Uint8Array): string =>
  Buffer.from(decodeBlob(blob, { rawSizeBytesMax: 1 << 20 })).toString();
const row = { filename: "root.pxar.didx", "crypt-mode": "none", size: 5, csum: "00".repeat(32) };
const json = {
  "backup-type": "host",
  "backup-id": "elsa",
  "backup-time": 1_593_179_765,
  files: [row],
  unprotected: {},
};
const manifest = decodeManifest(blobOf(json));

test("is pretty-printed JSON in a compressed blob that is never encrypted", () => {
  const long: Manifest = { ...manifest, unprotected: { notes: "very long notes ".repeat(100) } };
  const blob = encodeManifest(needs, long);
  expect(parseBlobHeader(blob).kind).toBe("zstd");
  expect(textOf(blob)).toContain('\n  "backup-id": "elsa",\n');
  expect(textOf(blob)).toContain('"signature": null');
  expect(() => decodeManifest(encodeBlob(needs, Buffer.from(JSON.stringify(json)), { key }))).toThrow(
    "it is encrypted",
  );
});

test("an old manifest without crypt modes, signature and unprotected part reads as plain and unsigned", () => {
  const { "crypt-mode": _mode, ...oldRow } = row;
  const old = decodeManifest(blobOf({ ...json, files: [oldRow], unprotected: undefined }));
  expect(old).toEqual(manifest);
  expect(decodeManifest(blobOf({ ...json, unprotected: null, signature: null }))).toEqual(manifest);
});

test("keeps what it does not know, everywhere, even keys that mean something to JavaScript", () => {
  const text = JSON.stringify({
    ...json,
    extra: [1, { a: "ü" }],
    files: [{ ...row, hint: "x", constructor: 1 }],
    unprotected: { verify_state: { upid: "u", state: "ok" }, z: null, f: 1.5 },
  }).replace('"extra"', '"__proto__":{"polluted":1},"extra"');
  const read = decodeManifest(blobOfText(text));
  const again = decodeManifest(encodeManifest(needs, read));
  expect(again).toEqual(read);
  expect(Object.keys(again.unknown ?? {})).toEqual(["__proto__", "extra"]);
  expect(again.files[0]?.unknown).toEqual({ hint: "x", constructor: 1 });
  expect(again.unprotected).toEqual({ verify_state: { upid: "u", state: "ok" }, z: null, f: 1.5 });
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("a signature covers everything but itself and the unprotected part", () => {
  const signed = signManifest({ ...manifest, unknown: { extra: "x" } }, key);
  expect(signed.unprotected["key-fingerprint"]).toBe(key.fingerprint);
  const check = (change: Partial<Manifest>) => checkManifestSignature({ ...signed, ...change }, key).outcome;
  expect(check({})).toBe("valid");
  expect(check({ unprotected: { notes: "later", "key-fingerprint": key.fingerprint } })).toBe("valid");
  expect(check({ unprotected: {} })).toBe("valid");
  expect(check({ files: [] })).toBe("invalid");
  expect(check({ files: signed.files.map((file) => ({ ...file, sizeBytes: 6 })) })).toBe("invalid");
  expect(check({ files: signed.files.map((file) => ({ ...file, cryptMode: "encrypt" })) })).toBe("invalid");
  expect(check({ backupTime: signed.backupTime + 1 })).toBe("invalid");
  expect(check({ unknown: { extra: "y" } })).toBe("invalid");
  expect(check({ unknown: {} })).toBe("invalid");
  expect(check({ signature: "00".repeat(32) })).toBe("invalid");
  const { signature: _signature, ...unsigned } = signed;
  expect(checkManifestSignature(unsigned, key)).toEqual({ outcome: "unsigned" });
});

test("a signature survives writing, reading and a change of the notes", () => {
  const signed = decodeManifest(encodeManifest(needs, signManifest(manifest, key)));
  const noted = { ...signed, unprotected: { ...signed.unprotected, notes: "a\nb" } };
  expect(checkManifestSignature(decodeManifest(encodeManifest(needs, noted)), key)).toEqual({
    outcome: "valid",
  });
});

test("another key is named before anything is compared, signed or not", () => {
  const other = createEncryptionKey(new Uint8Array(32));
  const signed = signManifest(manifest, key);
  const wrongKey = { outcome: "wrong-key", fingerprint: key.fingerprint };
  expect(checkManifestSignature(signed, other)).toEqual(wrongKey);
  const { signature: _signature, ...unsigned } = signed;
  expect(checkManifestSignature(unsigned, other)).toEqual(wrongKey);
  expect(checkManifestSignature({ ...signed, unprotected: {} }, other)).toEqual({ outcome: "invalid" });
});

test("canonical text sorts by UTF-8 bytes and escapes only what must be", () => {
  // U+FF5A sorts behind U+1F600 by UTF-16 units, before it by bytes.
  expect(canonicalJson({ "\u{1F600}": 1, ｚ: 2, b: 3, B: 4, "": 5 })).toBe(
    '{"":5,"B":4,"b":3,"ｚ":2,"\u{1F600}":1}',
  );
  expect(canonicalJson(['"\\/\b\f\n\r\t\u0001\u001f\u007fü', true, -1])).toBe(
    '["\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u007fü",true,-1]',
  );
});

test.each([[null], [1.5], [{ a: [null] }], [2 ** 53], [Number.NaN], [undefined]])(
  "%j has no canonical text",
  (value) => {
    expect(() => canonicalJson(value)).toThrow("A manifest is corrupt");
  },
);

test.each([
  ["null", null, "not an object"],
  ["an array", [], "not an object"],
  ["no type", { ...json, "backup-type": undefined }, "missing"],
  ["no id", { ...json, "backup-id": 7 }, "missing"],
  ["a path as its id", { ...json, "backup-id": "../x" }, "backup id"],
  ["an unknown type", { ...json, "backup-type": "tape" }, "backup type"],
  ["a time before 1970", { ...json, "backup-time": 0 }, "backup time"],
  ["no files", { ...json, files: undefined }, "no list of files"],
  ["files as an object", { ...json, files: { 0: row } }, "no list of files"],
  [
    "too many files",
    { ...json, files: Array.from({ length: 10_001 }, () => row) },
    "10001 files, more than 10000",
  ],
  ["a file twice", { ...json, files: [row, row] }, "lists root.pxar.didx twice"],
  ["a file that is no object", { ...json, files: ["root.pxar.didx"] }, "not an object"],
  ["a file without a name", { ...json, files: [{ ...row, filename: undefined }] }, "no name"],
  ["a path as a name", { ...json, files: [{ ...row, filename: "../../etc/passwd.blob" }] }, "archive name"],
  ["a hidden name", { ...json, files: [{ ...row, filename: ".protected.blob" }] }, "archive name"],
  ["a name with a zero byte", { ...json, files: [{ ...row, filename: "a\0.blob" }] }, "archive name"],
  ["a negative size", { ...json, files: [{ ...row, size: -1 }] }, "no valid size"],
  ["a size that is no whole number", { ...json, files: [{ ...row, size: 1.5 }] }, "no valid size"],
  ["a size past 2^53", { ...json, files: [{ ...row, size: 2 ** 53 }] }, "no valid size"],
  ["a size as text", { ...json, files: [{ ...row, size: "5" }] }, "no valid size"],
  ["a short checksum", { ...json, files: [{ ...row, csum: "00" }] }, "no valid checksum"],
  ["an unknown crypt mode", { ...json, files: [{ ...row, "crypt-mode": "rot13" }] }, "unknown crypt mode"],
  ["an unprotected part that is a list", { ...json, unprotected: [] }, "unprotected is not an object"],
  ["a short signature", { ...json, signature: "ab" }, "64 hex digits"],
])("refuses %s", (_what, hostile, reason) => {
  expect(() => decodeManifest(blobOf(hostile))).toThrow("A manifest is corrupt");
  expect(() => decodeManifest(blobOf(hostile))).toThrow(reason);
});

test.each([
  ["a million brackets", "[".repeat(1_000_000), "nested deeper than 32"],
  ["a million braces", '{"a":'.repeat(1_000_000), "nested deeper than 32"],
  ["a million escapes without an end", `{"a":"${'\\"'.repeat(1_000_000)}`, "JSON"],
  ["a number as long as a book", `{"backup-time":${"9".repeat(1_000_000)}}`, "missing"],
  ["nothing", "", "JSON"],
])("%s ends in an error soon", (_what, text, reason) => {
  expect(() => decodeManifest(blobOfText(text))).toThrow(reason);
});

test("brackets in texts are not nesting", () => {
  const noted = { ...manifest, unprotected: { notes: '["\\{'.repeat(100) } };
  expect(decodeManifest(encodeManifest(needs, noted))).toEqual(noted);
});

test("bytes that are no UTF-8 are refused, not replaced", () => {
  const bytes = Buffer.from(JSON.stringify({ ...json, unprotected: { notes: "x" } }));
  bytes[bytes.indexOf('"x"') + 1] = 0xff;
  expect(() => decodeManifest(encodeBlob(needs, bytes))).toThrow("A manifest is corrupt");
});

test("a manifest cut short or altered at any byte is refused", () => {
  const blob = encodeManifest(needs, manifest);
  for (let at = 0; at < blob.length; at++) {
    expect(() => decodeManifest(blob.subarray(0, at))).toThrow(CodedError);
    const altered = Uint8Array.from(blob);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => decodeManifest(altered)).toThrow(CodedError);
  }
});

test("a manifest that unpacks to more than its bound is refused without unpacking it", () => {
  const bomb = encodeBlob(needs, Buffer.alloc(64 << 20, 0x20), { compressionLevel: 1 });
  expect(bomb.length).toBeLessThan(100_000);
  expect(() => decodeManifest(bomb)).toThrow("more than the 16777216 bytes");
});

test.each([
  ["a file twice", { files: [...manifest.files, ...manifest.files] }],
  ["notes that do not fit", { unprotected: { notes: "x".repeat(17 << 20) } }],
  ["a size that is no number", { files: manifest.files.map((file) => ({ ...file, sizeBytes: Number.NaN })) }],
])("is not written with %s: nobody could read it again", (_what, change) => {
  expect(() => encodeManifest(needs, { ...manifest, ...change })).toThrow("A manifest is corrupt");
});
