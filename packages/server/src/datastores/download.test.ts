/** What is downloaded is read with Debian's tools and Python's, which are not ours. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createFakeClock, createSeededRandom, toCodedError } from "@ironcore-backup/base";
import { createDatastore, createMemoryDisk } from "@ironcore-backup/engine";
import { createEncryptionKey } from "@ironcore-backup/format";
import type { DownloadFormat } from "@ironcore-backup/protocol";
import { openDownload } from "./download.ts";
import { takeTreeSnapshot, TREE_MTIME_SECONDS } from "./tree-snapshot.testing.ts";
import type { Tree, TreeSnapshotOptions } from "./tree-snapshot.testing.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

const NAME = "host/web/2026-01-01T00:00:00Z";
/** Compresses badly and is more than a piece and several chunks. */
const LARGE = Uint8Array.from({ length: 2_500_000 }, (_, at) => ((at * 2_654_435_761) >>> 13) & 255);
const LONG_NAME = `${"n".repeat(180)}.txt`;
const TREE: Tree = {
  etc: {
    directory: {
      "a file": { content: "hello\n", mode: 0o640 },
      empty: "",
      "from-a-b.txt": "x",
      large: LARGE,
      [LONG_NAME]: "long",
      "gr\xc3\xb6\xc3\x9fe": "utf-8",
      other: { hardlink: "etc/a file" },
      outside: { symlink: "../../../etc/passwd" },
      pipe: { fifo: true },
      sda: { device: { major: 8, minor: 1 } },
      sub: { directory: { inner: "inner", deeper: { directory: {} } }, mode: 0o700 },
    },
  },
  single: { content: LARGE, mtimeSeconds: 5_000_000_000 },
  zlink: { hardlink: "etc/large" },
};

async function aHouse(tree: Tree = TREE, options: TreeSnapshotOptions = {}) {
  const clock = createFakeClock();
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  const datastore = await createDatastore(needs, "/store");
  const snapshot = await takeTreeSnapshot(needs, datastore, NAME, tree, options);
  const fetch = (path: string, format?: DownloadFormat, archive = "root") => {
    const download = openDownload(needs, datastore, { snapshot, archive, path, format });
    closers.push(() => download.close());
    return download;
  };
  return { needs, datastore, fetch };
}

function bytesOf(pieces: Iterable<Uint8Array>): Buffer {
  const copies: Buffer[] = [];
  for (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-download-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function saved(bytes: Uint8Array, name: string): { readonly file: string; readonly directory: string } {
  const directory = aDirectory();
  writeFileSync(join(directory, name), bytes);
  return { file: join(directory, name), directory };
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: "utf8", env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" } });

describe.each([1, 2] as const)("of an archive of version %i", (version) => {
  test("a file comes as it is, with its length", async () => {
    const { fetch } = await aHouse(TREE, { version });
    const { head, pieces } = fetch("/etc/large");
    expect(head).toEqual({
      fileName: "large",
      mediaType: "application/octet-stream",
      sizeBytes: LARGE.length,
    });
    expect(bytesOf(pieces).equals(LARGE)).toBe(true);
    expect(bytesOf(fetch("/zlink").pieces).equals(LARGE)).toBe(true);
    expect(bytesOf(fetch("/etc/empty").pieces).length).toBe(0);
  });

  test("a directory comes as a zip that unzip and Python read", async () => {
    const { fetch } = await aHouse(TREE, { version });
    const { head, pieces } = fetch("/etc", "zip");
    expect(head).toEqual({ fileName: "etc.zip", mediaType: "application/zip" });
    const { file, directory } = saved(bytesOf(pieces), "etc.zip");
    expect(run("unzip", "-tq", file)).toContain("No errors detected");
    run("unzip", "-q", file, "-d", join(directory, "out"));
    const out = join(directory, "out/etc");
    expect(readdirSync(out).toSorted()).toEqual(
      ["a file", "empty", "from-a-b.txt", "größe", "large", LONG_NAME, "other", "outside", "sub"].toSorted(),
    );
    expect(readFileSync(join(out, "large")).equals(LARGE)).toBe(true);
    expect(readFileSync(join(out, "other"), "utf8")).toBe("hello\n");
    expect(run("readlink", join(out, "outside"))).toBe("../../../etc/passwd\n");
    expect(statSync(join(out, "a file")).mode & 0o777).toBe(0o640);
    expect(statSync(join(out, "sub")).mode & 0o777).toBe(0o700);
    expect(statSync(join(out, "a file")).mtimeMs / 1000).toBe(TREE_MTIME_SECONDS);
    const told = readFileSync(join(directory, "out/etc.left-out.txt"), "utf8");
    expect(told).toBe(
      "etc/pipe: a fifo, which zip has no place for\netc/sda: a block device, which zip has no place for\n",
    );
    const names = run(
      "python3",
      "-c",
      "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print('\\n'.join(z.namelist()))",
      file,
    );
    expect(names.split("\n")).toContain("etc/größe");
  });

  test("a directory comes as a tar.zst that GNU tar unpacks as it was", async () => {
    const { fetch } = await aHouse(TREE, { version });
    const { head, pieces } = fetch("/etc", "tar.zst");
    expect(head).toEqual({ fileName: "etc.tar.zst", mediaType: "application/zstd" });
    const { file, directory } = saved(bytesOf(pieces), "etc.tar.zst");
    const list = run("tar", "--zstd", "--numeric-owner", "-tvf", file);
    expect(list).toMatch(/^brw-r--r-- 1000\/100 +8,1 .* etc\/sda$/m);
    expect(list).toMatch(/^prw-r--r-- .* etc\/pipe$/m);
    expect(list).toMatch(/^hrw-r----- .* etc\/other link to etc\/a file$/m);
    expect(list).toMatch(/^lrwxrwxrwx .* etc\/outside -> ..\/..\/..\/etc\/passwd$/m);
    run("tar", "--zstd", "-xf", file, "-C", directory, "--exclude=etc/sda", "--no-same-owner");
    const out = join(directory, "etc");
    expect(readFileSync(join(out, "large")).equals(LARGE)).toBe(true);
    expect(readFileSync(join(out, LONG_NAME), "utf8")).toBe("long");
    expect(readFileSync(join(out, "größe"), "utf8")).toBe("utf-8");
    expect(statSync(join(out, "other")).ino).toBe(statSync(join(out, "a file")).ino);
    expect(readdirSync(directory).toSorted()).toEqual(["etc", "etc.tar.zst"]);
  });
});

describe("a download", () => {
  test("of the whole archive has its name, and tells of sockets; times beyond 2106 and odd names go into both formats", async () => {
    const { fetch } = await aHouse({ ...TREE, "odd\xff\\name": "odd", odd_name: "plain" });
    const tar = saved(bytesOf(fetch("/", "tar.zst").pieces), "all.tar.zst");
    run("tar", "--zstd", "-xf", tar.file, "-C", tar.directory, "--exclude=sda", "--no-same-owner");
    const out = Buffer.from(join(tar.directory, "root"));
    expect(readFileSync(Buffer.concat([out, Buffer.from("/odd\xff\\name", "latin1")]), "utf8")).toBe("odd");
    expect(statSync(join(tar.directory, "root/single")).mtimeMs / 1000).toBe(5_000_000_000);
    expect(statSync(join(tar.directory, "root/zlink")).nlink).toBe(2);
    const zip = saved(bytesOf(fetch("/").pieces), "all.zip");
    run("unzip", "-q", zip.file, "-d", join(zip.directory, "out"));
    const [odd = ""] = readdirSync(join(zip.directory, "out/root")).filter((name) => name.includes("~"));
    expect(odd).toMatch(/^odd_xff_name~[0-9a-f]{16}$/);
    expect(readFileSync(join(zip.directory, "out/root", odd), "utf8")).toBe("odd");
    expect(readFileSync(join(zip.directory, "out/root.left-out.txt"), "utf8")).toContain(`as root/${odd}`);
    expect(bytesOf(fetch("/odd\\xff\\name").pieces).toString()).toBe("odd");
  });

  test("of one file with a format is an archive of that file", async () => {
    const { fetch } = await aHouse();
    const { file, directory } = saved(bytesOf(fetch("/etc/other", "tar.zst").pieces), "one.tar.zst");
    run("tar", "--zstd", "-xf", file, "-C", directory, "--no-same-owner");
    expect(readFileSync(join(directory, "other"), "utf8")).toBe("hello\n");
  });

  test("refuses what has no content, what is not there, and what is encrypted, each with its reason", async () => {
    const { fetch } = await aHouse();
    const codeOf = (work: () => unknown): string => {
      try {
        work();
        return "none";
      } catch (thrown) {
        return toCodedError(thrown).code;
      }
    };
    expect(codeOf(() => fetch("/etc/outside"))).toBe("DOWNLOAD_NOT_A_FILE");
    expect(codeOf(() => fetch("/etc", "file"))).toBe("DOWNLOAD_NOT_A_FILE");
    expect(codeOf(() => fetch("/etc/../single"))).toBe("SNAPSHOT_PATH_NOT_FOUND");
    expect(codeOf(() => fetch("/nothing"))).toBe("SNAPSHOT_PATH_NOT_FOUND");
    expect(codeOf(() => fetch("/", "zip", "none"))).toBe("SNAPSHOT_ARCHIVE_NOT_FOUND");
    const key = createEncryptionKey(createSeededRandom(3).bytes(32));
    const secret = await aHouse(TREE, { key });
    expect(codeOf(() => secret.fetch("/etc/large"))).toBe("SNAPSHOT_ARCHIVE_ENCRYPTED");
  });

  test.each(["file", "zip", "tar.zst"] as const)(
    "as %s breaks off with the reason where a chunk is damaged, and is never silently short",
    async (format) => {
      const { fetch, needs } = await aHouse();
      const chunks = listFiles(needs.disk, "/store/.chunks");
      const [largest = ""] = chunks.toSorted(
        (a, b) => (needs.disk.stat(b)?.sizeBytes ?? 0) - (needs.disk.stat(a)?.sizeBytes ?? 0),
      );
      const bytes = Uint8Array.from(needs.disk.readFile(largest, 1e7));
      bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
      needs.disk.unlink(largest);
      const file = needs.disk.open(largest, "create");
      file.pwrite(bytes, 0);
      file.close();
      const { pieces } = fetch(format === "file" ? "/single" : "/", format);
      expect(() => bytesOf(pieces)).toThrow(/corrupt|checksum|digest|damaged/i);
    },
  );
});

function listFiles(disk: { readdir(path: string): string[] }, directory: string): string[] {
  return disk
    .readdir(directory)
    .flatMap((part) => disk.readdir(`${directory}/${part}`).map((name) => `${directory}/${part}/${name}`));
}
