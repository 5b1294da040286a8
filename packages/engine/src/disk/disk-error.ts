/** Turns what the system says into the engine's coded errors. */

import { CodedError } from "@ironcore-backup/base";
import { engineErrors } from "../errors.ts";
import { textFromPath } from "./disk.ts";

export type DiskDirection = "read" | "write";

/** Out of blocks, out of quota, and out of inodes all mean that the datastore is full. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);
const DENIED = new Set(["EACCES", "EPERM"]);

/** @param errno  the name, like `ENOSPC` */
export function diskError(
  direction: DiskDirection,
  operation: string,
  bytePath: string,
  errno: string,
  cause?: unknown,
): CodedError {
  const path = textFromPath(bytePath);
  if (FULL.has(errno)) return engineErrors.DISK_FULL({ path, errno }, cause);
  if (errno === "ENOENT") return engineErrors.FILE_MISSING({ path, errno }, cause);
  if (errno === "EEXIST") return engineErrors.FILE_EXISTS({ path, errno }, cause);
  if (DENIED.has(errno)) return engineErrors.PERMISSION_DENIED({ path, errno }, cause);
  const context = { path, errno, operation };
  return direction === "read"
    ? engineErrors.DISK_READ_FAILED(context, cause)
    : engineErrors.DISK_WRITE_FAILED(context, cause);
}

/** Runs one system call of Node and translates its failure. */
export function withDiskErrors<Result>(
  direction: DiskDirection,
  operation: string,
  bytePath: string,
  call: () => Result,
): Result {
  try {
    return call();
  } catch (thrown) {
    throw toDiskError(direction, operation, bytePath, thrown);
  }
}

export function toDiskError(
  direction: DiskDirection,
  operation: string,
  bytePath: string,
  thrown: unknown,
): unknown {
  if (thrown instanceof CodedError) return thrown;
  const errno = errnoOf(thrown);
  return errno === undefined ? thrown : diskError(direction, operation, bytePath, errno, thrown);
}

function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
