import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { decodeBlob, encodeBlob, parseBlobHeader } from "../blob/blob.ts";
import { generateEncryptionKey } from "./encryption-key.ts";
import { unwrapKeyFile, wrapKeyFile } from "./master-key.ts";

const needs = { random: createSeededRandom(6), clock: createFakeClock() };
const key = generateEncryptionKey(needs);

function aMasterKey(modulusLength: number, passphrase?: string) {
  const sealed = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return generateKeyPairSync("rsa", {
    modulusLength,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", ...sealed },
  });
}

const master = aMasterKey(2048, "open sesame");
const blob = wrapKeyFile(needs, key, master.publicKey);

test("a lost key comes back with the master key, from a plain blob as long as the modulus", () => {
  expect(parseBlobHeader(blob).kind).toBe("plain");
  expect(decodeBlob(blob, { rawSizeBytesMax: 1024 })).toHaveLength(256);
  const file = unwrapKeyFile(blob, master.privateKey, { passphrase: "open sesame" });
  expect(file).toMatchObject({
    protection: "none",
    fingerprint: key.fingerprint,
    createdAt: needs.clock.now(),
  });
});

test("a master key of 3072 bits has room for the fingerprint too", () => {
  const larger = aMasterKey(3072);
  const file = unwrapKeyFile(wrapKeyFile(needs, key, larger.publicKey), larger.privateKey);
  expect(Buffer.from(file.key.encKey).equals(key.encKey)).toBe(true);
});

test("another master key, a missing and a wrong passphrase are told apart", () => {
  const code = (pem: string, options = {}): unknown => {
    try {
      return unwrapKeyFile(blob, pem, options);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  expect(code(aMasterKey(2048).privateKey)).toBe("MASTER_KEY_INVALID");
  expect(code(aMasterKey(3072).privateKey)).toBe("MASTER_KEY_INVALID");
  expect(code(master.privateKey)).toBe("KEY_PASSPHRASE_REQUIRED");
  expect(code(master.privateKey, { passphrase: "open barley" })).toBe("KEY_PASSPHRASE_WRONG");
  expect(code("no pem")).toBe("MASTER_KEY_INVALID");
  expect(code(master.publicKey)).toBe("MASTER_KEY_INVALID");
});

test("a wrapped key with any byte altered is refused", () => {
  const options = { passphrase: "open sesame" };
  const wrapped = decodeBlob(blob, { rawSizeBytesMax: 1024 });
  for (let at = 0; at < wrapped.length; at += 51) {
    const altered = Uint8Array.from(wrapped);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => unwrapKeyFile(encodeBlob(needs, altered), master.privateKey, options)).toThrow("master key");
  }
});

test.each([
  ["an elliptic curve", generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" })],
  ["1024 bits", aMasterKey(1024).publicKey],
  ["no PEM at all", "ssh-rsa AAAA"],
])("refuses to wrap for %s", (_what, pem) => {
  expect(() => wrapKeyFile(needs, key, String(pem))).toThrow("2048 bits or more");
});
