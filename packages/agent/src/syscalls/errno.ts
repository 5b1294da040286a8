/** Linux's error numbers, as far as they are told apart here. The same on every architecture that Node runs on. */

import { getSystemErrorMap } from "node:util";

export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const E2BIG = 7;
export const EEXIST = 17;
export const ENOTDIR = 20;
export const EINVAL = 22;
export const ENOTTY = 25;
export const ERANGE = 34;
export const ENAMETOOLONG = 36;
export const ELOOP = 40;
export const ENODATA = 61;
export const EOPNOTSUPP = 95;
export const ESTALE = 116;

/** `no such file or directory (ENOENT)` for 2 and for -2. */
export function describeErrno(number: number): string {
  const known = getSystemErrorMap().get(-Math.abs(number));
  return known === undefined ? `error ${Math.abs(number)}` : `${known[1]} (${known[0]})`;
}

/** True when the path is not there (any more), or something else took its place. */
export function isGone(number: number): boolean {
  const errno = Math.abs(number);
  return errno === ENOENT || errno === ENOTDIR || errno === ELOOP || errno === ESTALE;
}
