import { scryptSync } from "node:crypto";
import { expect, test } from "vitest";
import { CodedError, createSeededRandom } from "@ironcore-backup/base";
import type { ArchiveName, BackupId } from "@ironcore-backup/base";
import { encodeBlob } from "../blob/blob.ts";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import { checkManifestSignature, decodeManifest, encodeManifest, signManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";

const needs = { random: createSeededRandom(1) };
const blobOf = (json: unknown): Uint8Array => encodeBlob(needs, Buffer.from(JSON.stringify(json)));
const row = { filename: "root.pxar.didx", "crypt-mode": "none", size: 5, csum: "00".repeat(32) };
const json = {
  "backup-type": "host",
  "backup-id": "elsa",
  "backup-time": 1_593_179_765,
  files: [row],
  unprotected: {},
};

test("the signature is that of the format page", () => {
  const key = createEncryptionKey(scryptSync("test", "", 32, { N: 65_536, r: 8, p: 1, maxmem: 2 ** 28 }));
  const manifest: Manifest = {
    backupType: "host",
    backupId: "elsa" as BackupId,
    backupTime: 1_593_179_765,
    files: [
      {
        name: "test1.img.fidx" as ArchiveName,
        cryptMode: "encrypt",
        sizeBytes: 200,
        checksum: "01".repeat(32),
      },
      { name: "abc.blob" as ArchiveName, cryptMode: "none", sizeBytes: 200, checksum: "02".repeat(32) },
    ],
    unprotected: { notes: "not signed" },
  };
  const signed = signManifest(manifest, key);
  expect(signed.signature).toBe("d7b446fb7db081662081d4b40fedd858a1d6307a5aff4ecff7d5bf4fd35679e9");
  expect(checkManifestSignature(signed, key)).toEqual({ outcome: "valid" });
  const forged = { ...signed, files: signed.files.slice(0, 1) };
  expect(checkManifestSignature(forged, key)).toEqual({ outcome: "invalid" });
  const other = createEncryptionKey(new Uint8Array(32));
  expect(checkManifestSignature(signed, other)).toMatchObject({ outcome: "wrong-key" });
  expect(checkManifestSignature(manifest, other)).toEqual({ outcome: "unsigned" });
});

test("keeps what it does not know, everywhere", () => {
  const strange = {
    ...json,
    extra: [1, { a: "ü" }],
    files: [{ ...row, hint: "x" }],
    unprotected: { verify_state: { upid: "u", state: "ok" }, z: 1 },
  };
  const manifest = decodeManifest(blobOf(strange));
  expect(decodeManifest(encodeManifest(needs, manifest))).toEqual(manifest);
  expect(manifest.unknown).toEqual({ extra: [1, { a: "ü" }] });
  expect(manifest.files[0]?.unknown).toEqual({ hint: "x" });
});

test.each([
  ["null", null],
  ["an array", []],
  ["no files", { ...json, files: undefined }],
  ["a file twice", { ...json, files: [row, row] }],
  ["a path as a name", { ...json, files: [{ ...row, filename: "../../etc/passwd.blob" }] }],
  ["a negative size", { ...json, files: [{ ...row, size: -1 }] }],
  ["a size that is no whole number", { ...json, files: [{ ...row, size: 1.5 }] }],
  ["a short checksum", { ...json, files: [{ ...row, csum: "00" }] }],
  ["an unknown crypt mode", { ...json, files: [{ ...row, "crypt-mode": "rot13" }] }],
  ["an unknown type", { ...json, "backup-type": "tape" }],
  ["a time before 1970", { ...json, "backup-time": 0 }],
  ["a short signature", { ...json, signature: "ab" }],
])("refuses %s", (_what, hostile) => {
  expect(() => decodeManifest(blobOf(hostile))).toThrow(/^A manifest is corrupt/);
});

test("a truncated or altered manifest is refused at every byte", () => {
  const blob = encodeManifest(needs, decodeManifest(blobOf(json)));
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
