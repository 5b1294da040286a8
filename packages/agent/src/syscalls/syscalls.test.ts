import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { getAttribute, listAttributes, pathInside, setAttribute } from "./attributes.ts";
import { makeLinkAt, makeNodeAt, setModifiedAt, setOwnerAt, writeFully } from "./creation.ts";
import {
  AT_FDCWD,
  closeFd,
  isRoot,
  listDirectory,
  openAt,
  OPEN_CREATE,
  openDirectory,
  openForReading,
  readLinkAt,
  seekData,
  seekHole,
} from "./directory.ts";
import { EEXIST, ELOOP, ENOENT, ENOTDIR } from "./errno.ts";
import { FileStat, S_IFCHR, S_IFLNK, S_IFREG, statAt, statFd } from "./file-stat.ts";
import { fileSystemOf, virtualFileSystemName } from "./file-system.ts";

const root = mkdtempSync(join(tmpdir(), "ironcore-syscalls-"));
const rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
afterAll(() => {
  closeSync(rootFd);
  rmSync(root, { recursive: true });
});

test("reads a file's metadata to the nanosecond, also before 1970 and after 2106", () => {
  writeFileSync(join(root, "times"), "12345");
  const stat = new FileStat();
  for (const [seconds, nanos] of [
    [-12, 999_999_999],
    [1_700_000_000, 123_456_789],
    [5_000_000_000, 1],
  ] as const) {
    expect(setModifiedAt(rootFd, "times", seconds, nanos)).toBe(0);
    expect(statAt(rootFd, "times", stat)).toBe(0);
    expect([stat.mtimeSeconds, stat.mtimeNanos]).toEqual([seconds, nanos]);
  }
  const other = lstatSync(join(root, "times"), { bigint: true });
  expect(stat.kind).toBe(S_IFREG);
  expect([stat.sizeBytes, stat.mode, stat.linkCount, stat.uid, stat.gid]).toEqual(
    [5n, other.mode, other.nlink, other.uid, other.gid].map(Number),
  );
  expect(BigInt(stat.inodeHigh) * 2n ** 32n + BigInt(stat.inodeLow)).toBe(other.ino);
  expect(BigInt(stat.ctimeSeconds) * 10n ** 9n + BigInt(stat.ctimeNanos)).toBe(other.ctimeNs);
});

test("lists names that are not UTF-8 in bytewise order and opens them again", () => {
  const names = ["z", "a", "\xff\xfe", "\xc3\xa9", "A", "a b", "a\nb"];
  mkdirSync(join(root, "names"));
  for (const name of names) writeFileSync(Buffer.from(`${root}/names/${name}`, "latin1"), name);
  const fd = openDirectory(rootFd, "names");
  expect(listDirectory(fd)).toEqual([...names].sort());
  const stat = new FileStat();
  for (const name of names) {
    const file = openForReading(fd, name, isRoot());
    expect(file).toBeGreaterThan(0);
    expect(statFd(file, stat)).toBe(0);
    closeFd(file);
  }
  closeFd(fd);
});

test("lists a directory that needs many reads, each name once", () => {
  mkdirSync(join(root, "many"));
  const names = Array.from(
    { length: 5000 },
    (_, index) => `file-with-a-longish-name-${String(index).padStart(6, "0")}`,
  );
  for (const name of names) writeFileSync(join(root, "many", name), "");
  const fd = openDirectory(rootFd, "many");
  expect(listDirectory(fd)).toEqual(names);
  closeFd(fd);
});

test("follows no link, neither to a file nor to a directory", () => {
  symlinkSync("/etc", join(root, "way-out"));
  symlinkSync("/etc/passwd", join(root, "passwd"));
  expect([-ENOTDIR, -ELOOP]).toContain(openDirectory(rootFd, "way-out"));
  expect(openForReading(rootFd, "passwd", isRoot())).toBe(-ELOOP);
  expect(openAt(rootFd, "passwd", OPEN_CREATE, 0o600)).toBe(-EEXIST);
  expect(readLinkAt(rootFd, "passwd")).toBe("/etc/passwd");
  const stat = new FileStat();
  expect(statAt(rootFd, "passwd", stat)).toBe(0);
  expect(stat.kind).toBe(S_IFLNK);
});

test("says what is not there with the kernel's number", () => {
  const stat = new FileStat();
  expect(statAt(rootFd, "nothing", stat)).toBe(-ENOENT);
  expect(openAt(rootFd, "x".repeat(5000), 0)).toBeLessThan(0);
  expect(openDirectory(AT_FDCWD, "/nonexistent")).toBe(-ENOENT);
});

test("makes links with any bytes and sets the times and owner of the link itself", () => {
  expect(makeLinkAt(rootFd, "odd-link", "\xff/nowhere")).toBe(0);
  expect(readlinkSync(join(root, "odd-link"), { encoding: "latin1" })).toBe("\xff/nowhere");
  expect(setModifiedAt(rootFd, "odd-link", 1_600_000_000, 5)).toBe(0);
  expect(lstatSync(join(root, "odd-link"), { bigint: true }).mtimeNs).toBe(1_600_000_000_000_000_005n);
  if (isRoot()) {
    expect(setOwnerAt(rootFd, "odd-link", 1234, 5678)).toBe(0);
    expect(lstatSync(join(root, "odd-link")).uid).toBe(1234);
  }
});

test.runIf(process.getuid?.() === 0)(
  "makes device nodes with large numbers that the kernel reads back the same",
  () => {
    const stat = new FileStat();
    for (const [major, minor] of [
      [1, 3],
      [259, 1_000_000],
      [4095, 0xfffff],
    ] as const) {
      const name = `node-${major}-${minor}`;
      expect(makeNodeAt(rootFd, name, S_IFCHR | 0o600, major, minor)).toBe(0);
      expect(statAt(rootFd, name, stat)).toBe(0);
      expect([stat.nodeMajor, stat.nodeMinor]).toEqual([major, minor]);
    }
  },
);

test("carries attributes by descriptor and by path, and shows them to the system's own tools", () => {
  writeFileSync(join(root, "attributed"), "x");
  const fd = openForReading(rootFd, "attributed", isRoot());
  expect(listAttributes({ fd })).toEqual([]);
  expect(setAttribute({ fd }, "user.one", new Uint8Array([1, 0, 255]))).toBe(0);
  expect(setAttribute({ path: pathInside(rootFd, "attributed") }, "user.two", new Uint8Array())).toBe(0);
  expect([...(listAttributes({ fd }) as readonly string[])].sort()).toEqual(["user.one", "user.two"]);
  expect(getAttribute({ path: pathInside(rootFd, "attributed") }, "user.one")).toEqual(
    new Uint8Array([1, 0, 255]),
  );
  expect(execFileSync("getfattr", ["--only-values", "-n", "user.one", join(root, "attributed")])).toEqual(
    Buffer.from([1, 0, 255]),
  );
  closeFd(fd);
});

test("finds the holes of a sparse file", () => {
  const path = join(root, "sparse");
  writeFileSync(path, "");
  truncateSync(path, 16 << 20);
  const writeFd = openAt(rootFd, "sparse", constants.O_RDWR);
  expect(writeFully(writeFd, new Uint8Array(4096).fill(7), 8 << 20)).toBe(0);
  expect(seekData(writeFd, 0)).toBe(8 << 20);
  expect(seekHole(writeFd, 8 << 20)).toBe((8 << 20) + 4096);
  expect(seekData(writeFd, (8 << 20) + 4096)).toBeLessThan(0);
  closeFd(writeFd);
  expect(readFileSync(path).subarray(8 << 20, (8 << 20) + 1)[0]).toBe(7);
});

test("knows two names of one inode as one file", () => {
  writeFileSync(join(root, "first"), "");
  linkSync(join(root, "first"), join(root, "second"));
  const [a, b] = [new FileStat(), new FileStat()];
  statAt(rootFd, "first", a);
  statAt(rootFd, "second", b);
  expect(a.isSameInode(b)).toBe(true);
  expect(a.linkKey).toBe(b.linkKey);
  expect(a.linkCount).toBe(2);
});

test("tells a virtual file system from one that stores files", () => {
  const proc = openDirectory(AT_FDCWD, "/proc");
  expect(virtualFileSystemName(fileSystemOf(proc)?.magic ?? 0)).toBe("proc");
  expect(virtualFileSystemName(fileSystemOf(rootFd)?.magic ?? 0)).toBeUndefined();
  closeFd(proc);
});
