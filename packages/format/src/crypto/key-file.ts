/** The client's key as a JSON file, open or under a passphrase. Facts: docs/format.md, key file. */

import { createCipheriv, createDecipheriv, pbkdf2Sync, scryptSync } from "node:crypto";
import { formatInstant } from "@ironcore-backup/base";
import type { Clock, Instant, Random } from "@ironcore-backup/base";
import { formatErrors } from "../errors.ts";
import { createEncryptionKey, ENCRYPTION_KEY_SIZE_BYTES } from "./encryption-key.ts";
import type { EncryptionKey } from "./encryption-key.ts";

export const PASSPHRASE_LENGTH_MIN = 5;
const KEY_FILE_LENGTH_MAX = 65_536;
const SALT_SIZE_BYTES = 32;
const IV_SIZE_BYTES = 16;
const TAG_SIZE_BYTES = 16;
const SCRYPT = { n: 65_536, r: 8, p: 1 } as const;
/** scrypt needs 128*n*r bytes; a hostile file must not ask for more than 1 GiB. */
const SCRYPT_MEMORY_BYTES_MAX = 1024 * 1024 * 1024;
const PBKDF2_ITERATIONS_MAX = 10_000_000;

export interface KeyFile {
  readonly key: EncryptionKey;
  readonly isProtected: boolean;
  readonly created: string;
  readonly modified: string;
  readonly hint?: string;
}

export interface KeyFileOptions {
  /** Absent: the key lies open in the file. */
  readonly passphrase?: string;
  readonly hint?: string;
  /** Kept when a passphrase is changed. */
  readonly createdAt?: Instant;
}

/** The file's text. Write it with mode 0600. @throws KEY_PASSPHRASE_TOO_SHORT */
export function encodeKeyFile(
  needs: { readonly random: Random; readonly clock: Clock },
  key: EncryptionKey,
  options: KeyFileOptions = {},
): string {
  const now = needs.clock.now();
  const sealed =
    options.passphrase === undefined
      ? { kdf: null, data: Buffer.from(key.encKey).toString("base64") }
      : seal(needs, key, options.passphrase);
  const file = {
    kdf: sealed.kdf,
    created: formatInstant(options.createdAt ?? now),
    modified: formatInstant(now),
    data: sealed.data,
    fingerprint: key.fingerprint,
    ...(options.hint === undefined ? {} : { hint: options.hint }),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function seal(needs: { readonly random: Random }, key: EncryptionKey, passphrase: string) {
  if (passphrase.length < PASSPHRASE_LENGTH_MIN) {
    throw formatErrors.KEY_PASSPHRASE_TOO_SHORT({ lengthMin: PASSPHRASE_LENGTH_MIN });
  }
  const salt = needs.random.bytes(SALT_SIZE_BYTES);
  const iv = needs.random.bytes(IV_SIZE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", deriveByScrypt(passphrase, salt, SCRYPT), iv);
  const ciphertext = Buffer.concat([cipher.update(key.encKey), cipher.final()]);
  const data = Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString("base64");
  return { kdf: { Scrypt: { ...SCRYPT, salt: Buffer.from(salt).toString("base64") } }, data };
}

function deriveByScrypt(
  passphrase: string,
  salt: Uint8Array,
  cost: { n: number; r: number; p: number },
): Buffer {
  const { n, r, p } = cost;
  const maxmem = 128 * n * r + 32 * 1024 * 1024;
  return scryptSync(passphrase, salt, ENCRYPTION_KEY_SIZE_BYTES, { N: n, r, p, maxmem });
}

/**
 * @throws KEY_FILE_INVALID with the reason, KEY_PASSPHRASE_REQUIRED, KEY_PASSPHRASE_WRONG
 */
export function decodeKeyFile(text: string, options: { readonly passphrase?: string } = {}): KeyFile {
  const file = readKeyFile(text);
  const data = readBase64(file["data"], "data");
  const { kdf, created, modified, hint, fingerprint } = file;
  const isProtected = kdf !== null && kdf !== undefined;
  const key = createEncryptionKey(isProtected ? unseal(kdf, data, options.passphrase) : readOpenKey(data));
  if (fingerprint !== undefined && fingerprint !== null && fingerprint !== key.fingerprint) {
    throw invalid("its fingerprint does not fit its key");
  }
  return {
    key,
    isProtected,
    created: typeof created === "string" ? created : "",
    modified: typeof modified === "string" ? modified : "",
    ...(typeof hint === "string" ? { hint } : {}),
  };
}

function readKeyFile(text: string): Record<string, unknown> {
  if (text.length > KEY_FILE_LENGTH_MAX) throw invalid("it is too long");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw formatErrors.KEY_FILE_INVALID({ detail: "it is not JSON" }, cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalid("it is not a JSON object");
  return { ...json };
}

function readOpenKey(data: Buffer): Buffer {
  if (data.length !== ENCRYPTION_KEY_SIZE_BYTES) throw invalid(`its key has ${data.length} bytes, not 32`);
  return data;
}

function unseal(kdf: unknown, data: Buffer, passphrase: string | undefined): Buffer {
  if (data.length !== IV_SIZE_BYTES + TAG_SIZE_BYTES + ENCRYPTION_KEY_SIZE_BYTES) {
    throw invalid(`its sealed key has ${data.length} bytes, not 64`);
  }
  const derive = readKdf(kdf);
  if (passphrase === undefined) throw formatErrors.KEY_PASSPHRASE_REQUIRED({});
  const decipher = createDecipheriv("aes-256-gcm", derive(passphrase), data.subarray(0, IV_SIZE_BYTES), {
    authTagLength: TAG_SIZE_BYTES,
  });
  decipher.setAuthTag(data.subarray(IV_SIZE_BYTES, IV_SIZE_BYTES + TAG_SIZE_BYTES));
  try {
    return Buffer.concat([decipher.update(data.subarray(IV_SIZE_BYTES + TAG_SIZE_BYTES)), decipher.final()]);
  } catch (cause) {
    throw formatErrors.KEY_PASSPHRASE_WRONG({}, cause);
  }
}

/** Checks the parameters before a passphrase is asked for, so that a hostile file costs nothing. */
function readKdf(kdf: unknown): (passphrase: string) => Buffer {
  const { Scrypt: scrypt, PBKDF2: pbkdf2 } =
    typeof kdf === "object" && kdf !== null ? (kdf as Record<string, unknown>) : {};
  if (typeof scrypt === "object" && scrypt !== null) {
    const { n, r, p, salt } = scrypt as Record<string, unknown>;
    const cost = { n: readCount(n, "n"), r: readCount(r, "r"), p: readCount(p, "p") };
    if (128 * cost.n * cost.r * cost.p > SCRYPT_MEMORY_BYTES_MAX)
      throw invalid("its scrypt parameters ask for too much memory");
    if (!Number.isInteger(Math.log2(cost.n)) || cost.n < 2) throw invalid("its scrypt n is no power of two");
    const saltBytes = readBase64(salt, "salt");
    return (passphrase) => deriveByScrypt(passphrase, saltBytes, cost);
  }
  if (typeof pbkdf2 === "object" && pbkdf2 !== null) {
    const { iter, salt } = pbkdf2 as Record<string, unknown>;
    const iterations = readCount(iter, "iter");
    if (iterations > PBKDF2_ITERATIONS_MAX) throw invalid("its PBKDF2 iterations are too many");
    const saltBytes = readBase64(salt, "salt");
    return (passphrase) => pbkdf2Sync(passphrase, saltBytes, iterations, ENCRYPTION_KEY_SIZE_BYTES, "sha256");
  }
  throw invalid("its key derivation is not known");
}

function readCount(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw invalid(`its ${name} is not a count`);
  return value;
}

function readBase64(value: unknown, name: string): Buffer {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
    throw invalid(`its ${name} is not base64`);
  return Buffer.from(value, "base64");
}

function invalid(detail: string): Error {
  return formatErrors.KEY_FILE_INVALID({ detail });
}
