/**
 * The client's key and what is derived from it. Digests of encrypted data are keyed, so that a server that knows only
 * digests cannot test guesses of the content. Facts: docs/format.md, digests and derived keys.
 */

import { createHash, pbkdf2Sync } from "node:crypto";
import { assertInvariant } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";

export const ENCRYPTION_KEY_SIZE_BYTES = 32;
const ID_KEY_SALT = "_id_key";
const ID_KEY_ITERATIONS = 10;
const FINGERPRINT_TITLE = "Proxmox Backup Encryption Key Fingerprint";

export interface EncryptionKey {
  /** 32 bytes; encrypts. */
  readonly encKey: Uint8Array;
  /** 32 bytes, derived; keys digests and signs manifests. */
  readonly idKey: Uint8Array;
  /** 32 colon-separated hex pairs; may be shown. */
  readonly fingerprint: string;
}

/** @param encKey  32 bytes; copied */
export function createEncryptionKey(encKey: Uint8Array): EncryptionKey {
  assertInvariant(encKey.length === ENCRYPTION_KEY_SIZE_BYTES, "an encryption key has 32 bytes");
  const own = Uint8Array.from(encKey);
  const idKey = pbkdf2Sync(own, ID_KEY_SALT, ID_KEY_ITERATIONS, ENCRYPTION_KEY_SIZE_BYTES, "sha256");
  const title = createHash("sha256").update(FINGERPRINT_TITLE).digest();
  const digest = createHash("sha256").update(title).update(idKey).digest();
  return { encKey: own, idKey, fingerprint: formatFingerprint(digest) };
}

export function generateEncryptionKey(needs: { readonly random: Random }): EncryptionKey {
  return createEncryptionKey(needs.random.bytes(ENCRYPTION_KEY_SIZE_BYTES));
}

/** `aa:bb:…` of any bytes. */
export function formatFingerprint(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** SHA-256 of the raw chunk, followed by the id key where the data is encrypted. 32 bytes, a fresh buffer. */
export function chunkDigest(raw: Uint8Array, key?: EncryptionKey): Uint8Array {
  const hash = createHash("sha256").update(raw);
  if (key !== undefined) hash.update(key.idKey);
  return hash.digest();
}
