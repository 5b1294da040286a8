import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseArchiveName } from "@ironcore-backup/base";
import {
  createChunkPipeline,
  createEncryptionKey,
  encodeManifest,
  PxarWriter,
} from "@ironcore-backup/format";
import type { PxarStat } from "@ironcore-backup/format";
import { AgentBench } from "../testing/agent-bench.testing.ts";
import { chunkPath } from "../testing/chunk-directory.testing.ts";
import { describeTree } from "../testing/tree.testing.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.dispose());

const at = (...parts: string[]): string => join(bench.source, ...parts);
const put = (path: string, content: string | Uint8Array = path): void => writeFileSync(at(path), content);

const namesIn = (directory: string): string[] => {
  const names = execFileSync("find", [".", "-mindepth", "1"], { cwd: directory, encoding: "utf8" });
  return names
    .trim()
    .split("\n")
    .map((name) => name.slice(2))
    .toSorted((a, b) => (a < b ? -1 : 1));
};

test("never overwrites: a clash refuses the whole restore before anything is written", async () => {
  mkdirSync(at("sub"));
  put("sub/one");
  put("two");
  await bench.backup();
  const target = bench.newTarget();
  mkdirSync(join(target, "sub"), { recursive: true });
  writeFileSync(join(target, "two"), "precious");
  await expect(bench.restore({ target })).rejects.toMatchObject({
    code: "TARGET_EXISTS",
    message: "A path would be overwritten, first two; nothing was written",
  });
  expect(readdirSync(target)).toEqual(["sub", "two"]);
  expect(readdirSync(join(target, "sub"))).toEqual([]);
  expect(readFileSync(join(target, "two"), "utf8")).toBe("precious");
});

test("fills a directory that has other files in it, which stay as they are", async () => {
  mkdirSync(at("sub"));
  put("sub/one");
  await bench.backup();
  const target = bench.newTarget();
  mkdirSync(join(target, "sub"), { recursive: true });
  writeFileSync(join(target, "sub/other"), "other");
  await bench.restore({ target });
  expect(readdirSync(join(target, "sub"))).toEqual(["one", "other"]);
});

test("if-changed leaves what is the same and replaces what is not", async () => {
  put("same");
  put("changed", "from the backup");
  symlinkSync("here", at("link"));
  await bench.backup();
  const { target } = await bench.restore();
  writeFileSync(join(target, "changed"), "edited since");
  writeFileSync(join(target, "same"), "SAME");
  const { mtime } = statSync(at("same"));
  utimesSync(join(target, "same"), mtime, mtime);
  utimesSync(at("same"), mtime, mtime);
  await bench.backup();
  const { statistics } = await bench.restore({ target, overwrite: "if-changed" });
  expect(readFileSync(join(target, "changed"), "utf8")).toBe("from the backup");
  expect(readFileSync(join(target, "same"), "utf8")).toBe("SAME");
  expect(statistics).toMatchObject({ skippedCount: 2, fileCount: 1 });
});

test("always replaces files and links, and never removes a directory for a file", async () => {
  put("file", "new");
  put("taken", "new");
  symlinkSync("new", at("link"));
  await bench.backup();
  const target = bench.newTarget();
  mkdirSync(join(target, "taken"), { recursive: true });
  writeFileSync(join(target, "taken/inside"), "inside");
  symlinkSync("/etc/passwd", join(target, "file"));
  symlinkSync("old", join(target, "link"));
  await bench.restore({ target, overwrite: "always" });
  expect(readFileSync(join(target, "file"), "utf8")).toBe("new");
  expect(lstatSync(join(target, "file")).isFile()).toBe(true);
  expect(readlinkSync(join(target, "link"))).toBe("new");
  expect(readFileSync(join(target, "taken/inside"), "utf8")).toBe("inside");
  expect(bench.notices).toMatchObject([{ severity: "warning", code: "ENTRY_SKIPPED", path: "taken" }]);
});

test.each(["never", "always"] as const)(
  "a link inside the target does not lead out of it (%s)",
  async (overwrite) => {
    mkdirSync(at("data"));
    put("data/file", "from the backup");
    await bench.backup();
    const target = bench.newTarget();
    const outside = join(bench.root, "outside");
    mkdirSync(outside);
    mkdirSync(target);
    symlinkSync(outside, join(target, "data"));
    const restored = bench.restore({ target, overwrite });
    if (overwrite === "never") await expect(restored).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    else await restored;
    expect(readdirSync(outside)).toEqual([]);
  },
);

test("restores only what matches, with the directories above it and their attributes", async () => {
  mkdirSync(at("a/b"), { recursive: true });
  mkdirSync(at("c"));
  for (const path of ["a/b/wanted.conf", "a/b/other", "c/none", "top.conf"]) put(path);
  utimesSync(at("a/b"), 1000, 1000);
  utimesSync(at("a"), 2000, 2000);
  await bench.backup();
  const { target, statistics } = await bench.restore({ includes: ["*.conf"] });
  expect(namesIn(target)).toEqual(["a", "a/b", "a/b/wanted.conf", "top.conf"]);
  expect([statSync(join(target, "a/b")).mtimeMs, statSync(join(target, "a")).mtimeMs]).toEqual([
    1_000_000, 2_000_000,
  ]);
  expect(statistics.fileCount).toBe(2);
  const whole = await bench.restore({ includes: ["/a/"] });
  expect(namesIn(whole.target)).toEqual(["a", "a/b", "a/b/other", "a/b/wanted.conf"]);
});

test("a wanted hard link whose first name is not wanted comes with its data, and further links lead to it", async () => {
  put("a-first", "shared");
  linkSync(at("a-first"), at("b-second.keep"));
  linkSync(at("a-first"), at("c-third.keep"));
  await bench.backup();
  const { target } = await bench.restore({ includes: ["*.keep"] });
  expect(readdirSync(target)).toEqual(["b-second.keep", "c-third.keep"]);
  expect(readFileSync(join(target, "b-second.keep"), "utf8")).toBe("shared");
  expect(statSync(join(target, "b-second.keep")).ino).toBe(statSync(join(target, "c-third.keep")).ino);
});

test("a corrupt chunk fails the restore and names the files it holds", async () => {
  put("large", bench.noise(6_000_000));
  put("small", "intact");
  await bench.backup();
  const file = bench.store.source().manifest.files.find(({ name }) => name.endsWith(".ppxar.didx"));
  if (file === undefined) throw new Error("no payload");
  const index = bench.store.source().openDynamicIndex(file.name);
  const digest = index.digestAt(1);
  const path = chunkPath(bench.store.path, digest);
  const blob = readFileSync(path);
  blob[100] = (blob[100] ?? 0) ^ 1;
  writeFileSync(path, blob);
  await expect(bench.restore()).rejects.toMatchObject({
    code: "RESTORE_CHUNK_FAILED",
    message: expect.stringMatching(/^Chunk [0-9a-f]{64} cannot be restored .*; the file affected: large$/),
  });
});

test("told to skip what is damaged, it restores the rest and leaves no half file behind", async () => {
  put("a-large", bench.noise(12_000_000));
  put("b-small", "intact");
  linkSync(at("a-large"), at("c-link"));
  await bench.backup();
  const { manifest } = bench.store.source();
  const file = manifest.files.find(({ name }) => name.endsWith(".ppxar.didx"));
  if (file === undefined) throw new Error("no payload");
  bench.store.removeChunk(bench.store.source().openDynamicIndex(file.name).digestAt(2));
  const { target } = await bench.restore({ skipDamaged: true });
  expect(readdirSync(target)).toEqual(["b-small"]);
  expect(bench.notices.map(({ code, path }) => [code, path])).toEqual([
    ["FILE_NOT_RESTORED", "a-large"],
    ["ENTRY_SKIPPED", "c-link"],
  ]);
});

test("a wrong or missing key is told before anything is written", async () => {
  put("file");
  const key = createEncryptionKey(bench.random.bytes(32));
  await bench.backup({ key });
  const target = bench.newTarget();
  await expect(bench.restore({ target })).rejects.toMatchObject({ code: "KEY_REQUIRED" });
  const other = createEncryptionKey(bench.random.bytes(32));
  await expect(bench.restore({ target, key: other })).rejects.toMatchObject({ code: "KEY_WRONG" });
  expect(existsSync(target)).toBe(false);
  await bench.restore({ target, key });
  expect(describeTree(target)).toEqual(describeTree(bench.source));
});

test("an unknown archive is told together with the ones there are", async () => {
  put("file");
  const { manifest } = await bench.backup();
  const stem = manifest.files[0]?.name.replace(".mpxar.didx", "");
  await expect(bench.restore({ archives: ["nothing"] })).rejects.toMatchObject({
    code: "ARCHIVE_NOT_IN_SNAPSHOT",
    message: `The snapshot has no archive "nothing"; it has ${stem}`,
  });
  const { target } = await bench.restore({ archives: [`${stem}.ppxar.didx`] });
  expect(readdirSync(target)).toEqual(["file"]);
});

test("long stretches of zeros become holes", async () => {
  put("zeros", Buffer.alloc(3_000_000));
  put("mixed", Buffer.concat([Buffer.alloc(1_000_000), Buffer.from("data"), Buffer.alloc(500_000)]));
  await bench.backup();
  const { target } = await bench.restore();
  expect(describeTree(target)).toEqual(describeTree(bench.source));
  expect(statSync(join(target, "zeros")).blocks * 512).toBeLessThan(64 * 1024);
  expect(statSync(join(target, "mixed")).blocks * 512).toBeLessThan(300_000);
});

test("a directory without permissions and a file that may only be read come back so", async () => {
  mkdirSync(at("closed"));
  put("closed/file");
  mkdirSync(at("closed/deeper"), 0o500);
  chmodSync(at("closed"), 0);
  await bench.backup();
  const { target } = await bench.restore();
  expect(describeTree(target)).toEqual(describeTree(bench.source));
});

const DIRECTORY: PxarStat = { mode: 0o40755, flags: 0, uid: 0, gid: 0, mtimeSeconds: 1000, mtimeNanos: 5 };
const FILE: PxarStat = { ...DIRECTORY, mode: 0o100644 };

/** Stores an archive as another program might have written it. */
async function storeArchive(
  name: string,
  write: (sink: { write(bytes: Uint8Array): void }) => void,
): Promise<void> {
  const sink = bench.store.sink(1_700_000_000);
  const archiveName = parseArchiveName(name);
  const index = sink.createDynamicIndex(archiveName);
  const needs = { clock: bench.clock, random: bench.random };
  const pipeline = await createChunkPipeline(needs, {
    threadCount: 0,
    writer: sink.chunkWriter,
    compressionLevel: 1,
  });
  const stream = pipeline.openStream({ kind: "buzhash", averageSizeBytes: 65_536 }, (chunk) =>
    index.append(chunk.endBytes, chunk.digest),
  );
  write(stream);
  stream.end();
  await pipeline.close();
  const { checksum, sizeBytes } = index.close();
  await sink.finish(
    encodeManifest(needs, {
      backupType: "host",
      backupId: sink.group.id,
      backupTime: sink.backupTime,
      files: [
        { name: archiveName, cryptMode: "none", sizeBytes, checksum: Buffer.from(checksum).toString("hex") },
      ],
      unprotected: {},
    }),
  );
}

test("restores version 1 archives, with their data between the names", async () => {
  const large = Buffer.from(bench.noise(500_000));
  await storeArchive("old.pxar.didx", (sink) => {
    const writer = new PxarWriter(sink, { version: 1 });
    writer.startDirectory(undefined, DIRECTORY, { xattrs: [] });
    const firstBytes = writer.positionBytes;
    writer.startFile("large", FILE, { xattrs: [] }, large.length);
    for (let done = 0; done < large.length; done += 50_000)
      writer.writeContent(large.subarray(done, done + 50_000));
    writer.addHardlink("second", "large", firstBytes);
    writer.startFile("small", FILE, { xattrs: [{ name: "user.a", value: Buffer.from("b") }] }, 5);
    writer.writeContent(Buffer.from("small"));
    writer.startFile("void", FILE, { xattrs: [] }, 0);
    writer.endDirectory();
    writer.finish();
  });
  const { target } = await bench.restore();
  expect(readFileSync(join(target, "large")).equals(large)).toBe(true);
  expect(statSync(join(target, "large")).ino).toBe(statSync(join(target, "second")).ino);
  expect(readFileSync(join(target, "small"), "utf8")).toBe("small");
  expect(statSync(join(target, "void")).size).toBe(0);
  expect(statSync(target, { bigint: true }).mtimeNs).toBe(1_000_000_000_005n);
});

test("an archive whose hard link names a file that it does not hold links nothing", async () => {
  await storeArchive("evil.pxar.didx", (sink) => {
    const writer = new PxarWriter(sink, { version: 1 });
    writer.startDirectory(undefined, DIRECTORY, { xattrs: [] });
    const firstBytes = writer.positionBytes;
    writer.startFile("a", FILE, { xattrs: [] }, 1);
    writer.writeContent(Buffer.from("a"));
    writer.addHardlink("b", "secret", firstBytes);
    writer.endDirectory();
    writer.finish();
  });
  const target = bench.newTarget();
  mkdirSync(target);
  writeFileSync(join(target, "secret"), "secret");
  await expect(bench.restore({ target })).rejects.toMatchObject({ code: "ARCHIVE_CORRUPT" });
  expect(existsSync(join(target, "b"))).toBe(false);
});
