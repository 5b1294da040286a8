/** What every disk must do alike. Run by `disk.test.ts` for the real, the memory and the faulty disk. */

import { CodedError } from "@ironcore-backup/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Disk } from "./disk.ts";

export interface DiskUnderTest {
  readonly disk: Disk;
  /** An empty directory. */
  readonly root: string;
  cleanUp(): void;
}

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return "nothing thrown";
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

// Long because it is one list of sentences about one interface.
export function describeDisk(name: string, start: () => DiskUnderTest): void {
  describe(`the ${name} disk`, () => {
    let disk: Disk;
    let root: string;
    let cleanUp: () => void;
    beforeEach(() => {
      ({ disk, root, cleanUp } = start());
    });
    afterEach(() => cleanUp());

    const write = (path: string, text: string): void => {
      const file = disk.open(path, "create");
      file.pwrite(bytesOf(text), 0);
      file.close();
    };
    const read = (path: string): string => new TextDecoder().decode(disk.readFile(path, 1000));

    it("gives back what was written, at any position and in parts", () => {
      const file = disk.open(`${root}/file`, "create");
      file.writev([bytesOf("parts "), bytesOf(""), bytesOf("end to end")], 6);
      file.pwrite(bytesOf("three "), 0);
      expect(file.stat().sizeBytes).toBe(22);
      const part = new Uint8Array(5);
      expect(file.pread(part, 6)).toBe(5);
      expect(new TextDecoder().decode(part)).toBe("parts");
      file.sync();
      file.close();
      expect(read(`${root}/file`)).toBe("three parts end to end");
    });

    it("reads fewer bytes only at the end of the file", () => {
      write(`${root}/file`, "short");
      const file = disk.open(`${root}/file`, "read");
      expect(file.pread(new Uint8Array(10), 3)).toBe(2);
      expect(file.pread(new Uint8Array(10), 5)).toBe(0);
      expect(file.pread(new Uint8Array(10), 50)).toBe(0);
      file.close();
    });

    it("leaves a gap of zeros where nothing was written", () => {
      const file = disk.open(`${root}/file`, "create");
      file.pwrite(bytesOf("x"), 3);
      file.close();
      expect([...disk.readFile(`${root}/file`, 10)]).toEqual([0, 0, 0, 120]);
    });

    it("refuses to read a file that is larger than the caller allows", () => {
      write(`${root}/file`, "four");
      expect(codeOf(() => disk.readFile(`${root}/file`, 3))).toBe("FILE_TOO_LARGE");
      expect(disk.readFile(`${root}/file`, 4)).toHaveLength(4);
    });

    it("never creates over an existing name", () => {
      write(`${root}/file`, "old");
      expect(codeOf(() => disk.open(`${root}/file`, "create"))).toBe("FILE_EXISTS");
      expect(read(`${root}/file`)).toBe("old");
      disk.mkdir(`${root}/directory`);
      expect(codeOf(() => disk.mkdir(`${root}/directory`))).toBe("FILE_EXISTS");
    });

    it("names what is missing, with path and errno", () => {
      const missing = `${root}/nothing`;
      expect(codeOf(() => disk.open(missing, "read"))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.readFile(missing, 1))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.readdir(missing))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.unlink(missing))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.rename(missing, `${root}/other`))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.mkdir(`${missing}/below`))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.touch(missing, 1))).toBe("FILE_MISSING");
      expect(codeOf(() => disk.tryLock(missing, "shared"))).toBe("FILE_MISSING");
      expect(() => disk.readFile(missing, 1)).toThrow(
        expect.objectContaining({ context: { path: missing, errno: "ENOENT" } }),
      );
      expect(disk.stat(missing)).toBeUndefined();
      expect(disk.lstat(`${missing}/below`)).toBeUndefined();
    });

    it("replaces a file by a rename, and keeps its inode", () => {
      write(`${root}/new`, "new");
      write(`${root}/old`, "old");
      const { inode } = disk.stat(`${root}/new`) ?? {};
      disk.rename(`${root}/new`, `${root}/old`);
      expect(read(`${root}/old`)).toBe("new");
      expect(disk.stat(`${root}/old`)?.inode).toBe(inode);
      expect(disk.readdir(root)).toEqual(["old"]);
    });

    it("renames a directory with everything in it", () => {
      disk.mkdir(`${root}/before`);
      write(`${root}/before/file`, "inside");
      disk.rename(`${root}/before`, `${root}/after`);
      expect(read(`${root}/after/file`)).toBe("inside");
      expect(disk.stat(`${root}/before`)).toBeUndefined();
    });

    it("tells files from directories, and lists names as they are", () => {
      disk.mkdir(`${root}/directory`, 0o750);
      write(`${root}/na\xefve`, "a name that is not UTF-8");
      expect(disk.stat(`${root}/directory`)?.kind).toBe("directory");
      expect(disk.lstat(`${root}/na\xefve`)).toMatchObject({ kind: "file", sizeBytes: 24 });
      expect(disk.readdir(root).toSorted()).toEqual(["directory", "na\xefve"]);
      expect(read(`${root}/na\xefve`)).toBe("a name that is not UTF-8");
    });

    it("removes only an empty directory with rmdir", () => {
      disk.mkdir(`${root}/directory`);
      write(`${root}/directory/file`, "x");
      expect(disk.rmdir(`${root}/directory`)).toBe(false);
      disk.unlink(`${root}/directory/file`);
      expect(disk.rmdir(`${root}/directory`)).toBe(true);
      expect(disk.readdir(root)).toEqual([]);
    });

    it("removes a whole tree, and nothing when nothing is there", () => {
      disk.mkdir(`${root}/tree`);
      disk.mkdir(`${root}/tree/below`);
      write(`${root}/tree/below/file`, "x");
      write(`${root}/beside`, "x");
      disk.removeTree(`${root}/tree`);
      disk.removeTree(`${root}/tree`);
      expect(disk.readdir(root)).toEqual(["beside"]);
    });

    it("touches the access time and leaves the modification time", () => {
      write(`${root}/file`, "x");
      const before = disk.stat(`${root}/file`);
      disk.touch(`${root}/file`, 1_234_567_890_123);
      const after = disk.stat(`${root}/file`);
      expect(after?.accessedAtMs).toBeCloseTo(1_234_567_890_123, 0);
      expect(after?.modifiedAtMs).toBeCloseTo(before?.modifiedAtMs ?? 0, 1);
    });

    it("keeps an open file readable after its name is gone", () => {
      write(`${root}/file`, "still here");
      const file = disk.open(`${root}/file`, "read");
      disk.unlink(`${root}/file`);
      const bytes = new Uint8Array(10);
      expect(file.pread(bytes, 0)).toBe(10);
      file.close();
    });

    it("syncs files, directories and the whole file system", async () => {
      write(`${root}/file`, "x");
      disk.syncDirectory(root);
      const fileSystem = disk.openFileSystem(root);
      fileSystem.startWriteback(`${root}/file`);
      fileSystem.startWriteback(`${root}/nothing`);
      fileSystem.sync();
      await fileSystem.syncInBackground();
      fileSystem.close();
      expect(read(`${root}/file`)).toBe("x");
    });

    it("tells how much space there is", () => {
      const { totalSizeBytes, usedSizeBytes, freeSizeBytes } = disk.space(root);
      expect(totalSizeBytes).toBeGreaterThan(0);
      expect(usedSizeBytes + freeSizeBytes).toBeLessThanOrEqual(totalSizeBytes);
    });

    it("lets many share a lock and one hold it alone, within one process too", () => {
      const first = disk.tryLock(root, "shared");
      const second = disk.tryLock(root, "shared");
      expect(first).toBeDefined();
      expect(second).toBeDefined();
      expect(disk.tryLock(root, "exclusive")).toBeUndefined();
      first?.release();
      first?.release();
      expect(disk.tryLock(root, "exclusive")).toBeUndefined();
      second?.release();
      const alone = disk.tryLock(root, "exclusive");
      expect(alone).toBeDefined();
      expect(disk.tryLock(root, "shared")).toBeUndefined();
      alone?.release();
      expect(disk.tryLock(root, "shared")).toBeDefined();
    });

    it("sees that a locked path names another thing now", () => {
      disk.mkdir(`${root}/directory`);
      const lock = disk.tryLock(`${root}/directory`, "exclusive");
      expect(lock?.isCurrent()).toBe(true);
      disk.rename(`${root}/directory`, `${root}/moved`);
      expect(lock?.isCurrent()).toBe(false);
      disk.mkdir(`${root}/directory`);
      expect(lock?.isCurrent()).toBe(false);
      expect(disk.tryLock(`${root}/directory`, "exclusive")).toBeDefined();
      expect(disk.tryLock(`${root}/moved`, "exclusive")).toBeUndefined();
    });

    it("resolves a path to the one without detours", () => {
      disk.mkdir(`${root}/directory`);
      expect(disk.realPath(`${root}/./directory/`)).toBe(disk.realPath(`${root}/directory`));
    });
  });
}
