import { pbkdf2Sync, scryptSync } from "node:crypto";
import { expect, test } from "vitest";
import { CodedError, createFakeClock, createSeededRandom, instantFromMs } from "@ironcore-backup/base";
import { generateEncryptionKey } from "./encryption-key.ts";
import { decodeKeyFile, deriveKey, describeKeyFile, encodeKeyFile } from "./key-file.ts";

const needs = { random: createSeededRandom(5), clock: createFakeClock() };
const key = generateEncryptionKey(needs);
const open = encodeKeyFile(needs, key);
const sealed = encodeKeyFile(needs, key, { passphrase: "correct horse" });
const altered = (text: string, change: object): string => JSON.stringify({ ...JSON.parse(text), ...change });
const withKdf = (kdf: unknown): string => altered(sealed, { kdf });
const salt = Buffer.alloc(32).toString("base64");

function codeOf(text: string, passphrase?: string): string {
  try {
    decodeKeyFile(text, passphrase === undefined ? {} : { passphrase });
    return "none";
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

test("an open key file reads back with what was said about it", () => {
  const createdAt = instantFromMs(1_600_000_000_000);
  const file = decodeKeyFile(encodeKeyFile(needs, key, { hint: "blue", createdAt }));
  expect(file).toMatchObject({ protection: "none", hint: "blue", createdAt, modifiedAt: needs.clock.now() });
  expect(file.key.fingerprint).toBe(key.fingerprint);
  expect(Buffer.from(file.key.encKey).equals(key.encKey)).toBe(true);
});

test("times are written in whole seconds with an offset, the only form that other clients read", () => {
  const { created, modified } = JSON.parse(open) as Record<string, string>;
  expect([created, modified]).toEqual(["2023-11-14T22:13:20+00:00", "2023-11-14T22:13:20+00:00"]);
});

test.each(["scrypt", "pbkdf2"] as const)("a key under %s opens with its passphrase only", (derivation) => {
  const text = encodeKeyFile(needs, key, { passphrase: "käse 🧀", derivation });
  expect(text).not.toContain(Buffer.from(key.encKey).toString("base64"));
  expect(describeKeyFile(text)).toMatchObject({ protection: derivation, fingerprint: key.fingerprint });
  expect(decodeKeyFile(text, { passphrase: "käse 🧀" }).key.fingerprint).toBe(key.fingerprint);
  expect(codeOf(text, "kase 🧀")).toBe("KEY_PASSPHRASE_WRONG");
  expect(codeOf(text, "")).toBe("KEY_PASSPHRASE_WRONG");
  expect(codeOf(text)).toBe("KEY_PASSPHRASE_REQUIRED");
});

test("a passphrase of less than five characters is refused, however many bytes they take", () => {
  expect(() => encodeKeyFile(needs, key, { passphrase: "🧀🧀🧀🧀" })).toThrow("shorter than 5 characters");
});

test("derivations are those of OpenSSL, and the scrypt one is that of the format page", () => {
  const cost = { n: 65_536, r: 8, p: 1 };
  const derived = deriveKey("test", { kind: "scrypt", ...cost, salt: new Uint8Array(0) });
  expect(Buffer.from(derived).toString("hex")).toBe(
    "28cdb1a3bef39396c3860e00d448fe7a0efd8244486ab6feb30457681d31597e",
  );
  const few = deriveKey("a", { kind: "scrypt", n: 16, r: 1, p: 2, salt: Buffer.from("s") });
  expect(Buffer.from(few)).toEqual(scryptSync("a", "s", 32, { N: 16, r: 1, p: 2 }));
  const pbkdf2 = deriveKey("a", { kind: "pbkdf2", iterations: 3, salt: Buffer.from("s") });
  expect(Buffer.from(pbkdf2)).toEqual(pbkdf2Sync("a", "s", 3, 32, "sha256"));
});

test.each([
  ["not JSON", "{", "no JSON"],
  ["an array", "[]", "must be an object"],
  ["null", "null", "must be an object"],
  ["a megabyte of blanks", " ".repeat(1 << 20), "longer than 65536"],
  ["a short key", altered(open, { data: "AAAA" }), "3 bytes instead of 32"],
  ["a sealed key without its derivation", altered(sealed, { kdf: null }), "64 bytes instead of 32"],
  ["an open key with a derivation", altered(open, { kdf: JSON.parse(sealed).kdf }), "32 bytes instead of 64"],
  ["no data", altered(open, { data: undefined }), "data is missing"],
  ["no base64", altered(open, { data: "%" }), "no base64"],
  ["base64 with a line break", altered(open, { data: `${JSON.parse(open).data}\n` }), "no base64"],
  [
    "base64 without its padding",
    altered(open, { data: JSON.parse(open).data.replace("=", "") }),
    "no base64",
  ],
  ["another key's fingerprint", altered(open, { fingerprint: "00:".repeat(31) + "00" }), "but holds"],
  ["half a fingerprint", altered(open, { fingerprint: "00:11" }), "not 32 hex pairs"],
  ["a time that is none", altered(open, { created: "yesterday" }), "created is no time"],
  ["an unknown derivation", withKdf({ Argon2: { salt } }), '"Argon2" is unknown'],
  ["two derivations", withKdf({ Scrypt: {}, PBKDF2: {} }), "one way"],
  ["no derivation", withKdf({}), "one way"],
  ["a derivation without parameters", withKdf({ Scrypt: null }), "parameters must be an object"],
  [
    "scrypt for more memory than there is",
    withKdf({ Scrypt: { n: 2 ** 30, r: 8, p: 1, salt } }),
    "n must be",
  ],
  ["scrypt with a huge r", withKdf({ Scrypt: { n: 2, r: 2 ** 30, p: 1, salt } }), "r must be"],
  ["scrypt for years", withKdf({ Scrypt: { n: 2, r: 8, p: 1e9, salt } }), "p must be"],
  ["scrypt with an odd n", withKdf({ Scrypt: { n: 65_535, r: 8, p: 1, salt } }), "no power of two"],
  ["scrypt with n as text", withKdf({ Scrypt: { n: "65536", r: 8, p: 1, salt } }), "n must be"],
  ["PBKDF2 for years", withKdf({ PBKDF2: { iter: 1e12, salt } }), "iter must be"],
  ["PBKDF2 without rounds", withKdf({ PBKDF2: { iter: 0, salt } }), "iter must be"],
])("refuses %s before it asks for a passphrase", (_what, text, reason) => {
  expect(codeOf(text)).toBe("KEY_FILE_INVALID");
  expect(() => decodeKeyFile(text)).toThrow(reason);
});

test("an error never shows the file's text, which may be the key", () => {
  const broken = open.slice(0, -10);
  try {
    decodeKeyFile(broken);
    expect.unreachable();
  } catch (error) {
    const shown = `${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`;
    expect(shown).not.toContain(JSON.parse(open).data.slice(0, 8));
    expect((error as Error).cause).toBeUndefined();
  }
});

test("a key file cut short anywhere is refused by a coded error", () => {
  for (let length = 0; length < open.trimEnd().length; length++) {
    expect(codeOf(open.slice(0, length))).toBe("KEY_FILE_INVALID");
  }
});
