/**
 * The file that holds an encryption key on the client's side, in JSON. Facts: docs/format.md, key files.
 *
 * Without a passphrase the file holds the key itself. With one, scrypt or PBKDF2 turns the passphrase and a salt into a
 * second key that encrypts the first. Every number of a file is bounded before it is used: a key file may come from
 * anywhere, and a derivation can be made to take all memory or years.
 */

import { createCipheriv, createDecipheriv, pbkdf2Sync, scryptSync } from "node:crypto";
import { instantFromMs } from "@ironcore-backup/base";
import type { Clock, Instant, Random } from "@ironcore-backup/base";
import { formatErrors } from "../errors.ts";
import { createEncryptionKey, ENCRYPTION_KEY_SIZE_BYTES } from "./encryption-key.ts";
import type { EncryptionKey } from "./encryption-key.ts";

export const KEY_FILE_SIZE_BYTES_MAX = 64 * 1024;
export const PASSPHRASE_LENGTH_MIN = 5;

const IV_SIZE_BYTES = 16;
const TAG_SIZE_BYTES = 16;
const WRAPPED_KEY_SIZE_BYTES = IV_SIZE_BYTES + TAG_SIZE_BYTES + ENCRYPTION_KEY_SIZE_BYTES;
const SALT_SIZE_BYTES = 32;
const SALT_SIZE_BYTES_MAX = 1024;
const SCRYPT_COST = { n: 65_536, r: 8, p: 1 };
/** Eight times what the cost above takes. */
const SCRYPT_MEMORY_BYTES_MAX = 512 * 1024 * 1024;
const SCRYPT_PARALLELISM_MAX = 16;
const PBKDF2_ITERATIONS = 65_535;
const PBKDF2_ITERATIONS_MAX = 10_000_000;

/** How a passphrase becomes a key. */
export type KeyDerivation =
  | {
      readonly kind: "scrypt";
      readonly n: number;
      readonly r: number;
      readonly p: number;
      readonly salt: Uint8Array;
    }
  | { readonly kind: "pbkdf2"; readonly iterations: number; readonly salt: Uint8Array };

/** What a key file says before it is opened. */
export interface KeyFileDescription {
  readonly protection: "none" | KeyDerivation["kind"];
  readonly createdAt: Instant;
  readonly modifiedAt: Instant;
  /** As the file claims; proven only by opening it. */
  readonly fingerprint: string | undefined;
  /** What its owner wrote to remember the passphrase by. */
  readonly hint: string | undefined;
}

export interface KeyFile extends KeyFileDescription {
  readonly key: EncryptionKey;
  readonly fingerprint: string;
}

export interface KeyFileOptions {
  /** At least 5 characters. Absent: the file holds the bare key and must be guarded like it. */
  readonly passphrase?: string;
  readonly derivation?: KeyDerivation["kind"];
  /** Kept when a passphrase is changed. Absent: now. */
  readonly createdAt?: Instant;
  readonly hint?: string;
}

/** The text of a key file; write it with mode 0600. @throws KEY_PASSPHRASE_TOO_SHORT */
export function encodeKeyFile(
  needs: { readonly clock: Clock; readonly random: Random },
  key: EncryptionKey,
  options: KeyFileOptions = {},
): string {
  const modifiedAt = needs.clock.now();
  const { kdf, data } = protectKey(needs, key, options);
  const file = {
    kdf,
    created: formatFileTime(options.createdAt ?? modifiedAt),
    modified: formatFileTime(modifiedAt),
    data: Buffer.from(data).toString("base64"),
    fingerprint: key.fingerprint,
    ...(options.hint === undefined ? {} : { hint: options.hint }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function protectKey(
  needs: { readonly random: Random },
  key: EncryptionKey,
  options: KeyFileOptions,
): { readonly kdf: unknown; readonly data: Uint8Array } {
  const { passphrase } = options;
  if (passphrase === undefined) return { kdf: null, data: key.encKey };
  if (Array.from(passphrase).length < PASSPHRASE_LENGTH_MIN) {
    throw formatErrors.KEY_PASSPHRASE_TOO_SHORT({ lengthMin: PASSPHRASE_LENGTH_MIN });
  }
  const salt = needs.random.bytes(SALT_SIZE_BYTES);
  const saltText = Buffer.from(salt).toString("base64");
  const derivation: KeyDerivation =
    options.derivation === "pbkdf2"
      ? { kind: "pbkdf2", iterations: PBKDF2_ITERATIONS, salt }
      : { kind: "scrypt", ...SCRYPT_COST, salt };
  const kdf =
    derivation.kind === "pbkdf2"
      ? { PBKDF2: { iter: PBKDF2_ITERATIONS, salt: saltText } }
      : { Scrypt: { ...SCRYPT_COST, salt: saltText } };
  return { kdf, data: wrapKeyBytes(needs, key.encKey, deriveKey(passphrase, derivation)) };
}

function wrapKeyBytes(
  needs: { readonly random: Random },
  encKey: Uint8Array,
  derived: Uint8Array,
): Uint8Array {
  const iv = needs.random.bytes(IV_SIZE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", derived, iv);
  const ciphertext = Buffer.concat([cipher.update(encKey), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
}

/** 32 bytes. Takes some 0.2 s with the cost that we and others write; that is its purpose. */
export function deriveKey(passphrase: string, derivation: KeyDerivation): Uint8Array {
  const { salt } = derivation;
  if (derivation.kind === "pbkdf2") {
    return pbkdf2Sync(passphrase, salt, derivation.iterations, ENCRYPTION_KEY_SIZE_BYTES, "sha256");
  }
  const { n, r, p } = derivation;
  // Node's own limit of 32 MiB is half of what the usual cost takes.
  return scryptSync(passphrase, salt, ENCRYPTION_KEY_SIZE_BYTES, {
    N: n,
    r,
    p,
    maxmem: 2 * SCRYPT_MEMORY_BYTES_MAX,
  });
}

interface ParsedKeyFile {
  readonly description: KeyFileDescription;
  readonly derivation: KeyDerivation | undefined;
  readonly data: Uint8Array;
}

/** What can be said without a passphrase. @throws KEY_FILE_INVALID */
export function describeKeyFile(text: string): KeyFileDescription {
  return parseKeyFile(text).description;
}

/** @throws KEY_FILE_INVALID, KEY_PASSPHRASE_REQUIRED, KEY_PASSPHRASE_WRONG */
export function decodeKeyFile(text: string, options: { readonly passphrase?: string } = {}): KeyFile {
  const { description, derivation, data } = parseKeyFile(text);
  const key = createEncryptionKey(
    derivation === undefined ? data : openKey(data, derivation, options.passphrase),
  );
  if (description.fingerprint !== undefined && description.fingerprint !== key.fingerprint) {
    throw invalid(`it says its key is ${description.fingerprint}, but holds ${key.fingerprint}`);
  }
  return { ...description, key, fingerprint: key.fingerprint };
}

function openKey(data: Uint8Array, derivation: KeyDerivation, passphrase: string | undefined): Uint8Array {
  if (passphrase === undefined) throw formatErrors.KEY_PASSPHRASE_REQUIRED({});
  const iv = data.subarray(0, IV_SIZE_BYTES);
  const tag = data.subarray(IV_SIZE_BYTES, IV_SIZE_BYTES + TAG_SIZE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", deriveKey(passphrase, derivation), iv, {
    authTagLength: TAG_SIZE_BYTES,
  });
  decipher.setAuthTag(tag);
  const encKey = decipher.update(data.subarray(IV_SIZE_BYTES + TAG_SIZE_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw formatErrors.KEY_PASSPHRASE_WRONG({}, cause);
  }
  return encKey;
}

function parseKeyFile(text: string): ParsedKeyFile {
  if (text.length > KEY_FILE_SIZE_BYTES_MAX)
    throw invalid(`it is longer than ${KEY_FILE_SIZE_BYTES_MAX} bytes`);
  const file = asRecord(parseJson(text), "it");
  const derivation = parseDerivation(file["kdf"]);
  const data = parseBase64(file["data"], "data");
  const sizeBytes = derivation === undefined ? ENCRYPTION_KEY_SIZE_BYTES : WRAPPED_KEY_SIZE_BYTES;
  if (data.length !== sizeBytes) throw invalid(`its data has ${data.length} bytes instead of ${sizeBytes}`);
  return {
    description: {
      protection: derivation?.kind ?? "none",
      createdAt: parseFileTime(file["created"], "created"),
      modifiedAt: parseFileTime(file["modified"], "modified"),
      fingerprint: parseFingerprint(file["fingerprint"]),
      hint: parseHint(file["hint"]),
    },
    derivation,
    data,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a secret.
    throw invalid("it is no JSON");
  }
}

function parseDerivation(value: unknown): KeyDerivation | undefined {
  if (value === null || value === undefined) return undefined;
  const kdf = asRecord(value, "its kdf");
  const [name, ...others] = Object.keys(kdf);
  if (name === undefined || others.length > 0) throw invalid("its kdf must name one way of derivation");
  const parameters = asRecord(kdf[name], "its kdf's parameters");
  const salt = parseBase64(parameters["salt"], "salt");
  if (salt.length > SALT_SIZE_BYTES_MAX) throw invalid(`its salt has ${salt.length} bytes, too many`);
  if (name === "PBKDF2") {
    return {
      kind: "pbkdf2",
      iterations: parseCount(parameters["iter"], "iter", PBKDF2_ITERATIONS_MAX),
      salt,
    };
  }
  if (name !== "Scrypt") throw invalid(`its kdf ${JSON.stringify(name.slice(0, 40))} is unknown`);
  const r = parseCount(parameters["r"], "r", SCRYPT_MEMORY_BYTES_MAX / 128);
  const n = parseCount(parameters["n"], "n", SCRYPT_MEMORY_BYTES_MAX / 128 / r);
  const p = parseCount(parameters["p"], "p", SCRYPT_PARALLELISM_MAX);
  if (n < 2 || !Number.isInteger(Math.log2(n))) throw invalid(`its n ${n} is no power of two`);
  return { kind: "scrypt", n, r, p, salt };
}

function parseCount(value: unknown, name: string, countMax: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > countMax) {
    throw invalid(`its ${name} must be a whole number from 1 to ${Math.floor(countMax)}`);
  }
  return value;
}

function parseBase64(value: unknown, name: string): Uint8Array {
  if (typeof value !== "string") throw invalid(`its ${name} is missing`);
  const bytes = Buffer.from(value, "base64");
  // Buffer skips what it does not understand, so only text that it would write itself is taken.
  if (bytes.toString("base64") !== value) throw invalid(`its ${name} is no base64`);
  return bytes;
}

function parseFingerprint(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "string" || !/^[0-9a-f]{2}(:[0-9a-f]{2}){31}$/i.test(value)) {
    throw invalid("its fingerprint is not 32 hex pairs");
  }
  return value.toLowerCase();
}

function parseHint(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "string") throw invalid("its hint is no text");
  return value;
}

function parseFileTime(value: unknown, name: string): Instant {
  const isTime =
    typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(value);
  const ms = isTime ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid(`its ${name} is no time`);
  return instantFromMs(ms);
}

/** Whole seconds with a numeric offset, as the field writes it. */
export function formatFileTime(instant: Instant): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "+00:00");
}

function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`${what} must be an object`);
  }
  // Checked above; the values stay unknown.
  return value as Record<string, unknown>;
}

function invalid(detail: string): Error {
  return formatErrors.KEY_FILE_INVALID({ detail });
}
