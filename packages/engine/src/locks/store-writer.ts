/**
 * Who writes into a datastore right now, and since when: garbage collection must keep every chunk that a running writer
 * may have found or written since it began.
 *
 * Each writer holds two locks. `.lock` is held shared, so that whoever needs the datastore for itself alone (to remove it)
 * can tell that it is in use. And a file of its own, `.locks/writers/START-CHANCE`, is held exclusively; its name carries the
 * start in milliseconds, so that a full disk is no obstacle. A process that dies loses its locks, and a
 * file that nobody holds is a dead writer's.
 *
 * A new writer's file exists for a moment before it is locked. A reader may take it for dead and remove it; the writer
 * then sees that its path no longer names what it locked, and registers anew, with a new start.
 */

import { baseErrors, instantFromMs, randomHex } from "@ironcore-backup/base";
import type { Clock, Instant, Random } from "@ironcore-backup/base";
import { parentPath, pathFromText } from "../disk/disk.ts";
import type { Disk, DiskLock } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { tryLockPath } from "./path-lock.ts";

export const STORE_LOCK_NAME = ".lock";
const LOCKS_DIRECTORY_NAME = ".locks";

const COLLECTION_LOCK_NAME = "gc";
const WRITERS_DIRECTORY_NAME = "writers";
const WRITER_FILE = /^(\d{1,16})-[0-9a-f]{16}$/;
const REGISTER_ATTEMPT_COUNT_MAX = 100;

export interface StoreWriter {
  readonly startedAt: Instant;
  release(): void;
}

/** @throws DATASTORE_BUSY when someone needs the datastore for itself alone; DISK_FULL, DISK_WRITE_FAILED */
export function registerWriter(
  needs: { disk: Disk; clock: Clock; random: Random },
  storePath: string,
): StoreWriter {
  const storeLock = needs.disk.tryLock(`${storePath}/${STORE_LOCK_NAME}`, "shared");
  if (storeLock === undefined) throw engineErrors.DATASTORE_BUSY({ path: storePath });
  try {
    const record = createRecord(needs, storePath);
    return {
      startedAt: record.startedAt,
      release: () => {
        try {
          // Removed while locked: whoever sees the file free may rightly call it dead.
          if (record.lock.isCurrent()) needs.disk.unlink(record.lock.path);
        } finally {
          record.lock.release();
          storeLock.release();
        }
      },
    };
  } catch (thrown) {
    storeLock.release();
    throw thrown;
  }
}

function createRecord(
  needs: { disk: Disk; clock: Clock; random: Random },
  storePath: string,
): { startedAt: Instant; lock: DiskLock } {
  const directory = ensureWritersDirectory(needs.disk, storePath);
  for (let attempt = 0; attempt < REGISTER_ATTEMPT_COUNT_MAX; attempt++) {
    const startedAt = needs.clock.now();
    const path = pathFromText(`${directory}/${startedAt}-${randomHex(needs.random, 8)}`);
    needs.disk.open(path, "create").close();
    const locked = tryLockPath(needs, path, "exclusive");
    if (locked.outcome === "locked") return { startedAt, lock: locked.lock };
  }
  throw baseErrors.INVARIANT_BROKEN({
    invariant: `a writer is registered within ${REGISTER_ATTEMPT_COUNT_MAX} attempts`,
  });
}

function ensureWritersDirectory(disk: Disk, storePath: string): string {
  const locks = `${storePath}/${LOCKS_DIRECTORY_NAME}`;
  const writers = `${locks}/${WRITERS_DIRECTORY_NAME}`;
  for (const path of [locks, writers]) makeDirectoryIfAbsent(disk, path);
  return writers;
}

function makeDirectoryIfAbsent(disk: Disk, path: string): void {
  if (disk.stat(path) !== undefined) return;
  try {
    disk.mkdir(path, 0o750);
  } catch (thrown) {
    // Another writer may have made it in between.
    if (disk.stat(path)?.kind !== "directory") throw thrown;
  }
}

/**
 * One garbage collection at a time, over all processes. The file stays: it carries the lock and nothing else.
 * @throws GC_RUNNING; DATASTORE_BUSY when someone needs the datastore for itself alone; DISK_FULL, DISK_WRITE_FAILED
 */
export function lockCollection(needs: { disk: Disk }, storePath: string): { readonly release: () => void } {
  const storeLock = needs.disk.tryLock(`${storePath}/${STORE_LOCK_NAME}`, "shared");
  if (storeLock === undefined) throw engineErrors.DATASTORE_BUSY({ path: storePath });
  try {
    const path = `${parentPath(ensureWritersDirectory(needs.disk, storePath))}/${COLLECTION_LOCK_NAME}`;
    makeFileIfAbsent(needs.disk, path);
    const attempt = tryLockPath(needs, path, "exclusive");
    if (attempt.outcome !== "locked") throw engineErrors.GC_RUNNING({ path: storePath });
    return {
      release: () => {
        attempt.lock.release();
        storeLock.release();
      },
    };
  } catch (thrown) {
    storeLock.release();
    throw thrown;
  }
}

function makeFileIfAbsent(disk: Disk, path: string): void {
  if (disk.stat(path) !== undefined) return;
  try {
    disk.open(path, "create").close();
  } catch (thrown) {
    // Another collection may have made it in between.
    if (disk.stat(path) === undefined) throw thrown;
  }
}

/** The start of the oldest living writer of any process; undefined when nobody writes. Removes the records of dead ones. */
export function findOldestWriter(needs: { disk: Disk }, storePath: string): Instant | undefined {
  const directory = `${storePath}/${LOCKS_DIRECTORY_NAME}/${WRITERS_DIRECTORY_NAME}`;
  if (needs.disk.stat(directory) === undefined) return undefined;
  let oldest: number | undefined;
  for (const name of needs.disk.readdir(directory)) {
    const startedAtMs = Number(WRITER_FILE.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(startedAtMs) || !isHeld(needs, `${directory}/${name}`)) continue;
    oldest = Math.min(oldest ?? startedAtMs, startedAtMs);
  }
  return oldest === undefined ? undefined : instantFromMs(oldest);
}

/** A free record is removed while this holds its lock, so no living writer can lose one unnoticed. */
function isHeld(needs: { disk: Disk }, path: string): boolean {
  const attempt = tryLockPath(needs, path, "exclusive");
  if (attempt.outcome !== "locked") return attempt.outcome === "busy";
  try {
    needs.disk.unlink(path);
    return false;
  } finally {
    attempt.lock.release();
  }
}
