/**
 * The token that lies in the data directory, so that an administrator on this machine needs no login: who may read the
 * file may do everything. Made at the first start, kept over restarts.
 */

import { chmodSync, readFileSync } from "node:fs";
import type { Random } from "@ironcore-backup/base";
import { randomHex } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { writeFileDurably } from "./durable-file.ts";

const TOKEN = /^ibl_[0-9a-f]{64}$/;

/** Reads the token, or makes one. @throws DATA_DIRECTORY_UNUSABLE */
export function openLocalToken(needs: { readonly random: Random }, path: string): string {
  try {
    const token = readToken(path);
    if (token !== undefined) return token;
    const fresh = `ibl_${randomHex(needs.random, 32)}`;
    writeFileDurably(path, `${fresh}\n`, 0o600);
    return fresh;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw serverErrors.DATA_DIRECTORY_UNUSABLE({ path, detail }, cause);
  }
}

/** Undefined when there is none, or what is there was never one of ours. */
function readToken(path: string): string | undefined {
  try {
    chmodSync(path, 0o600);
    const token = readFileSync(path, "utf8").trim();
    return TOKEN.test(token) ? token : undefined;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}
