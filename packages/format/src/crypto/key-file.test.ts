import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { generateEncryptionKey } from "./encryption-key.ts";
import { decodeKeyFile, encodeKeyFile } from "./key-file.ts";
import { unwrapKeyFile, wrapKeyFile } from "./master-key.ts";

const needs = { random: createSeededRandom(5), clock: createFakeClock() };
const key = generateEncryptionKey(needs);
const altered = (text: string, change: object): string => JSON.stringify({ ...JSON.parse(text), ...change });

test("an open key file reads back, and says it is open", () => {
  const file = decodeKeyFile(encodeKeyFile(needs, key, { hint: "blue" }));
  expect(file).toMatchObject({ isProtected: false, hint: "blue" });
  expect(file.key.fingerprint).toBe(key.fingerprint);
});

test("a protected one opens with its passphrase only", () => {
  const text = encodeKeyFile(needs, key, { passphrase: "correct horse" });
  expect(text).not.toContain(Buffer.from(key.encKey).toString("base64"));
  expect(decodeKeyFile(text, { passphrase: "correct horse" }).key.fingerprint).toBe(key.fingerprint);
  expect(() => decodeKeyFile(text, { passphrase: "battery staple" })).toThrow("does not open");
  expect(() => decodeKeyFile(text)).toThrow("none was given");
  expect(() => encodeKeyFile(needs, key, { passphrase: "1234" })).toThrow("shorter than 5");
});

test.each([
  ["not JSON", "{", "not JSON"],
  ["no object", "[]", "not a JSON object"],
  ["a short key", altered(encodeKeyFile(needs, key), { data: "AAAA" }), "3 bytes"],
  ["another key's fingerprint", altered(encodeKeyFile(needs, key), { fingerprint: "00" }), "fingerprint"],
  ["no base64", altered(encodeKeyFile(needs, key), { data: "%" }), "not base64"],
  [
    "an unknown derivation",
    altered(encodeKeyFile(needs, key, { passphrase: "12345" }), { kdf: { X: {} } }),
    "not known",
  ],
  [
    "a derivation that would eat the memory",
    altered(encodeKeyFile(needs, key, { passphrase: "12345" }), {
      kdf: { Scrypt: { n: 2 ** 30, r: 8, p: 1, salt: "AAAA" } },
    }),
    "too much memory",
  ],
])("refuses %s", (_what, text, reason) => {
  expect(() => decodeKeyFile(text, { passphrase: "12345" })).toThrow(reason);
});

test("a lost key comes back with the master key", () => {
  const pem = { type: "spki", format: "pem" } as const;
  const master = generateKeyPairSync("rsa", {
    modulusLength: 4096,
    publicKeyEncoding: pem,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const blob = wrapKeyFile(needs, key, master.publicKey);
  expect(unwrapKeyFile(blob, master.privateKey).key.fingerprint).toBe(key.fingerprint);
  expect(() => unwrapKeyFile(blob, "no pem")).toThrow("master key cannot be used");
});
