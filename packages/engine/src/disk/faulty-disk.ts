/**
 * Wraps a disk and breaks it on purpose: a chosen operation fails with a chosen error, or the power goes.
 * A write that fails has written its first half, as a full disk does.
 */

import { diskError } from "./disk-error.ts";
import type { Disk, FileSystemHandle, OpenFile } from "./disk.ts";

/**
 * What an operation asks of the disk: `read` changes nothing, `grow` needs space, `change` is any other change
 * (rename, remove, sync, times).
 */
export type OperationEffect = "read" | "grow" | "change";

export interface DiskOperation {
  /** Counts operations from 1 on. */
  readonly number: number;
  readonly name: string;
  readonly path: string;
  readonly effect: OperationEffect;
}

/** An errno name like `ENOSPC`, or the end of the machine: nothing works afterwards. */
export type DiskFault = { readonly errno: string } | "power-cut";

export interface FaultyDisk extends Disk {
  /** Operations asked for so far. */
  readonly operationCount: number;
}

// Long because it lists every operation of a disk once.
export function createFaultyDisk(
  disk: Disk,
  chooseFault: (operation: DiskOperation) => DiskFault | undefined,
): FaultyDisk {
  let operationCount = 0;
  let isOff = false;

  function faultOf(effect: OperationEffect, name: string, path: string): unknown {
    const direction = effect === "read" ? "read" : "write";
    if (isOff) return diskError(direction, name, path, "POWER_CUT");
    operationCount++;
    const fault = chooseFault({ number: operationCount, name, path, effect });
    if (fault === undefined) return undefined;
    if (fault !== "power-cut") return diskError(direction, name, path, fault.errno);
    isOff = true;
    return diskError(direction, name, path, "POWER_CUT");
  }

  function run<Result>(effect: OperationEffect, name: string, path: string, call: () => Result): Result {
    const fault = faultOf(effect, name, path);
    if (fault !== undefined) throw fault;
    return call();
  }

  function write(file: OpenFile, parts: readonly Uint8Array[], positionBytes: number): void {
    const wasOff = isOff;
    const fault = faultOf("grow", "write", file.path);
    if (fault === undefined) return file.writev(parts, positionBytes);
    const first = parts[0];
    if (!wasOff && first !== undefined) file.pwrite(first.subarray(0, first.length >> 1), positionBytes);
    throw fault;
  }

  function wrapFile(file: OpenFile): OpenFile {
    return {
      path: file.path,
      pread: (target, positionBytes) =>
        run("read", "read", file.path, () => file.pread(target, positionBytes)),
      pwrite: (bytes, positionBytes) => write(file, [bytes], positionBytes),
      writev: (parts, positionBytes) => write(file, parts, positionBytes),
      stat: () => run("read", "fstat", file.path, () => file.stat()),
      sync: () => run("change", "fsync", file.path, () => file.sync()),
      close: () => file.close(),
    };
  }

  function wrapFileSystem(path: string, handle: FileSystemHandle): FileSystemHandle {
    return {
      sync: () => run("change", "syncfs", path, () => handle.sync()),
      syncInBackground: async () => run("change", "syncfs", path, () => handle.sync()),
      startWriteback: (file) => handle.startWriteback(file),
      close: () => handle.close(),
    };
  }

  /** Step by step, so that a fault can come in the middle. */
  function removeTree(path: string): void {
    const stat = run("read", "lstat", path, () => disk.lstat(path));
    if (stat === undefined) return;
    if (stat.kind !== "directory") return run("change", "unlink", path, () => disk.unlink(path));
    for (const name of run("read", "readdir", path, () => disk.readdir(path))) removeTree(`${path}/${name}`);
    run("change", "rmdir", path, () => disk.rmdir(path));
  }

  return {
    get operationCount() {
      return operationCount;
    },
    open: (path, mode) =>
      wrapFile(run(mode === "read" ? "read" : "grow", "open", path, () => disk.open(path, mode))),
    readFile: (path, sizeBytesMax) => run("read", "read", path, () => disk.readFile(path, sizeBytesMax)),
    mkdir: (path, modeBits) => run("grow", "mkdir", path, () => disk.mkdir(path, modeBits)),
    rename: (source, target) => run("change", "rename", target, () => disk.rename(source, target)),
    unlink: (path) => run("change", "unlink", path, () => disk.unlink(path)),
    rmdir: (path) => run("change", "rmdir", path, () => disk.rmdir(path)),
    readdir: (path) => run("read", "readdir", path, () => disk.readdir(path)),
    stat: (path) => run("read", "stat", path, () => disk.stat(path)),
    lstat: (path) => run("read", "lstat", path, () => disk.lstat(path)),
    touch: (path, accessedAtMs, stat) =>
      run("change", "utimes", path, () => disk.touch(path, accessedAtMs, stat)),
    realPath: (path) => run("read", "realpath", path, () => disk.realPath(path)),
    removeTree,
    syncDirectory: (path) => run("change", "fsync", path, () => disk.syncDirectory(path)),
    openFileSystem: (path) =>
      wrapFileSystem(
        path,
        run("read", "open", path, () => disk.openFileSystem(path)),
      ),
    space: (path) => run("read", "statfs", path, () => disk.space(path)),
    tryLock: (path, mode) => run("read", "flock", path, () => disk.tryLock(path, mode)),
  };
}
