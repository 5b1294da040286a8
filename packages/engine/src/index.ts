export { engineErrors } from "./errors.ts";

// disk
export { parentPath, pathFromText, textFromPath } from "./disk/disk.ts";
export type {
  Disk,
  DiskLock,
  FileKind,
  FileStat,
  FileSystemHandle,
  FileSystemSpace,
  LockMode,
  OpenFile,
  OpenMode,
} from "./disk/disk.ts";
export { createRealDisk } from "./disk/real-disk.ts";
export { createMemoryDisk } from "./disk/memory-disk.ts";
export type { MemoryDisk } from "./disk/memory-disk.ts";
export { createFaultyDisk } from "./disk/faulty-disk.ts";
export type { DiskFault, DiskOperation, FaultyDisk, OperationEffect } from "./disk/faulty-disk.ts";

// locks
export { tryLockPath } from "./locks/path-lock.ts";
export type { LockAttempt } from "./locks/path-lock.ts";
export { lockGroup, lockManifest, lockSnapshot } from "./locks/backup-lock.ts";
export type { LockTarget } from "./locks/backup-lock.ts";
export { findOldestWriter, registerWriter } from "./locks/store-writer.ts";
export type { StoreWriter } from "./locks/store-writer.ts";
