/** What we write is read by tools that are not ours, and what they write is read by us: python3, zstd, openssl, sha256sum, xxd. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createFakeClock, createSeededRandom, hexFromBytes } from "@ironcore-backup/base";
import { chunkDigest, generateEncryptionKey } from "../crypto/encryption-key.ts";
import { decodeKeyFile, encodeKeyFile } from "../crypto/key-file.ts";
import { unwrapKeyFile, wrapKeyFile } from "../crypto/master-key.ts";
import { decodeBlob, encodeBlob } from "./blob.ts";
import type { BlobKind, EncodeBlobOptions } from "./blob.ts";

const SCRIPT = join(import.meta.dirname, "foreign-blob.testing.py");
const needs = { random: createSeededRandom(21), clock: createFakeClock() };
const key = generateEncryptionKey(needs);
const keyWords = [hexFromBytes(key.encKey)];
/** Half text, half noise, of no round length. */
const raw = Buffer.concat([Buffer.from("a line of text\n".repeat(40_000)), needs.random.bytes(300_001)]);

function tool(command: string, words: readonly string[], input: Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, words, { input, maxBuffer: 1 << 26 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.toString()}`);
  return stdout;
}

const KINDS: readonly (readonly [BlobKind, EncodeBlobOptions])[] = [
  ["plain", {}],
  ["zstd", { compressionLevel: 3 }],
  ["encrypted", { key }],
  ["encrypted-zstd", { compressionLevel: 1, key }],
];

describe.each(KINDS)("a %s blob", (kind, options) => {
  const words = options.key === undefined ? [] : keyWords;

  test("of ours is decoded by python3, zstd and OpenSSL, and the digest is sha256sum's", () => {
    const blob = encodeBlob(needs, raw, options);
    const decoded = tool("python3", [SCRIPT, "decode", ...words], blob);
    expect(decoded.equals(raw)).toBe(true);
    const hashed = options.key === undefined ? decoded : Buffer.concat([decoded, key.idKey]);
    const digest = tool("sha256sum", [], hashed).toString().slice(0, 64);
    expect(digest).toBe(hexFromBytes(chunkDigest(raw, options.key)));
  });

  test("of theirs is decoded by us", () => {
    const iv = options.key === undefined ? [] : ["a5".repeat(16)];
    const blob = tool("python3", [SCRIPT, "encode", kind, ...words, ...iv], raw);
    const decoded = decodeBlob(blob, { key, rawSizeBytesMax: raw.length });
    expect(Buffer.from(decoded).equals(raw)).toBe(true);
  });

  test("begins with the magic that xxd shows", () => {
    const shown = tool("xxd", ["-p"], encodeBlob(needs, raw, options).subarray(0, 8))
      .toString()
      .trim();
    expect(shown).toBe(
      {
        plain: "42ab3807be8370a1",
        zstd: "31b958426fb6a37f",
        encrypted: "7b6785be222d4cf0",
        "encrypted-zstd": "e6591bbf0bbfd80b",
      }[kind],
    );
  });
});

test("a compressed blob's data is a file that zstd itself tests and unpacks", () => {
  const frame = encodeBlob(needs, raw, { compressionLevel: 19 }).subarray(12);
  tool("zstd", ["-q", "-t", "-"], frame);
  expect(tool("zstd", ["-q", "-d", "-c"], frame).equals(raw)).toBe(true);
});

test.each([["-1"], ["-19"], ["--fast=5"], ["--long=25"], ["--check"], ["--no-content-size"]])(
  "frames that zstd made with %s are read",
  (option) => {
    const frame = tool("zstd", ["-q", "-c", option], raw);
    const blob = encodeBlob(needs, frame);
    blob.set(Buffer.from("31b958426fb6a37f", "hex"));
    expect(Buffer.from(decodeBlob(blob, { rawSizeBytesMax: raw.length })).equals(raw)).toBe(true);
  },
);

const PYTHON_KEY_FILE = `
import base64, hashlib, json, sys
f = json.load(sys.stdin)
k = f["kdf"]["Scrypt"]
d = hashlib.scrypt(b"correct horse", salt=base64.b64decode(k["salt"]), n=k["n"], r=k["r"], p=k["p"], maxmem=2**28, dklen=32)
print(d.hex(), base64.b64decode(f["data"]).hex())
`;

test("a key file under a passphrase is opened by python3 and OpenSSL", () => {
  const text = encodeKeyFile(needs, key, { passphrase: "correct horse" });
  const shown = tool("python3", ["-c", PYTHON_KEY_FILE], Buffer.from(text));
  const [derived = "", sealed = ""] = shown.toString().trim().split(" ");
  // The sealed key has the layout of an encrypted blob behind its checksum: give it such a header.
  const blob = encodeBlob(needs, Buffer.from(sealed, "hex").subarray(32));
  const header = Buffer.concat([Buffer.from("7b6785be222d4cf0", "hex"), blob.subarray(8, 12)]);
  const whole = Buffer.concat([header, Buffer.from(sealed, "hex")]);
  expect(hexFromBytes(tool("python3", [SCRIPT, "decode", derived], whole))).toBe(hexFromBytes(key.encKey));
});

describe("a master key of OpenSSL's", () => {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-master-key-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const privatePath = join(directory, "private.pem");
  const publicPath = join(directory, "public.pem");
  tool("openssl", ["genrsa", "-out", privatePath, "3072"], Buffer.alloc(0));
  tool("openssl", ["rsa", "-in", privatePath, "-pubout", "-out", publicPath], Buffer.alloc(0));
  const padding = ["-pkeyopt", "rsa_padding_mode:pkcs1"];

  test("unwraps what we wrapped", () => {
    const wrapped = wrapKeyFile(needs, key, readFileSync(publicPath, "utf8")).subarray(12);
    const text = tool("openssl", ["pkeyutl", "-decrypt", "-inkey", privatePath, ...padding], wrapped);
    expect(decodeKeyFile(text.toString()).fingerprint).toBe(key.fingerprint);
  });

  test("wraps what we unwrap", () => {
    const text = JSON.stringify(JSON.parse(encodeKeyFile(needs, key)));
    const wrapped = tool(
      "openssl",
      ["pkeyutl", "-encrypt", "-pubin", "-inkey", publicPath, ...padding],
      Buffer.from(text),
    );
    const file = unwrapKeyFile(encodeBlob(needs, wrapped), readFileSync(privatePath, "utf8"));
    expect(file.fingerprint).toBe(key.fingerprint);
  });

  test("in an old encrypted PEM needs its passphrase", () => {
    const sealedPath = join(directory, "sealed.pem");
    tool(
      "openssl",
      ["rsa", "-in", privatePath, "-traditional", "-aes256", "-passout", "pass:sesame", "-out", sealedPath],
      Buffer.alloc(0),
    );
    const blob = wrapKeyFile(needs, key, readFileSync(publicPath, "utf8"));
    const sealed = readFileSync(sealedPath, "utf8");
    expect(sealed).toContain("BEGIN RSA PRIVATE KEY");
    expect(() => unwrapKeyFile(blob, sealed)).toThrow("none was given");
    expect(() => unwrapKeyFile(blob, sealed, { passphrase: "barley" })).toThrow("does not open");
    expect(unwrapKeyFile(blob, sealed, { passphrase: "sesame" }).fingerprint).toBe(key.fingerprint);
  });
});
