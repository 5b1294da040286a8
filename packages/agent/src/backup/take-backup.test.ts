import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEncryptionKey, parseBlobHeader } from "@ironcore-backup/format";
import { AgentBench } from "../testing/agent-bench.testing.ts";
import { describeTree } from "../testing/tree.testing.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.dispose());

const at = (...parts: string[]): string => join(bench.source, ...parts);
const put = (path: string, content: string | Uint8Array = path): void => writeFileSync(at(path), content);
const noise = (sizeBytes: number): Uint8Array => bench.noise(sizeBytes);

async function expectSameBack(): Promise<void> {
  const { target } = await bench.restore();
  expect(describeTree(target)).toEqual(describeTree(bench.source));
}

test("an unchanged tree is not read again, adds no chunk and gives the same archives", async () => {
  mkdirSync(at("sub"));
  for (let index = 0; index < 50; index++) put(`sub/file-${index}`, noise(5000));
  symlinkSync("sub/file-1", at("link"));
  put("empty", "");
  const first = await bench.backup();
  const chunks = bench.store.chunkNames();
  const second = await bench.backup();
  expect(second.statistics).toMatchObject({
    fileCount: 52,
    directoryCount: 2,
    reusedFileCount: 51,
    sourceSizeBytes: 250_000,
    sourceReadBytes: 0,
    newRawBytes: 0,
    newStoredBytes: 0,
    deduplicationHitRate: 1,
  });
  expect(first.statistics).toMatchObject({ reusedFileCount: 0, sourceReadBytes: 250_000 });
  expect(bench.store.chunkNames()).toEqual(chunks);
  const archives = (manifest: typeof first.manifest) =>
    manifest.files.filter((file) => file.name.endsWith(".didx"));
  expect(archives(second.manifest)).toEqual(archives(first.manifest));
});

test("one changed file among many adds its own bytes and little more", async () => {
  for (let index = 0; index < 300; index++) put(`file-${String(index).padStart(3, "0")}`, noise(10_000));
  await bench.backup();
  put("file-150", noise(10_000));
  const { statistics } = await bench.backup();
  expect(statistics.sourceReadBytes).toBe(10_000);
  expect(statistics.newRawBytes).toBeLessThan(10_000 + 16 + 64 * 1024);
  expect(statistics.reusedFileCount).toBe(299);
  await expectSameBack();
});

test("a directory that took the place of another is read, though its files look the same", async () => {
  // Unpacked releases: same names, sizes and times, other contents; the swap changes no file's change time.
  for (const [release, content] of [
    ["current", "old!"],
    ["next", "new!"],
  ] as const) {
    mkdirSync(at(release));
    put(`${release}/program`, content);
    utimesSync(at(release, "program"), 1000, 1000);
  }
  await bench.backup();
  renameSync(at("current"), at("before"));
  renameSync(at("next"), at("current"));
  await bench.backup();
  const { target } = await bench.restore();
  expect(readFileSync(join(target, "current/program"), "utf8")).toBe("new!");
  expect(readFileSync(join(target, "before/program"), "utf8")).toBe("old!");
});

test("a file changed since the previous snapshot began is read, whatever its size and times say", async () => {
  put("sly", "aaaa");
  utimesSync(at("sly"), 1000, 1000);
  await bench.backup();
  const snapshot = bench.store.snapshots.at(-1);
  if (snapshot === undefined) throw new Error("no snapshot");
  // As if the previous snapshot had begun before the file's last change.
  bench.store.snapshots[0] = { ...snapshot, backupTime: Math.floor(Date.now() / 1000) - 3600 };
  put("sly", "bbbb");
  utimesSync(at("sly"), 1000, 1000);
  const { statistics } = await bench.backup();
  expect(statistics.reusedFileCount).toBe(0);
  const { target } = await bench.restore();
  expect(readFileSync(join(target, "sly"), "utf8")).toBe("bbbb");
});

test("a chunk that the store lost is made anew from the files", async () => {
  for (let index = 0; index < 20; index++) put(`file-${index}`, noise(300_000));
  await bench.backup();
  const index = bench.store.source().openDynamicIndex(payloadName());
  bench.store.removeChunk(index.digestAt(1));
  const { statistics } = await bench.backup();
  expect(statistics.sourceReadBytes).toBeGreaterThan(0);
  await expectSameBack();
});

function payloadName() {
  const file = bench.store.source().manifest.files.find(({ name }) => name.endsWith(".ppxar.didx"));
  if (file === undefined) throw new Error("no payload archive");
  return file.name;
}

test("places of files never go back in the payload, however often new data comes in between", async () => {
  for (let index = 0; index < 200; index++) put(`file-${String(index).padStart(3, "0")}`, noise(20_000));
  await bench.backup();
  for (let round = 0; round < 3; round++) {
    for (let index = round; index < 200; index += 17)
      put(`file-${String(index).padStart(3, "0")}`, noise(20_000));
    await bench.backup();
  }
  await expectSameBack();
});

test("dead data does not pile up: a chunk that is mostly dead is not kept", async () => {
  for (let index = 0; index < 40; index++) put(`file-${String(index).padStart(2, "0")}`, noise(100_000));
  await bench.backup();
  for (let round = 0; round < 6; round++) {
    for (let index = 0; index < 40; index += 2) put(`file-${String(index).padStart(2, "0")}`, noise(100_000));
    await bench.backup();
  }
  const index = bench.store.source().openDynamicIndex(payloadName());
  const distinct = new Map<string, number>();
  for (let chunk = 0; chunk < index.chunkCount; chunk++) {
    distinct.set(
      Buffer.from(index.digestAt(chunk)).toString("hex"),
      index.endBytes(chunk) - index.startBytes(chunk),
    );
  }
  const keptBytes = [...distinct.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  expect(keptBytes).toBeLessThan(2 * 40 * 100_000 + 1_000_000);
  await expectSameBack();
});

test("patterns of the plan and of the tree leave paths out, and each is told", async () => {
  mkdirSync(at("cache"));
  mkdirSync(at("src"));
  for (const name of ["cache/x", "src/a.o", "src/keep.o", "src/a.c", "notes.tmp"]) put(name);
  writeFileSync(at("src/.pxarexclude"), "*.o\n!keep.o\n");
  await bench.backup({ excludes: ["/cache/", "*.tmp"] });
  expect(
    bench.notices.map(
      (notice) => `${notice.severity} ${notice.code} ${notice.path?.slice(bench.source.length)}`,
    ),
  ).toEqual([
    "warning PATH_EXCLUDED /cache",
    "warning PATH_EXCLUDED /notes.tmp",
    "warning PATH_EXCLUDED /src/a.o",
  ]);
  const { target } = await bench.restore();
  expect(describeTree(target).map((line) => line.split(" ")[0])).toEqual(
    expect.arrayContaining(["src/.pxarexclude", "src/a.c", "src/keep.o"]),
  );
  expect(existsSync(join(target, "cache"))).toBe(false);
});

test("a missing source ends the backup before anything is written, unless it is optional", async () => {
  const missing = join(bench.root, "nowhere");
  await expect(bench.backup({ sources: [bench.source, missing] })).rejects.toMatchObject({
    code: "SOURCE_NOT_REACHABLE",
    message: expect.stringMatching(/^source not reachable: .*nowhere: no such file or directory \(ENOENT\)$/),
  });
  expect(bench.store.snapshots).toEqual([]);
  expect(bench.store.abortCount).toBe(1);
  await bench.backup({ sources: [bench.source, missing], optionalPaths: [missing] });
  expect(bench.codes()).toEqual(["SOURCE_MISSING"]);
  await expect(bench.backup({ sources: [missing], optionalPaths: [missing] })).rejects.toMatchObject({
    code: "SOURCES_ALL_MISSING",
  });
});

test("a pipe cannot be a source, and does not hold the backup up", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  await expect(bench.backup({ sources: [at("pipe")] })).rejects.toMatchObject({
    code: "SOURCE_KIND_UNSUPPORTED",
  });
});

test("a file that vanishes during the walk is a warning with its path", async () => {
  for (const name of ["a", "b", "c"]) put(name);
  let removed = false;
  await bench.backup(
    {},
    bench.duringWalk(() => {
      if (!removed) rmSync(at("c"));
      removed = true;
    }),
  );
  expect(bench.notices).toMatchObject([{ severity: "warning", code: "FILE_VANISHED", path: at("c") }]);
  const { target } = await bench.restore();
  expect(readdirSync(target)).toEqual(["a", "b"]);
});

test("a file that shrinks while it is read keeps its announced size, filled with zeros, and is told", async () => {
  const sizeBytes = 3_000_000;
  put("log", noise(sizeBytes));
  put("next", "intact");
  await bench.backup(
    {},
    bench.duringWalk(() => truncateSync(at("log"), 1000)),
  );
  expect(bench.notices).toMatchObject([{ code: "FILE_CHANGED", path: at("log") }]);
  const { target } = await bench.restore();
  const back = readFileSync(join(target, "log"));
  expect(back.length).toBe(sizeBytes);
  expect(back.subarray(sizeBytes - 100)).toEqual(Buffer.alloc(100));
  expect(readFileSync(join(target, "next"), "utf8")).toBe("intact");
});

test("a file that grows while it is read is cut to its announced size, and told", async () => {
  put("log", noise(1_000_000));
  const before = readFileSync(at("log"));
  let grown = false;
  await bench.backup(
    {},
    bench.duringWalk(() => {
      if (!grown) appendFileSync(at("log"), "more");
      grown = true;
    }),
  );
  expect(bench.codes()).toEqual(["FILE_CHANGED"]);
  const { target } = await bench.restore();
  expect(readFileSync(join(target, "log")).equals(before)).toBe(true);
});

test("a directory that is swapped for a link during the walk does not lead the backup out of the source", async () => {
  const outside = join(bench.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "secret");
  mkdirSync(at("b"));
  put("b/first");
  put("b/secret", "mine");
  let swapped = false;
  await bench.backup(
    {},
    bench.duringWalk(({ current }) => {
      if (swapped || current !== at("b/first")) return;
      swapped = true;
      renameSync(at("b"), at("z"));
      symlinkSync(outside, at("b"));
    }),
  );
  expect(swapped).toBe(true);
  const { target } = await bench.restore();
  expect(readFileSync(join(target, "b/secret"), "utf8")).toBe("mine");
});

test("hard links are stored once, and also when only one of their names is new", async () => {
  put("first", noise(50_000));
  linkSync(at("first"), at("second"));
  const { statistics } = await bench.backup();
  expect(statistics.sourceReadBytes).toBe(50_000);
  linkSync(at("first"), at("a-third"));
  await bench.backup();
  await expectSameBack();
});

test("a terabyte of hole takes no time and no space, and comes back as a hole", async () => {
  const fd = openSync(at("sparse"), "w");
  ftruncateSync(fd, 2 ** 40);
  writeSync(fd, "end", 2 ** 40 - 3);
  writeSync(fd, "middle", 2 ** 39);
  closeSync(fd);
  const { statistics } = await bench.backup();
  expect(statistics.sourceSizeBytes).toBe(2 ** 40);
  expect(statistics.newRawBytes).toBeLessThan(64 * 1024 * 1024);
  expect(statistics.sourceReadBytes).toBeLessThan(1024 * 1024);
});

test("encrypts chunks and blobs, signs the manifest, and re-uses nothing of another key", async () => {
  put("file", noise(100_000));
  const key = createEncryptionKey(bench.random.bytes(32));
  const { manifest } = await bench.backup({ key });
  expect(manifest.unprotected["key-fingerprint"]).toBe(key.fingerprint);
  expect(manifest.signature).toMatch(/^[0-9a-f]{64}$/);
  expect(manifest.files.every((file) => file.cryptMode === "encrypt")).toBe(true);
  for (const name of bench.store.chunkNames()) {
    expect(parseBlobHeader(readFileSync(join(bench.store.path, name))).encrypted).toBe(true);
  }
  const again = await bench.backup({ key });
  expect(again.statistics).toMatchObject({ reusedFileCount: 1, newRawBytes: 0 });
  const other = await bench.backup({ key: createEncryptionKey(bench.random.bytes(32)) });
  expect(other.statistics.reusedFileCount).toBe(0);
  expect(bench.codes()).toEqual(["BASE_NOT_USED"]);
  const plain = await bench.backup();
  expect(plain.statistics.reusedFileCount).toBe(0);
});

test("a full backup reads everything again and still finds its chunks known", async () => {
  put("file", noise(100_000));
  await bench.backup();
  const { statistics } = await bench.backup({ full: true });
  expect(statistics).toMatchObject({ reusedFileCount: 0, sourceReadBytes: 100_000, newRawBytes: 0 });
});

test("a cancelled backup leaves no snapshot and tells the sink", async () => {
  for (let index = 0; index < 50; index++) put(`file-${index}`);
  const abort = new AbortController();
  const during = bench.duringWalk(() => abort.abort());
  await expect(bench.backup({}, { ...during, signal: abort.signal })).rejects.toMatchObject({
    code: "CANCELLED",
  });
  expect(bench.store.snapshots).toEqual([]);
  expect(bench.store.abortCount).toBe(1);
});

test("a previous snapshot with a damaged list of files is told, and everything is read", async () => {
  for (let index = 0; index < 20; index++) put(`file-${index}`, noise(1000));
  await bench.backup();
  const source = bench.store.source();
  const name = source.manifest.files.find((file) => file.name.endsWith(".mpxar.didx"))?.name;
  if (name === undefined) throw new Error("no metadata archive");
  bench.store.removeChunk(source.openDynamicIndex(name).digestAt(0));
  const { statistics } = await bench.backup();
  expect(statistics.sourceReadBytes).toBe(20_000);
  expect(bench.codes()).toEqual(["DEDUPLICATION_PARTIAL"]);
  await expectSameBack();
});

test("links keep their own times and odd targets", async () => {
  symlinkSync("nowhere", at("link"));
  lutimesSync(at("link"), 5, 7);
  await bench.backup();
  await bench.backup();
  await expectSameBack();
});
