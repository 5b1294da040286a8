/** The machine's own file systems. */

import fs from "node:fs";
import type { BigIntStats, PathLike, Stats } from "node:fs";
import { engineErrors } from "../errors.ts";
import { toDiskError, withDiskErrors } from "./disk-error.ts";
import { parentPath, textFromPath } from "./disk.ts";
import type { Disk, DiskLock, FileKind, FileStat, FileSystemHandle, LockMode, OpenFile } from "./disk.ts";
import { startWriteback, syncFileSystem, syncFileSystemInBackground, tryFlock } from "./native-calls.ts";

const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** Made in `main.ts`, in thread entries and in tests. It holds no state, so one a thread is as good as many. */
export function createRealDisk(): Disk {
  return {
    open: openRealFile,
    readFile: readWholeFile,
    mkdir: (path, modeBits = DIRECTORY_MODE) =>
      withDiskErrors("write", "mkdir", path, () =>
        fs.mkdirSync(systemPath(path), { mode: modeBits, recursive: false }),
      ),
    rename: (source, target) =>
      withDiskErrors("write", "rename", target, () => fs.renameSync(systemPath(source), systemPath(target))),
    unlink: (path) => withDiskErrors("write", "unlink", path, () => fs.unlinkSync(systemPath(path))),
    rmdir: removeEmptyDirectory,
    readdir: (path) =>
      withDiskErrors("read", "readdir", path, () => fs.readdirSync(systemPath(path), { encoding: "latin1" })),
    stat: (path) =>
      withDiskErrors("read", "stat", path, () =>
        statOrNothing(() => fs.statSync(systemPath(path), { throwIfNoEntry: false })),
      ),
    lstat: (path) =>
      withDiskErrors("read", "lstat", path, () =>
        statOrNothing(() => fs.lstatSync(systemPath(path), { throwIfNoEntry: false })),
      ),
    touch: touchFile,
    realPath: (path) =>
      withDiskErrors("read", "realpath", path, () =>
        // The option makes the answer a byte string; the type covers UTF-8 names only.
        fs.realpathSync.native(systemPath(path), { encoding: "latin1" }),
      ),
    removeTree: (path) => withDiskErrors("write", "remove", path, () => removeTree(path)),
    syncDirectory,
    openFileSystem,
    space: (path) =>
      withDiskErrors("read", "statfs", path, () => {
        const space = fs.statfsSync(systemPath(path));
        return {
          totalSizeBytes: space.bsize * space.blocks,
          usedSizeBytes: space.bsize * (space.blocks - space.bfree),
          freeSizeBytes: space.bsize * space.bavail,
        };
      }),
    tryLock,
  };
}

/** ASCII as it is (faster), other byte strings as their bytes. */
function systemPath(path: string): PathLike {
  return /^[\x00-\x7f]*$/.test(path) ? path : Buffer.from(path, "latin1");
}

function kindOf(stats: Stats): FileKind {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "other";
}

function fileStat(stats: Stats): FileStat {
  return {
    kind: kindOf(stats),
    sizeBytes: stats.size,
    inode: stats.ino,
    device: stats.dev,
    accessedAtMs: stats.atimeMs,
    modifiedAtMs: stats.mtimeMs,
  };
}

/** Node answers nothing for ENOENT and ENOTDIR alike, which is what "nothing is there" means here. */
function statOrNothing(call: () => Stats | BigIntStats | undefined): FileStat | undefined {
  const stats = call();
  // The call is made without `bigint`, so it answers plain numbers.
  return stats === undefined ? undefined : fileStat(stats as Stats);
}

function openRealFile(path: string, mode: "read" | "create"): OpenFile {
  const flags = mode === "read" ? "r" : "wx+";
  const direction = mode === "read" ? "read" : "write";
  const descriptor = withDiskErrors(direction, "open", path, () =>
    fs.openSync(systemPath(path), flags, FILE_MODE),
  );
  let isOpen = true;
  return {
    path,
    pread: (target, positionBytes) =>
      withDiskErrors("read", "read", path, () => readFully(descriptor, target, positionBytes)),
    pwrite: (bytes, positionBytes) =>
      withDiskErrors("write", "write", path, () => writeFully(descriptor, bytes, positionBytes)),
    writev: (parts, positionBytes) =>
      withDiskErrors("write", "write", path, () => writeParts(descriptor, parts, positionBytes)),
    stat: () => withDiskErrors("read", "fstat", path, () => fileStat(fs.fstatSync(descriptor))),
    sync: () => withDiskErrors("write", "fsync", path, () => fs.fsyncSync(descriptor)),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      withDiskErrors(direction, "close", path, () => fs.closeSync(descriptor));
    },
  };
}

function readFully(descriptor: number, target: Uint8Array, positionBytes: number): number {
  let filled = 0;
  while (filled < target.length) {
    const count = fs.readSync(descriptor, target, filled, target.length - filled, positionBytes + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function writeFully(descriptor: number, bytes: Uint8Array, positionBytes: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += fs.writeSync(descriptor, bytes, written, bytes.length - written, positionBytes + written);
  }
}

function writeParts(descriptor: number, parts: readonly Uint8Array[], positionBytes: number): void {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const only = parts[0];
  if (only !== undefined && parts.length === 1) return writeFully(descriptor, only, positionBytes);
  let written = fs.writevSync(descriptor, parts, positionBytes);
  if (written === total) return;
  // A short write (a nearly full disk, a signal): the rest part by part, until the system says why.
  let partStart = 0;
  for (const part of parts) {
    const skipped = Math.max(0, Math.min(part.length, written - partStart));
    if (skipped < part.length) {
      writeFully(descriptor, part.subarray(skipped), positionBytes + partStart + skipped);
      written = partStart + part.length;
    }
    partStart += part.length;
  }
}

function readWholeFile(path: string, sizeBytesMax: number): Uint8Array {
  const file = openRealFile(path, "read");
  try {
    const { sizeBytes } = file.stat();
    if (sizeBytes > sizeBytesMax) {
      throw engineErrors.FILE_TOO_LARGE({ path: textFromPath(path), sizeBytes, sizeBytesMax });
    }
    const bytes = new Uint8Array(sizeBytes);
    return bytes.subarray(0, file.pread(bytes, 0));
  } finally {
    file.close();
  }
}

function removeEmptyDirectory(path: string): boolean {
  try {
    fs.rmdirSync(systemPath(path));
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOTEMPTY") return false;
    throw toDiskError("write", "rmdir", path, thrown);
  }
}

/**
 * `utimensat` with "modification time: leave" is not in Node, so the modification time is given back as it was read.
 * Both are rounded to microseconds by Node; chunk files never change, so nothing depends on the rest.
 */
function touchFile(path: string, accessedAtMs: number, stat?: FileStat): void {
  withDiskErrors("write", "utimes", path, () => {
    const modifiedAtMs = stat?.modifiedAtMs ?? fs.lstatSync(systemPath(path)).mtimeMs;
    fs.lutimesSync(systemPath(path), accessedAtMs / 1000, modifiedAtMs / 1000);
  });
}

function removeTree(path: string): void {
  const stats = fs.lstatSync(systemPath(path), { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) return fs.unlinkSync(systemPath(path));
  for (const name of fs.readdirSync(systemPath(path), { encoding: "latin1" })) removeTree(`${path}/${name}`);
  fs.rmdirSync(systemPath(path));
}

/** File systems that cannot sync a directory say EINVAL; then all of it is synced. */
function syncDirectory(path: string): void {
  withDiskErrors("write", "fsync", path, () => {
    const descriptor = fs.openSync(systemPath(path), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      fs.fsyncSync(descriptor);
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EINVAL")) throw thrown;
      syncFileSystem(descriptor, path);
    } finally {
      fs.closeSync(descriptor);
    }
  });
}

function openFileSystem(path: string): FileSystemHandle {
  const descriptor = withDiskErrors("read", "open", path, () =>
    fs.openSync(systemPath(path), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY),
  );
  let isOpen = true;
  return {
    sync: () => syncFileSystem(descriptor, path),
    syncInBackground: () => syncFileSystemInBackground(descriptor, path),
    startWriteback: (file) => startWriteback(systemPath(file)),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      fs.closeSync(descriptor);
    },
  };
}

/** The lock belongs to the open file, so two locks of one process conflict as those of two processes do. */
function tryLock(path: string, mode: LockMode): DiskLock | undefined {
  const descriptor = withDiskErrors("read", "open", path, () => fs.openSync(systemPath(path), "r"));
  try {
    if (!tryFlock(descriptor, textFromPath(path), mode)) {
      fs.closeSync(descriptor);
      return undefined;
    }
  } catch (thrown) {
    fs.closeSync(descriptor);
    throw thrown;
  }
  return createRealLock(path, descriptor);
}

function createRealLock(path: string, descriptor: number): DiskLock {
  const locked = fs.fstatSync(descriptor);
  let isHeld = true;
  return {
    path,
    isCurrent: () =>
      withDiskErrors("read", "stat", parentPath(path), () => {
        const now = fs.statSync(systemPath(path), { throwIfNoEntry: false });
        return isHeld && now !== undefined && now.ino === locked.ino && now.dev === locked.dev;
      }),
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      // Closing the only descriptor of an open file ends its lock.
      fs.closeSync(descriptor);
    },
  };
}
