import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeClock } from "@ironcore-backup/base";
import { describe, expect, it } from "vitest";
import { describeDisk } from "./disk.contract.ts";
import { pathFromText, textFromPath } from "./disk.ts";
import { createFaultyDisk } from "./faulty-disk.ts";
import { createMemoryDisk } from "./memory-disk.ts";
import { createRealDisk } from "./real-disk.ts";

function temporaryDirectory(): { root: string; cleanUp: () => void } {
  const root = mkdtempSync(join(tmpdir(), "disk-test-"));
  return { root, cleanUp: () => rmSync(root, { recursive: true }) };
}

function memoryDisk() {
  const disk = createMemoryDisk({ clock: createFakeClock() });
  disk.mkdir("/root");
  return disk;
}

describeDisk("real", () => ({ disk: createRealDisk(), ...temporaryDirectory() }));
describeDisk("memory", () => ({ disk: memoryDisk(), root: "/root", cleanUp: () => undefined }));
describeDisk("faulty (while it has no fault)", () => ({
  disk: createFaultyDisk(memoryDisk(), () => undefined),
  root: "/root",
  cleanUp: () => undefined,
}));

describe("the real disk, beyond what the others can show", () => {
  it("does not follow a symbolic link when it removes a tree", () => {
    const disk = createRealDisk();
    const { root, cleanUp } = temporaryDirectory();
    disk.mkdir(`${root}/kept`);
    disk.open(`${root}/kept/file`, "create").close();
    disk.mkdir(`${root}/tree`);
    symlinkSync(`${root}/kept`, `${root}/tree/link`);
    expect(disk.lstat(`${root}/tree/link`)?.kind).toBe("symlink");
    disk.removeTree(`${root}/tree`);
    expect(disk.readdir(root)).toEqual(["kept"]);
    expect(disk.readdir(`${root}/kept`)).toEqual(["file"]);
    cleanUp();
  });

  it("says who is refused, and where", () => {
    expect(() => createRealDisk().readdir("/dev/null")).toThrow(
      /Reading \/dev\/null failed \(readdir: ENOTDIR\)/,
    );
  });
});

describe("paths", () => {
  it("keep the bytes of a name, UTF-8 or not", () => {
    expect(pathFromText("/plain")).toBe("/plain");
    expect(pathFromText("/grün")).toBe("/gr\xc3\xbcn");
    expect(textFromPath("/gr\xc3\xbcn")).toBe("/grün");
    expect(textFromPath("/gr\xfcn")).toBe("/gr\\xfcn");
  });
});
