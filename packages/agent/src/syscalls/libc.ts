/**
 * The few calls of the C library that Node does not offer, all synchronous.
 *
 * Everything works relative to an open directory (`openat`, `statx`, `linkat` …): a directory that was opened without
 * following links stays the same directory whatever is renamed or linked over its path meanwhile, so neither a backup
 * nor a restore can be led elsewhere. Failures come back as negative error numbers: on the way through a million files
 * an exception for each vanished one costs too much, and the caller has to decide about each anyway.
 *
 * The library is loaded at the first call and once per thread; it has no state of ours.
 */

import koffi from "koffi";
import { agentErrors } from "../errors.ts";
import { ENAMETOOLONG } from "./errno.ts";

type NativeCall = (...args: (number | Uint8Array)[]) => number;

const PROTOTYPES = {
  openat: "int openat(int, void *, int, uint32_t)",
  close: "int close(int)",
  statx: "int statx(int, void *, int, uint32_t, void *)",
  getdents64: "long getdents64(int, void *, unsigned long)",
  lseek: "int64_t lseek(int, int64_t, int)",
  pread: "long pread(int, void *, unsigned long, int64_t)",
  pwrite: "long pwrite(int, void *, unsigned long, int64_t)",
  ftruncate: "int ftruncate(int, int64_t)",
  readlinkat: "long readlinkat(int, void *, void *, unsigned long)",
  flistxattr: "long flistxattr(int, void *, unsigned long)",
  llistxattr: "long llistxattr(void *, void *, unsigned long)",
  fgetxattr: "long fgetxattr(int, void *, void *, unsigned long)",
  lgetxattr: "long lgetxattr(void *, void *, void *, unsigned long)",
  fsetxattr: "int fsetxattr(int, void *, void *, unsigned long, int)",
  lsetxattr: "int lsetxattr(void *, void *, void *, unsigned long, int)",
  ioctl: "int ioctl(int, unsigned long, void *)",
  mkdirat: "int mkdirat(int, void *, uint32_t)",
  mknodat: "int mknodat(int, void *, uint32_t, uint64_t)",
  symlinkat: "int symlinkat(void *, int, void *)",
  linkat: "int linkat(int, void *, int, void *, int)",
  renameat: "int renameat(int, void *, int, void *)",
  unlinkat: "int unlinkat(int, void *, int)",
  fchownat: "int fchownat(int, void *, uint32_t, uint32_t, int)",
  fchown: "int fchown(int, uint32_t, uint32_t)",
  fchmod: "int fchmod(int, uint32_t)",
  fchmodat: "int fchmodat(int, void *, uint32_t, int)",
  utimensat: "int utimensat(int, void *, void *, int)",
  futimens: "int futimens(int, void *)",
  fstatfs: "int fstatfs(int, void *)",
  geteuid: "uint32_t geteuid()",
} as const;

export type Libc = { readonly [Name in keyof typeof PROTOTYPES]: NativeCall };

let loaded: Libc | undefined;

/** @throws SYSTEM_UNSUPPORTED where the library or one of the calls is not there */
export function libc(): Libc {
  loaded ??= loadLibc();
  return loaded;
}

function loadLibc(): Libc {
  try {
    const library = koffi.load(null);
    const calls: Record<string, NativeCall> = {};
    for (const [name, prototype] of Object.entries(PROTOTYPES)) {
      // koffi's functions take anything; the prototypes above take numbers and buffers and return numbers.
      calls[name] = library.func(prototype);
    }
    // Every key of the table was just filled.
    return calls as unknown as Libc;
  } catch (cause) {
    throw agentErrors.SYSTEM_UNSUPPORTED({ detail: String(cause) }, cause);
  }
}

/** A failed call's result as a negative error number, a successful one's as it is. */
export function orErrno(result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

const PATH_SIZE_BYTES_MAX = 4096;
const firstPath = Buffer.alloc(PATH_SIZE_BYTES_MAX);
const secondPath = Buffer.alloc(PATH_SIZE_BYTES_MAX);

/**
 * A byte string as a C string, in one of two buffers that the next call overwrites (calls are synchronous).
 * Undefined: too long, which callers answer with `-ENAMETOOLONG`.
 */
export function cString(text: string, which: 0 | 1 = 0): Uint8Array | undefined {
  if (text.length >= PATH_SIZE_BYTES_MAX) return undefined;
  const buffer = which === 0 ? firstPath : secondPath;
  buffer.write(text, 0, text.length, "latin1");
  buffer[text.length] = 0;
  return buffer;
}

export const NAME_TOO_LONG = -ENAMETOOLONG;
