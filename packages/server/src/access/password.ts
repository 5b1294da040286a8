/** Passwords as argon2id, in the text form that other programs read too: `$argon2id$v=19$m=65536,t=3,p=1$salt$hash`. */

import { argon2, timingSafeEqual } from "node:crypto";
import type { Random } from "@ironcore-backup/base";

/** RFC 9106's second recommended choice: 64 MiB, three passes; one lane, so that a login takes one core. */
const MEMORY_KIB = 65_536;
const PASS_COUNT = 3;
const LANE_COUNT = 1;
const SALT_SIZE_BYTES = 16;
const HASH_SIZE_BYTES = 32;

export async function hashPassword(needs: { readonly random: Random }, password: string): Promise<string> {
  const salt = needs.random.bytes(SALT_SIZE_BYTES);
  const parameters = { memoryKib: MEMORY_KIB, passCount: PASS_COUNT, laneCount: LANE_COUNT };
  const hash = await derive(password, salt, parameters, HASH_SIZE_BYTES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASS_COUNT},p=${LANE_COUNT}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** False for a wrong password and for a stored text that is no argon2id hash. */
export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    stored,
  );
  if (match === null) return false;
  const [, memoryKib, passCount, laneCount, salt = "", hash = ""] = match;
  const parameters = {
    memoryKib: Number(memoryKib),
    passCount: Number(passCount),
    laneCount: Number(laneCount),
  };
  const expected = Buffer.from(hash, "base64");
  return timingSafeEqual(
    await derive(password, Buffer.from(salt, "base64"), parameters, expected.length),
    expected,
  );
}

function derive(
  password: string,
  salt: Uint8Array,
  parameters: { readonly memoryKib: number; readonly passCount: number; readonly laneCount: number },
  sizeBytes: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    argon2(
      "argon2id",
      {
        message: Buffer.from(password.normalize("NFKC"), "utf8"),
        nonce: salt,
        parallelism: parameters.laneCount,
        tagLength: sizeBytes,
        memory: parameters.memoryKib,
        passes: parameters.passCount,
      },
      (error, hash) => (error === null ? resolve(hash) : reject(error)),
    );
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
