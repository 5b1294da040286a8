/**
 * A datastore's own directory: made once, recognised by `.chunks`.
 *
 * Creating makes 65,536 chunk directories (4 to 8 s on a busy disk), so it gives the event loop its turn again and again. `.chunks`
 * appears under its own name only when it is complete and durable: a creation that was interrupted leaves `.chunks.creating`,
 * which the next attempt removes, and nothing that opens as a datastore.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { throwIfCancelled } from "@ironcore-backup/base";
import {
  CHUNK_DIRECTORY_COUNT,
  CHUNK_DIRECTORY_MODE,
  chunkDirectoryName,
  CHUNKS_DIRECTORY_NAME,
} from "../chunk-store/chunk-path.ts";
import { parentPath, pathFromText, textFromPath } from "../disk/disk.ts";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { STORE_LOCK_NAME } from "../locks/store-writer.ts";

/** An existing datastore; made by `createDatastore` and `openDatastore` only. */
export interface Datastore {
  /** Absolute, a byte string, without symbolic links. */
  readonly path: string;
}

/** What most of the engine needs. */
export interface EngineNeeds {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

const CREATING_NAME = ".chunks.creating";
/** A busy disk was seen to take 1 ms for each. */
const DIRECTORIES_PER_TURN = 32;
/** What an "empty" directory may contain: a file system's own, and what an interrupted creation left. */
const IGNORED_ENTRIES = new Set(["lost+found", CREATING_NAME, STORE_LOCK_NAME]);
/** The first and last chunk directories, and some between: a store that was copied in part is noticed at once. */
const CHECKED_DIRECTORY_STEP = 4369;

/**
 * Makes a datastore in an absent or empty directory, or opens the one that is there.
 *
 * @param pathText  absolute path as a person types it
 * @param options.onProgress  from 0 to 1
 * @throws DATASTORE_DIRECTORY_IN_USE, DATASTORE_NESTED, DATASTORE_BUSY while another creation runs there, DISK_FULL, DISK_WRITE_FAILED, PERMISSION_DENIED, CANCELLED
 */
export async function createDatastore(
  needs: { disk: Disk },
  pathText: string,
  options: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
): Promise<Datastore> {
  const { disk } = needs;
  const asked = absolutePath(pathText);
  const existing = nearestExisting(disk, asked);
  refuseNested(disk, existing === asked ? parentPath(disk.realPath(asked)) : disk.realPath(existing), asked);
  makeDirectories(disk, asked);
  const path = disk.realPath(asked);
  // Two creations at once would build and remove under each other's hands.
  const lock = disk.tryLock(path, "exclusive");
  if (lock === undefined) throw engineErrors.DATASTORE_BUSY({ path: pathText });
  try {
    if (disk.stat(`${path}/${CHUNKS_DIRECTORY_NAME}`) === undefined) await build(disk, path, options);
  } finally {
    lock.release();
  }
  return openDatastore(needs, pathText);
}

async function build(
  disk: Disk,
  path: string,
  options: { signal?: AbortSignal; onProgress?: (fraction: number) => void },
): Promise<void> {
  refuseUsed(disk, path);
  disk.removeTree(`${path}/${CREATING_NAME}`);
  await makeChunkDirectories(disk, `${path}/${CREATING_NAME}`, options);
  makeStoreLock(disk, path);
  const fileSystem = disk.openFileSystem(path);
  try {
    await fileSystem.syncInBackground();
    disk.rename(`${path}/${CREATING_NAME}`, `${path}/${CHUNKS_DIRECTORY_NAME}`);
    disk.syncDirectory(path);
  } finally {
    fileSystem.close();
  }
}

/** @throws DATASTORE_MISSING, DATASTORE_NESTED, DATASTORE_DAMAGED, PERMISSION_DENIED */
export function openDatastore(needs: { disk: Disk }, pathText: string): Datastore {
  const { disk } = needs;
  const asked = absolutePath(pathText);
  if (disk.stat(`${asked}/${CHUNKS_DIRECTORY_NAME}`)?.kind !== "directory") {
    throw engineErrors.DATASTORE_MISSING({ path: pathText });
  }
  const path = disk.realPath(asked);
  refuseNested(disk, parentPath(path), path);
  for (let index = 0; index < CHUNK_DIRECTORY_COUNT; index += CHECKED_DIRECTORY_STEP) {
    const name = `${CHUNKS_DIRECTORY_NAME}/${chunkDirectoryName(index)}`;
    if (disk.stat(`${path}/${name}`)?.kind === "directory") continue;
    throw engineErrors.DATASTORE_DAMAGED({ path: pathText, detail: `${name} is missing` });
  }
  makeStoreLock(disk, path);
  return { path };
}

function absolutePath(pathText: string): string {
  const path = pathFromText(pathText);
  if (!path.startsWith("/") || path.includes("\0") || path.split("/").includes("..")) {
    const entry = "a path that is not absolute";
    throw engineErrors.DATASTORE_DIRECTORY_IN_USE({ path: pathText, entry });
  }
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return `/${names.join("/")}`;
}

function nearestExisting(disk: Disk, path: string): string {
  let existing = path;
  while (disk.stat(existing) === undefined) existing = parentPath(existing);
  return existing;
}

/** @param from  the first directory that must not be a datastore; all above it neither */
function refuseNested(disk: Disk, from: string, path: string): void {
  for (let outer = from; ; outer = parentPath(outer)) {
    if (disk.stat(`${outer === "/" ? "" : outer}/${CHUNKS_DIRECTORY_NAME}`)?.kind === "directory") {
      throw engineErrors.DATASTORE_NESTED({ path: textFromPath(path), outerPath: textFromPath(outer) });
    }
    if (outer === "/") return;
  }
}

function makeDirectories(disk: Disk, path: string): void {
  if (disk.stat(path) !== undefined) return;
  makeDirectories(disk, parentPath(path));
  disk.mkdir(path);
  disk.syncDirectory(parentPath(path));
}

function refuseUsed(disk: Disk, path: string): void {
  const entry = disk.readdir(path).find((name) => !IGNORED_ENTRIES.has(name));
  if (entry === undefined) return;
  const context = { path: textFromPath(path), entry: textFromPath(entry) };
  throw engineErrors.DATASTORE_DIRECTORY_IN_USE(context);
}

async function makeChunkDirectories(
  disk: Disk,
  path: string,
  options: { signal?: AbortSignal; onProgress?: (fraction: number) => void },
): Promise<void> {
  disk.mkdir(path, CHUNK_DIRECTORY_MODE);
  for (let index = 0; index < CHUNK_DIRECTORY_COUNT; index++) {
    disk.mkdir(`${path}/${chunkDirectoryName(index)}`, CHUNK_DIRECTORY_MODE);
    if (index % DIRECTORIES_PER_TURN !== 0) continue;
    throwIfCancelled(options.signal);
    options.onProgress?.(index / CHUNK_DIRECTORY_COUNT);
    await new Promise((resolve) => setImmediate(resolve));
  }
  options.onProgress?.(1);
}

/** Stores of other programs have it too; an older one may lack it. */
function makeStoreLock(disk: Disk, path: string): void {
  const lockPath = `${path}/${STORE_LOCK_NAME}`;
  if (disk.stat(lockPath) !== undefined) return;
  try {
    disk.open(lockPath, "create").close();
  } catch (thrown) {
    // Another process may open the same store at the same moment.
    if (disk.stat(lockPath) === undefined) throw thrown;
  }
}
