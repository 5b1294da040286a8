/**
 * A disk in memory that loses power as badly as a real one may.
 *
 * Every file and directory has two states: what a running system sees, and what was made durable. A power cut
 * decides for each directory entry and each file that was not synced, by chance, which of the two survives; an unsynced file
 * may also survive empty, or with a hole of zeros. That is worse than any one file system is, and code that
 * stands it needs no luck.
 *
 * Clean directories share their two states (`durableEntries` is undefined), so that a power cut costs as much as was
 * changed since the last sync, not as much as there is.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { engineErrors } from "../errors.ts";
import { diskError } from "./disk-error.ts";
import type { DiskDirection } from "./disk-error.ts";
import { parentPath } from "./disk.ts";
import type { Disk, DiskLock, FileStat, LockMode, OpenFile } from "./disk.ts";
import { createMemoryFileContent } from "./memory-file-content.ts";
import type { MemoryFileContent } from "./memory-file-content.ts";

interface MemoryFile {
  readonly kind: "file";
  readonly inode: number;
  readonly content: MemoryFileContent;
  accessedAtMs: number;
  modifiedAtMs: number;
}

interface MemoryDirectory {
  readonly kind: "directory";
  readonly inode: number;
  entries: Map<string, MemoryNode>;
  /** Undefined while both states are the same. */
  durableEntries: Map<string, MemoryNode> | undefined;
  accessedAtMs: number;
  modifiedAtMs: number;
}

type MemoryNode = MemoryFile | MemoryDirectory;

interface LockState {
  sharedCount: number;
  isExclusive: boolean;
}

export interface MemoryDisk extends Disk {
  /** What was not durable survives or not, as `random` decides; open files are dead and locks are gone. */
  cutPower(random: Random): void;
}

const DEVICE = 1;

// Long because the disk's state lives in one closure; each function in it is short.
export function createMemoryDisk(
  needs: { clock: Clock },
  options: { capacitySizeBytes?: number } = {},
): MemoryDisk {
  const capacitySizeBytes = options.capacitySizeBytes ?? 2 ** 40;
  let inodeCount = 0;
  /** Counts power cuts: what was opened before one is dead after it. */
  let generation = 0;
  let usedSizeBytes = 0;
  const dirtyFiles = new Set<MemoryFile>();
  const dirtyDirectories = new Set<MemoryDirectory>();
  const locks = new Map<MemoryNode, LockState>();
  const root = newDirectory();
  root.durableEntries = undefined;

  function newDirectory(): MemoryDirectory {
    const nowMs = needs.clock.now();
    inodeCount++;
    return {
      kind: "directory",
      inode: inodeCount,
      entries: new Map(),
      durableEntries: undefined,
      accessedAtMs: nowMs,
      modifiedAtMs: nowMs,
    };
  }

  function newFile(): MemoryFile {
    const nowMs = needs.clock.now();
    inodeCount++;
    const content = createMemoryFileContent();
    return { kind: "file", inode: inodeCount, content, accessedAtMs: nowMs, modifiedAtMs: nowMs };
  }

  function find(path: string): MemoryNode | undefined {
    let node: MemoryNode = root;
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (node.kind !== "directory") return undefined;
      const next: MemoryNode | undefined = node.entries.get(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  function get(direction: DiskDirection, operation: string, path: string): MemoryNode {
    const node = find(path);
    if (node === undefined) throw diskError(direction, operation, path, "ENOENT");
    return node;
  }

  function getDirectory(direction: DiskDirection, operation: string, path: string): MemoryDirectory {
    const node = get(direction, operation, path);
    if (node.kind !== "directory") throw diskError(direction, operation, path, "ENOTDIR");
    return node;
  }

  function nameOf(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1);
  }

  function changeEntries(directory: MemoryDirectory): Map<string, MemoryNode> {
    directory.durableEntries ??= new Map(directory.entries);
    dirtyDirectories.add(directory);
    directory.modifiedAtMs = needs.clock.now();
    return directory.entries;
  }

  function addEntry(operation: string, path: string, node: MemoryNode): void {
    const parent = getDirectory("write", operation, parentPath(path));
    if (parent.entries.has(nameOf(path))) throw diskError("write", operation, path, "EEXIST");
    changeEntries(parent).set(nameOf(path), node);
  }

  function dropFile(node: MemoryNode | undefined): void {
    if (node?.kind === "file") usedSizeBytes -= node.content.sizeBytes;
  }

  function statOf(node: MemoryNode): FileStat {
    const { kind, inode, accessedAtMs, modifiedAtMs } = node;
    const sizeBytes = node.kind === "file" ? node.content.sizeBytes : 4096;
    return { kind, sizeBytes, inode, device: DEVICE, accessedAtMs, modifiedAtMs };
  }

  function openFile(path: string, file: MemoryFile): OpenFile {
    const born = generation;
    const assertAlive = (direction: DiskDirection, operation: string): void => {
      if (generation !== born) throw diskError(direction, operation, path, "EIO");
    };
    const write = (bytes: Uint8Array, positionBytes: number): void => {
      assertAlive("write", "write");
      const growthBytes = Math.max(0, positionBytes + bytes.length - file.content.sizeBytes);
      if (usedSizeBytes + growthBytes > capacitySizeBytes) throw diskError("write", "write", path, "ENOSPC");
      usedSizeBytes += growthBytes;
      dirtyFiles.add(file);
      file.content.write(bytes, positionBytes);
      file.modifiedAtMs = needs.clock.now();
    };
    return {
      path,
      pread: (target, positionBytes) => {
        assertAlive("read", "read");
        return file.content.read(target, positionBytes);
      },
      pwrite: write,
      writev: (parts, positionBytes) => {
        let position = positionBytes;
        for (const part of parts) {
          write(part, position);
          position += part.length;
        }
      },
      stat: () => {
        assertAlive("read", "fstat");
        return statOf(file);
      },
      sync: () => {
        assertAlive("write", "fsync");
        file.content.makeDurable();
        dirtyFiles.delete(file);
      },
      close: () => undefined,
    };
  }

  function syncDirectory(directory: MemoryDirectory): void {
    directory.durableEntries = undefined;
    dirtyDirectories.delete(directory);
  }

  function syncAll(): void {
    for (const file of dirtyFiles) file.content.makeDurable();
    dirtyFiles.clear();
    for (const directory of [...dirtyDirectories]) syncDirectory(directory);
  }

  function tryLock(path: string, mode: LockMode): DiskLock | undefined {
    const node = get("read", "open", path);
    const born = generation;
    const state = locks.get(node) ?? { sharedCount: 0, isExclusive: false };
    if (state.isExclusive || (mode === "exclusive" && state.sharedCount > 0)) return undefined;
    if (mode === "shared") state.sharedCount++;
    else state.isExclusive = true;
    locks.set(node, state);
    let isHeld = true;
    return {
      path,
      isCurrent: () => isHeld && generation === born && find(path) === node,
      release: () => {
        if (!isHeld || generation !== born) return;
        isHeld = false;
        if (mode === "shared") state.sharedCount--;
        else state.isExclusive = false;
        if (state.sharedCount === 0 && !state.isExclusive) locks.delete(node);
      },
    };
  }

  function sizeBelow(node: MemoryNode): number {
    if (node.kind === "file") return node.content.sizeBytes;
    let sum = 0;
    for (const child of node.entries.values()) sum += sizeBelow(child);
    return sum;
  }

  function cutPower(random: Random): void {
    generation++;
    locks.clear();
    for (const directory of dirtyDirectories) {
      const durable = directory.durableEntries ?? directory.entries;
      for (const name of new Set([...durable.keys(), ...directory.entries.keys()])) {
        const [before, now] = [durable.get(name), directory.entries.get(name)];
        const survivor = before === now || random.integer(0, 1) === 0 ? before : now;
        if (survivor === undefined) directory.entries.delete(name);
        else directory.entries.set(name, survivor);
      }
      directory.durableEntries = undefined;
    }
    dirtyDirectories.clear();
    for (const file of dirtyFiles) file.content.cutPower(random);
    dirtyFiles.clear();
    usedSizeBytes = sizeBelow(root);
  }

  function removeNode(path: string): void {
    const node = find(path);
    if (node === undefined) return;
    if (node.kind === "directory") for (const name of [...node.entries.keys()]) removeNode(`${path}/${name}`);
    dropFile(node);
    changeEntries(getDirectory("write", "remove", parentPath(path))).delete(nameOf(path));
  }

  return {
    open: (path, mode) => {
      if (mode === "create") {
        const file = newFile();
        addEntry("open", path, file);
        dirtyFiles.add(file);
        return openFile(path, file);
      }
      const node = get("read", "open", path);
      if (node.kind !== "file") throw diskError("read", "open", path, "EISDIR");
      return openFile(path, node);
    },
    readFile: (path, sizeBytesMax) => {
      const node = get("read", "open", path);
      if (node.kind !== "file") throw diskError("read", "read", path, "EISDIR");
      const { sizeBytes } = node.content;
      if (sizeBytes > sizeBytesMax) throw engineErrors.FILE_TOO_LARGE({ path, sizeBytes, sizeBytesMax });
      const bytes = new Uint8Array(sizeBytes);
      node.content.read(bytes, 0);
      return bytes;
    },
    mkdir: (path) => addEntry("mkdir", path, newDirectory()),
    rename: (source, target) => {
      const node = get("write", "rename", source);
      const [from, to] = [parentPath(source), parentPath(target)];
      const replaced = getDirectory("write", "rename", to).entries.get(nameOf(target));
      if (replaced === node) return;
      if (replaced?.kind === "directory") {
        if (node.kind !== "directory") throw diskError("write", "rename", target, "EISDIR");
        if (replaced.entries.size > 0) throw diskError("write", "rename", target, "ENOTEMPTY");
      } else if (replaced !== undefined && node.kind === "directory") {
        throw diskError("write", "rename", target, "ENOTDIR");
      }
      dropFile(replaced);
      changeEntries(getDirectory("write", "rename", from)).delete(nameOf(source));
      changeEntries(getDirectory("write", "rename", to)).set(nameOf(target), node);
    },
    unlink: (path) => {
      const node = get("write", "unlink", path);
      if (node.kind !== "file") throw diskError("write", "unlink", path, "EISDIR");
      dropFile(node);
      changeEntries(getDirectory("write", "unlink", parentPath(path))).delete(nameOf(path));
    },
    rmdir: (path) => {
      if (getDirectory("write", "rmdir", path).entries.size > 0) return false;
      changeEntries(getDirectory("write", "rmdir", parentPath(path))).delete(nameOf(path));
      return true;
    },
    readdir: (path) => [...getDirectory("read", "readdir", path).entries.keys()],
    stat: (path) => {
      const node = find(path);
      return node === undefined ? undefined : statOf(node);
    },
    lstat: (path) => {
      const node = find(path);
      return node === undefined ? undefined : statOf(node);
    },
    touch: (path, accessedAtMs) => {
      get("write", "utimes", path).accessedAtMs = accessedAtMs;
    },
    realPath: (path) => {
      get("read", "realpath", path);
      return `/${path
        .split("/")
        .filter((name) => name !== "" && name !== ".")
        .join("/")}`;
    },
    removeTree: removeNode,
    syncDirectory: (path) => syncDirectory(getDirectory("write", "fsync", path)),
    openFileSystem: (path) => {
      getDirectory("read", "open", path);
      return {
        sync: syncAll,
        syncInBackground: async () => syncAll(),
        startWriteback: () => undefined,
        close: () => undefined,
      };
    },
    space: (path) => {
      get("read", "statfs", path);
      const freeSizeBytes = Math.max(0, capacitySizeBytes - usedSizeBytes);
      return { totalSizeBytes: capacitySizeBytes, usedSizeBytes, freeSizeBytes };
    },
    tryLock,
    cutPower,
  };
}
