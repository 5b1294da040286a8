/**
 * Secrets that the server must be able to use (a mail server's password) are kept encrypted: who gets a copy of the state store
 * alone reads none of them. The key lies beside it in the data directory, readable by its owner alone. AES-256-GCM; what a
 * secret belongs to is authenticated with it, so that a sealed text cannot be moved to another place.
 */

import { createCipheriv, createDecipheriv } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import type { Random } from "@ironcore-backup/base";
import { bytesFromHex, hexFromBytes } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { writeFileDurably } from "../config/durable-file.ts";

const KEY_SIZE_BYTES = 32;
const NONCE_SIZE_BYTES = 12;
const TAG_SIZE_BYTES = 16;
const PREFIX = "sealed1:";

export interface Seal {
  /** @param place  what the secret belongs to; the same opens it */
  seal(text: string, place: string): string;
  /** @throws SEALED_UNREADABLE for what another key sealed, or for another place */
  open(sealed: string, place: string): string;
}

/** Reads the key, or makes one where there is none. @throws DATA_DIRECTORY_UNUSABLE */
export function openSeal(needs: { readonly random: Random }, path: string): Seal {
  let key: Uint8Array;
  try {
    key = readKey(path) ?? makeKey(needs.random, path);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw serverErrors.DATA_DIRECTORY_UNUSABLE({ path, detail }, cause);
  }
  return {
    seal: (text, place) => {
      const nonce = needs.random.bytes(NONCE_SIZE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${PREFIX}${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64")}`;
    },
    open: (sealed, place) => {
      try {
        return openSealed(key, sealed, place);
      } catch (cause) {
        throw serverErrors.SEALED_UNREADABLE({ place }, cause);
      }
    },
  };
}

function openSealed(key: Uint8Array, sealed: string, place: string): string {
  if (!sealed.startsWith(PREFIX)) throw new Error("not a sealed text");
  const bytes = Buffer.from(sealed.slice(PREFIX.length), "base64");
  const nonce = bytes.subarray(0, NONCE_SIZE_BYTES);
  const tag = bytes.subarray(NONCE_SIZE_BYTES, NONCE_SIZE_BYTES + TAG_SIZE_BYTES);
  const body = bytes.subarray(NONCE_SIZE_BYTES + TAG_SIZE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_SIZE_BYTES })
    .setAAD(Buffer.from(place))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
}

/** Undefined where there is none. A damaged one is not replaced: what it sealed would be lost. */
function readKey(path: string): Uint8Array | undefined {
  let text: string;
  try {
    chmodSync(path, 0o600);
    text = readFileSync(path, "utf8").trim();
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error("it is no key of 64 hexadecimal digits");
  return bytesFromHex(text);
}

function makeKey(random: Random, path: string): Uint8Array {
  const key = random.bytes(KEY_SIZE_BYTES);
  writeFileDurably(path, `${hexFromBytes(key)}\n`, 0o600);
  return key;
}
