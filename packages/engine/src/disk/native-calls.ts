/**
 * The system calls that Node lacks: `flock`, `syncfs` and `sync_file_range`, through koffi.
 *
 * koffi is loaded at the first call, so that compute threads, which need none of them, never load it. `flock` is
 * synchronous; the others may take long, and a worker process must keep beating its heart meanwhile. Their background forms
 * are used on a process's main thread only (asynchronous koffi calls in worker threads are reported to crash, rarely);
 * elsewhere `syncfs` blocks, and `sync_file_range`, a hint, is left out.
 */

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import type { PathLike } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { isMainThread } from "node:worker_threads";
import { engineErrors } from "../errors.ts";
import { diskError } from "./disk-error.ts";

type Koffi = typeof import("koffi");

const LOCK_SHARED = 1;
const LOCK_EXCLUSIVE = 2;
const LOCK_NOT_WAITING = 4;
/** SYNC_FILE_RANGE_WRITE of `<fcntl.h>`: begin to write what is dirty, wait for nothing. */
const RANGE_WRITE = 2;
/** Each takes a thread of the pool while the disk is busy; what comes on top is left to the next sync. */
const WRITEBACK_COUNT_MAX = 8;

interface NativeCalls {
  flock(fileDescriptor: number, operation: number): number;
  syncfs(fileDescriptor: number): number;
  syncfsAsync(fileDescriptor: number, done: (error: unknown, result: number) => void): void;
  startWritebackAsync(fileDescriptor: number, done: () => void): void;
  errno(): number;
}

// One library handle for each thread: it holds no state of ours, and loading it twice would only cost time.
let loaded: NativeCalls | undefined;

function nativeCalls(call: string): NativeCalls {
  if (loaded !== undefined) return loaded;
  try {
    // `require` has no types; the package's own describe what it returns.
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const library = koffi.load(null);
    const flock = library.func("int flock(int fd, int operation)");
    const syncfs = library.func("int syncfs(int fd)");
    const syncRange = library.func(
      "int sync_file_range(int fd, int64 offset, int64 count, unsigned int flags)",
    );
    loaded = {
      // koffi's functions are untyped; the C declarations above say that they return an int.
      flock: (fileDescriptor, operation) => flock(fileDescriptor, operation) as number,
      syncfs: (fileDescriptor) => syncfs(fileDescriptor) as number,
      syncfsAsync: (fileDescriptor, done) => syncfs.async(fileDescriptor, done),
      startWritebackAsync: (fileDescriptor, done) => syncRange.async(fileDescriptor, 0, 0, RANGE_WRITE, done),
      errno: () => koffi.errno(),
    };
    return loaded;
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw engineErrors.NATIVE_CALL_UNAVAILABLE({ call, detail }, thrown);
  }
}

function errnoName(errno: number): string {
  const entry = Object.entries(constants.errno).find(([, value]) => value === errno);
  return entry?.[0] ?? `errno ${errno}`;
}

/** True when locked, false when another holder is in the way. @throws LOCK_UNSUPPORTED, NATIVE_CALL_UNAVAILABLE */
export function tryFlock(fileDescriptor: number, path: string, mode: "shared" | "exclusive"): boolean {
  const calls = nativeCalls("flock");
  const kind = mode === "shared" ? LOCK_SHARED : LOCK_EXCLUSIVE;
  if (calls.flock(fileDescriptor, kind | LOCK_NOT_WAITING) === 0) return true;
  const errno = calls.errno();
  if (errno === constants.errno.EWOULDBLOCK) return false;
  throw engineErrors.LOCK_UNSUPPORTED({ path, errno: errnoName(errno) });
}

/** Blocks until the file system of the descriptor is durable. @throws DISK_WRITE_FAILED, DISK_FULL */
export function syncFileSystem(fileDescriptor: number, path: string): void {
  let calls: NativeCalls;
  try {
    calls = nativeCalls("syncfs");
  } catch (thrown) {
    // Without koffi the same call is made by a program of the system.
    return syncThroughProgram(path, thrown);
  }
  if (calls.syncfs(fileDescriptor) !== 0) throw diskError("write", "syncfs", path, errnoName(calls.errno()));
}

/** As `syncFileSystem`, off the event loop where that is safe. */
export async function syncFileSystemInBackground(fileDescriptor: number, path: string): Promise<void> {
  if (!isMainThread) return syncFileSystem(fileDescriptor, path);
  let calls: NativeCalls;
  try {
    calls = nativeCalls("syncfs");
  } catch (thrown) {
    return syncThroughProgram(path, thrown);
  }
  const errno = await new Promise<number>((resolve, reject) => {
    calls.syncfsAsync(fileDescriptor, (error, result) => {
      // koffi carries the errno of the call over from its own thread, until the next call: read it at once.
      if (error === null || error === undefined) resolve(result === 0 ? 0 : calls.errno());
      else reject(error instanceof Error ? error : new Error("syncfs could not be called"));
    });
  });
  if (errno !== 0) throw diskError("write", "syncfs", path, errnoName(errno));
}

let writebackCount = 0;

/**
 * Begins to write a file's pages to the disk. Whatever is in the way, nothing is lost: the sync that follows does it all.
 * @param path  as the system takes it
 */
export function startWriteback(path: PathLike): void {
  if (!isMainThread || writebackCount >= WRITEBACK_COUNT_MAX) return;
  try {
    const calls = nativeCalls("sync_file_range");
    const fileDescriptor = fs.openSync(path, "r");
    writebackCount++;
    calls.startWritebackAsync(fileDescriptor, () => {
      writebackCount--;
      fs.closeSync(fileDescriptor);
    });
  } catch {
    // A hint that could not be given: the file is gone already, or koffi is not there.
  }
}

function syncThroughProgram(path: string, cause: unknown): void {
  const result = spawnSync("sync", ["-f", "--", Buffer.from(path, "latin1").toString("utf8")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (result.error !== undefined) throw cause;
  if (result.status !== 0)
    throw diskError("write", "sync -f", path, "EIO", new Error(result.stderr.toString()));
}
