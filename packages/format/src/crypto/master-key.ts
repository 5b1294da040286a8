/** A key file under an RSA master key (`rsa-encrypted.key.blob`): for the day when the key itself is lost. */

import { constants, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Clock, Random } from "@ironcore-backup/base";
import { BLOB_RAW_SIZE_BYTES_MAX, decodeBlob, encodeBlob, parseBlobHeader } from "../blob/blob.ts";
import { formatErrors } from "../errors.ts";
import type { EncryptionKey } from "./encryption-key.ts";
import { decodeKeyFile, encodeKeyFile } from "./key-file.ts";
import type { KeyFile } from "./key-file.ts";

const MODULUS_BITS_MIN = 2048;

/**
 * A plain blob holding one RSA encryption (PKCS#1 v1.5) of the open key file.
 * @param masterPublicKey  PEM. @throws MASTER_KEY_INVALID
 */
export function wrapKeyFile(
  needs: { readonly random: Random; readonly clock: Clock },
  key: EncryptionKey,
  masterPublicKey: string,
): Uint8Array {
  const master = openKey(() => createPublicKey(masterPublicKey));
  const text = JSON.stringify(JSON.parse(encodeKeyFile(needs, key)));
  const wrapped = attempt(() =>
    publicEncrypt({ key: master, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text)),
  );
  return encodeBlob(needs, wrapped);
}

/** @param masterPrivateKey  PEM. @throws MASTER_KEY_INVALID, KEY_FILE_INVALID, and what decoding a blob throws */
export function unwrapKeyFile(blob: Uint8Array, masterPrivateKey: string): KeyFile {
  const master = openKey(() => createPrivateKey(masterPrivateKey));
  if (parseBlobHeader(blob).encrypted)
    throw formatErrors.KEY_FILE_INVALID({ detail: "its blob is encrypted" });
  const wrapped = decodeBlob(blob, { rawSizeBytesMax: BLOB_RAW_SIZE_BYTES_MAX });
  const text = attempt(() => privateDecrypt({ key: master, padding: constants.RSA_PKCS1_PADDING }, wrapped));
  return decodeKeyFile(text.toString("utf8"));
}

function openKey(open: () => KeyObject): KeyObject {
  const key = attempt(open);
  if (key.asymmetricKeyType !== "rsa")
    throw formatErrors.MASTER_KEY_INVALID({ detail: "it is not an RSA key" });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MODULUS_BITS_MIN) throw formatErrors.MASTER_KEY_INVALID({ detail: `it has ${bits} bits` });
  return key;
}

function attempt<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (cause) {
    throw formatErrors.MASTER_KEY_INVALID(
      { detail: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
}
