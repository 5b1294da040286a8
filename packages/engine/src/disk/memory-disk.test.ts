import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { describe, expect, it } from "vitest";
import { createFaultyDisk } from "./faulty-disk.ts";
import { createMemoryDisk } from "./memory-disk.ts";
import type { MemoryDisk } from "./memory-disk.ts";

const PATTERN = Uint8Array.from({ length: 1000 }, (_, index) => (index % 255) + 1);

function writePattern(disk: MemoryDisk, path: string, isSynced: boolean): void {
  const file = disk.open(path, "create");
  file.pwrite(PATTERN, 0);
  if (isSynced) file.sync();
}

/** What was seen over many power cuts, each on a disk of its own. */
function fatesOf(prepare: (disk: MemoryDisk) => void, observe: (disk: MemoryDisk) => string): Set<string> {
  const fates = new Set<string>();
  for (let seed = 1; seed <= 200; seed++) {
    const disk = createMemoryDisk({ clock: createFakeClock() });
    prepare(disk);
    disk.cutPower(createSeededRandom(seed));
    fates.add(observe(disk));
  }
  return fates;
}

function contentFate(disk: MemoryDisk): string {
  if (disk.stat("/file") === undefined) return "gone";
  const bytes = disk.readFile("/file", 2000);
  if (bytes.length === 0) return "empty";
  return Buffer.compare(bytes, PATTERN) === 0 ? "whole" : "torn";
}

describe("the memory disk at a power cut", () => {
  it("keeps what was synced: the bytes with the file, the name with the directory", () => {
    const fates = fatesOf((disk) => {
      writePattern(disk, "/file", true);
      disk.syncDirectory("/");
    }, contentFate);
    expect(fates).toEqual(new Set(["whole"]));
  });

  it("may lose the name of a synced file, but never its bytes", () => {
    expect(fatesOf((disk) => writePattern(disk, "/file", true), contentFate)).toEqual(
      new Set(["gone", "whole"]),
    );
  });

  it("may keep the name and lose, cut or tear the bytes that were not synced", () => {
    const fates = fatesOf((disk) => {
      writePattern(disk, "/file", false);
      disk.syncDirectory("/");
    }, contentFate);
    expect(fates).toEqual(new Set(["empty", "torn", "whole"]));
  });

  it("keeps everything after a sync of the file system", () => {
    const fates = fatesOf((disk) => {
      writePattern(disk, "/file", false);
      disk.openFileSystem("/").sync();
    }, contentFate);
    expect(fates).toEqual(new Set(["whole"]));
  });

  it("shows the old or the new file after a rename that was not synced, never a mixture", () => {
    const fates = fatesOf(
      (disk) => {
        writePattern(disk, "/file", true);
        disk.openFileSystem("/").sync();
        const file = disk.open("/new", "create");
        file.pwrite(PATTERN.subarray(0, 500), 0);
        file.sync();
        disk.rename("/new", "/file");
      },
      (disk) => String(disk.readFile("/file", 2000).length),
    );
    expect(fates).toEqual(new Set(["1000", "500"]));
  });

  it("may bring back what was removed, and keeps it removed after a sync", () => {
    const prepare = (disk: MemoryDisk): void => {
      writePattern(disk, "/file", true);
      disk.syncDirectory("/");
      disk.unlink("/file");
    };
    expect(fatesOf(prepare, contentFate)).toEqual(new Set(["gone", "whole"]));
    const synced = (disk: MemoryDisk): void => {
      prepare(disk);
      disk.syncDirectory("/");
    };
    expect(fatesOf(synced, contentFate)).toEqual(new Set(["gone"]));
  });

  it("ends open files and lets locks go", () => {
    const disk = createMemoryDisk({ clock: createFakeClock() });
    const file = disk.open("/file", "create");
    disk.syncDirectory("/");
    const lock = disk.tryLock("/", "exclusive");
    disk.cutPower(createSeededRandom(1));
    expect(() => file.pwrite(PATTERN, 0)).toThrow(expect.objectContaining({ code: "DISK_WRITE_FAILED" }));
    expect(lock?.isCurrent()).toBe(false);
    expect(disk.tryLock("/", "exclusive")).toBeDefined();
  });
});

describe("the memory disk's space", () => {
  it("runs out with the text that people read, and comes back by removing", () => {
    const disk = createMemoryDisk({ clock: createFakeClock() }, { capacitySizeBytes: 1500 });
    writePattern(disk, "/file", false);
    expect(() => writePattern(disk, "/second", false)).toThrow("no space left on datastore");
    disk.unlink("/file");
    disk.unlink("/second");
    writePattern(disk, "/third", false);
    expect(disk.space("/").freeSizeBytes).toBe(500);
  });
});

describe("the faulty disk", () => {
  it("fails the chosen operation and no other", () => {
    const inner = createMemoryDisk({ clock: createFakeClock() });
    const disk = createFaultyDisk(inner, ({ number }) => (number === 2 ? { errno: "EIO" } : undefined));
    disk.mkdir("/first");
    expect(() => disk.mkdir("/second")).toThrow(expect.objectContaining({ code: "DISK_WRITE_FAILED" }));
    disk.mkdir("/third");
    expect(inner.readdir("/")).toEqual(["first", "third"]);
  });

  it("writes half before it reports a full disk", () => {
    const inner = createMemoryDisk({ clock: createFakeClock() });
    const disk = createFaultyDisk(inner, ({ name }) => (name === "write" ? { errno: "ENOSPC" } : undefined));
    const file = disk.open("/file", "create");
    expect(() => file.pwrite(PATTERN, 0)).toThrow("no space left on datastore");
    expect(inner.stat("/file")?.sizeBytes).toBe(500);
  });

  it("does nothing any more after a power cut", () => {
    const inner = createMemoryDisk({ clock: createFakeClock() });
    const disk = createFaultyDisk(inner, ({ number }) => (number === 2 ? "power-cut" : undefined));
    disk.mkdir("/first");
    expect(() => disk.readdir("/")).toThrow(expect.objectContaining({ code: "DISK_READ_FAILED" }));
    expect(() => disk.mkdir("/second")).toThrow(expect.objectContaining({ code: "DISK_WRITE_FAILED" }));
    expect(inner.readdir("/")).toEqual(["first"]);
  });
});
