/**
 * The spare key: a backup's key, wrapped for the holder of an RSA key that need not be on the machine backed up.
 * `rsa-encrypted.key.blob` lies beside each encrypted snapshot. Facts: docs/format.md, master key.
 */

import { constants, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Clock, Instant, Random } from "@ironcore-backup/base";
import { decodeBlob, encodeBlob } from "../blob/blob.ts";
import { formatErrors } from "../errors.ts";
import type { EncryptionKey } from "./encryption-key.ts";
import { decodeKeyFile, formatFileTime, KEY_FILE_SIZE_BYTES_MAX } from "./key-file.ts";
import type { KeyFile } from "./key-file.ts";

/** Its file in the snapshot's directory. */
export const WRAPPED_KEY_NAME = "rsa-encrypted.key.blob";
const MODULUS_BITS_MIN = 2048;
/** PKCS#1 v1.5 needs these of the modulus for itself. */
const PADDING_SIZE_BYTES = 11;

/**
 * The content of `rsa-encrypted.key.blob`. The padding's randomness is OpenSSL's own.
 *
 * @param publicKeyPem  of at least 2048 bits
 * @throws MASTER_KEY_INVALID
 */
export function wrapKeyFile(
  needs: { readonly clock: Clock; readonly random: Random },
  key: EncryptionKey,
  publicKeyPem: string,
  options: { readonly createdAt?: Instant } = {},
): Uint8Array {
  const publicKey = readPublicKey(publicKeyPem);
  const modifiedAt = needs.clock.now();
  const file = {
    kdf: null,
    created: formatFileTime(options.createdAt ?? modifiedAt),
    modified: formatFileTime(modifiedAt),
    data: Buffer.from(key.encKey).toString("base64"),
  };
  const roomSizeBytes = modulusSizeBytes(publicKey) - PADDING_SIZE_BYTES;
  const whole = Buffer.from(JSON.stringify({ ...file, fingerprint: key.fingerprint }));
  // A modulus of 2048 bits has no room for the fingerprint, which is optional and follows from the key.
  const text = whole.length <= roomSizeBytes ? whole : Buffer.from(JSON.stringify(file));
  const wrapped = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, text);
  return encodeBlob(needs, wrapped);
}

/**
 * The key that `wrapKeyFile` wrapped, as a key file without passphrase would give it.
 *
 * @throws MASTER_KEY_INVALID, KEY_PASSPHRASE_REQUIRED, KEY_PASSPHRASE_WRONG (of the PEM), and what `decodeBlob` throws
 */
export function unwrapKeyFile(
  blob: Uint8Array,
  privateKeyPem: string,
  options: { readonly passphrase?: string } = {},
): KeyFile {
  const privateKey = readPrivateKey(privateKeyPem, options.passphrase);
  const wrapped = decodeBlob(blob, { rawSizeBytesMax: KEY_FILE_SIZE_BYTES_MAX });
  if (wrapped.length !== modulusSizeBytes(privateKey)) {
    throw invalid(
      `the wrapped key has ${wrapped.length} bytes, the master key ${modulusSizeBytes(privateKey)}`,
    );
  }
  try {
    const text = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, wrapped);
    return decodeKeyFile(text.toString("utf8"));
  } catch (cause) {
    // With another key OpenSSL makes up random bytes instead of failing, so both faults mean the same.
    throw invalid("it does not open this wrapped key", cause);
  }
}

function readPublicKey(pem: string): KeyObject {
  try {
    return assertRsa(createPublicKey(pem));
  } catch (cause) {
    throw invalid("it is no RSA key of 2048 bits or more in PEM", cause);
  }
}

function readPrivateKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return assertRsa(createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase }));
  } catch (cause) {
    // OpenSSL's own codes for a missing passphrase differ between key formats; the PEM itself says that it needs one.
    if (/ENCRYPTED/.test(pem)) {
      if (passphrase === undefined) throw formatErrors.KEY_PASSPHRASE_REQUIRED({}, cause);
      throw formatErrors.KEY_PASSPHRASE_WRONG({}, cause);
    }
    throw invalid("it is no private RSA key of 2048 bits or more in PEM", cause);
  }
}

function assertRsa(key: KeyObject): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < MODULUS_BITS_MIN) throw invalid(`it has ${bits} bits`);
  return key;
}

function modulusSizeBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

function invalid(detail: string, cause?: unknown): Error {
  return formatErrors.MASTER_KEY_INVALID({ detail }, cause);
}
