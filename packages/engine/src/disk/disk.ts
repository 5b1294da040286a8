/**
 * The only door to files. Everything is synchronous: the data path runs on threads that may block, and what runs on
 * an event loop does few and small operations between its yields.
 *
 * Paths are byte strings: one character for each byte (0 to 255), so that a name that is not UTF-8 survives, and
 * comparing strings compares bytes. `pathFromText` and `textFromPath` translate at the border to people.
 *
 * Errors are coded: DISK_FULL, DISK_READ_FAILED, DISK_WRITE_FAILED, FILE_MISSING, FILE_EXISTS, PERMISSION_DENIED, each
 * with path and errno in its context.
 *
 * What is durable after a power cut: a file's bytes after `OpenFile.sync`, a directory's entries after `syncDirectory`,
 * everything after `FileSystemHandle.sync`. Nothing else is promised, and the memory disk keeps to exactly that.
 */

export type FileKind = "file" | "directory" | "symlink" | "other";

export interface FileStat {
  readonly kind: FileKind;
  readonly sizeBytes: number;
  readonly inode: number;
  readonly device: number;
  /** Milliseconds since 1970, with fractions. */
  readonly accessedAtMs: number;
  readonly modifiedAtMs: number;
}

/** Sizes in bytes. `freeSizeBytes` is what an unprivileged writer may still use. */
export interface FileSystemSpace {
  readonly totalSizeBytes: number;
  readonly usedSizeBytes: number;
  readonly freeSizeBytes: number;
}

/** `create` makes a new file and fails with FILE_EXISTS when the name is taken. */
export type OpenMode = "read" | "create";

export interface OpenFile {
  readonly path: string;
  /** Fills `target` from `positionBytes` on; returns the bytes read, fewer only at the end of the file. */
  pread(target: Uint8Array, positionBytes: number): number;
  /** Writes all of `bytes`. */
  pwrite(bytes: Uint8Array, positionBytes: number): void;
  /** Writes all parts, laid end to end from `positionBytes` on. The parts are the caller's again afterwards. */
  writev(parts: readonly Uint8Array[], positionBytes: number): void;
  stat(): FileStat;
  /** Makes the file's bytes durable (not its name: that is the directory's). */
  sync(): void;
  close(): void;
}

/** Shared or exclusive, on one file or directory; ends with `release`, and when the process dies. */
export interface DiskLock {
  readonly path: string;
  /** True while the locked path still names the thing that was locked. */
  isCurrent(): boolean;
  release(): void;
}

export type LockMode = "shared" | "exclusive";

/**
 * A file system held open. Write errors that the kernel meets in the background, after `openFileSystem`, are reported
 * by the next sync of this handle.
 */
export interface FileSystemHandle {
  /** Makes everything written so far durable. Blocks. */
  sync(): void;
  /** The same without blocking the event loop, where the platform can. */
  syncInBackground(): Promise<void>;
  /**
   * Asks for a file's bytes to be on their way to the disk, so that the next sync finds less to do. A hint: it returns at once,
   * never fails, and may do nothing.
   */
  startWriteback(path: string): void;
  close(): void;
}

export interface Disk {
  open(path: string, mode: OpenMode): OpenFile;
  /** The whole file. @throws FILE_TOO_LARGE past `sizeBytesMax` */
  readFile(path: string, sizeBytesMax: number): Uint8Array;
  /** One directory; its parent must exist. */
  mkdir(path: string, modeBits?: number): void;
  /** Replaces a file at `target`. */
  rename(source: string, target: string): void;
  unlink(path: string): void;
  /** An empty directory. Answers false, removing nothing, when it is not empty. */
  rmdir(path: string): boolean;
  /** Entry names, unsorted, byte-faithful, without `.` and `..`. */
  readdir(path: string): string[];
  /** Follows symbolic links. Undefined when nothing is there. */
  stat(path: string): FileStat | undefined;
  lstat(path: string): FileStat | undefined;
  /** Sets the access time; the modification time stays. */
  touch(path: string, accessedAtMs: number, stat?: FileStat): void;
  /** The path without symbolic links. */
  realPath(path: string): string;
  /** Everything below the path and the path itself; does not follow symbolic links; content with nothing there. */
  removeTree(path: string): void;
  syncDirectory(path: string): void;
  openFileSystem(path: string): FileSystemHandle;
  space(path: string): FileSystemSpace;
  /** Never waits: undefined when another holder, here or in another process, is in the way. */
  tryLock(path: string, mode: LockMode): DiskLock | undefined;
}

const encoder = new TextEncoder();

/** A path as typed by a person to a byte string (its UTF-8 bytes). */
export function pathFromText(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** A byte string for people: its UTF-8 meaning, bytes without one as `\xNN`. */
export function textFromPath(path: string): string {
  if (/^[\x00-\x7f]*$/.test(path)) return path;
  const bytes = Uint8Array.from(path, (char) => char.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Expected: the name is not UTF-8. Showing each odd byte is better than losing it.
    return path.replace(/[^\x00-\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
  }
}

/** The directory part of an absolute path, "/" for what lies at the top. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}
