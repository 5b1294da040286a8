/** What is said to need a chunk is compared with what cannot be read when the chunk is away. */

import { expect, test } from "vitest";
import { createFakeClock, createSeededRandom, digestFromBytes, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { chunkPath, createDatastore, createMemoryDisk, openSnapshot } from "@ironcore-backup/engine";
import { createEncryptionKey } from "@ironcore-backup/format";
import type { PxarDirectory } from "@ironcore-backup/format";
import { listChunkFiles, listChunkUses } from "./chunk-needs.ts";
import { openFileArchive } from "./file-archive.ts";
import type { FileArchive } from "./file-archive.ts";
import { takeTreeSnapshot } from "./tree-snapshot.testing.ts";
import type { Tree, TreeSnapshotOptions } from "./tree-snapshot.testing.ts";

const random = createSeededRandom(7);
const bytes = (count: number): Uint8Array => random.bytes(count);
const TREE: Tree = {
  "a-small": bytes(20_000),
  "b-large": bytes(260_000),
  directory: {
    directory: {
      "c-small": bytes(30_000),
      "d-small": bytes(40_000),
      inner: { directory: { e: bytes(90_000) } },
    },
  },
  empty: "",
  link: { symlink: "a-small" },
  twice: { hardlink: "b-large" },
  zeroes: new Uint8Array(350_000),
};

async function aHouse(options: TreeSnapshotOptions = {}) {
  const clock = createFakeClock();
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  const datastore = await createDatastore(needs, "/store");
  const take = (name: string, tree: Tree) => takeTreeSnapshot(needs, datastore, name, tree, options);
  const snapshot = await take("host/web/2026-01-01T00:00:00Z", TREE);
  const indexOf = (archive: string) => {
    const opened = openSnapshot(needs, datastore, snapshot);
    const file = opened.manifest.files.find(({ name }) => name === archive);
    if (file === undefined) throw new Error(`no ${archive}`);
    const index = opened.openDynamicIndex(file.name);
    opened.close();
    return index;
  };
  /** Files whose data cannot be read, by reading all of them. */
  const lostWithout = (digest: Uint8Array, ref: SnapshotRef = snapshot): string[] => {
    const path = chunkPath(datastore.path, digest);
    needs.disk.rename(path, `${path}.0.bad`);
    const archive = openFileArchive(needs, datastore, { snapshot: ref, archive: "root" });
    try {
      return unreadableFiles(archive, archive.tree.root, "");
    } finally {
      archive.close();
      needs.disk.rename(`${path}.0.bad`, path);
    }
  };
  return { needs, datastore, take, snapshot, indexOf, lostWithout };
}

function unreadableFiles(archive: FileArchive, directory: PxarDirectory, above: string): string[] {
  return [...archive.tree.children(directory)].flatMap(({ entry, directory: next }) => {
    const path = `${above}/${entry.name}`;
    if (next !== undefined) return unreadableFiles(archive, next, path);
    const { content } = archive.tree.resolveHardlink(entry);
    return content === undefined || canRead(archive, content) ? [] : [path];
  });
}

function canRead(archive: FileArchive, content: Parameters<FileArchive["readContent"]>[0]): boolean {
  try {
    for (let at = 0; at < content.sizeBytes; at += 50_000) archive.readContent(content, at, 50_000);
    return true;
  } catch (thrown) {
    if (toCodedError(thrown).code !== "CHUNK_MISSING") throw thrown;
    return false;
  }
}

test("of every chunk of the contents it names just the files that cannot be read without it", async () => {
  const { needs, datastore, snapshot, indexOf, lostWithout } = await aHouse();
  const index = indexOf("root.ppxar.didx");
  const digests = Array.from({ length: index.chunkCount }, (_, at) => index.digestAt(at));
  expect(new Set(digests.map((digest) => digestFromBytes(digest))).size).toBeGreaterThan(4);
  for (const digest of digests) {
    const found = await listChunkFiles(needs, datastore, { snapshot, digest: digestFromBytes(digest) });
    expect(found.archives).toHaveLength(1);
    expect(found.archives[0]).toMatchObject({ archive: "root.ppxar.didx" });
    expect(found.archives[0]?.incompleteBecause).toBeUndefined();
    // One without content has a header in the chunk, and nothing to read from it.
    const named = found.archives[0]?.files.filter(({ sizeBytes }) => sizeBytes !== 0).map(({ path }) => path);
    expect(named).toEqual(lostWithout(digest));
  }
});

test("where names lie in the chunk itself it says that they cannot be read, and names them once they can", async () => {
  const { needs, datastore, snapshot, indexOf } = await aHouse();
  const digest = indexOf("root.mpxar.didx").digestAt(0);
  const ask = () => listChunkFiles(needs, datastore, { snapshot, digest: digestFromBytes(digest) });
  expect((await ask()).archives[0]?.files.map(({ path }) => path)).toContain("/a-small");
  needs.disk.unlink(chunkPath(datastore.path, digest));
  const [lost] = (await ask()).archives;
  expect(lost).toMatchObject({ archive: "root.mpxar.didx", files: [], fileCount: 0 });
  expect(lost?.incompleteBecause).toContain(digestFromBytes(digest));
  expect(lost?.lostBytes).toBeGreaterThan(0);
});

test("an archive of one stream and an encrypted one say what they can", async () => {
  const one = await aHouse({ version: 1 });
  const index = one.indexOf("root.pxar.didx");
  const digest = digestFromBytes(index.digestAt(index.findChunk(100_000)));
  const whole = await listChunkFiles(one.needs, one.datastore, { snapshot: one.snapshot, digest });
  expect(whole.archives[0]?.files).toEqual([{ path: "/b-large", sizeBytes: 260_000 }, { path: "/twice" }]);
  const other = await aHouse({ key: createEncryptionKey(bytes(32)) });
  const subject = {
    snapshot: other.snapshot,
    digest: digestFromBytes(other.indexOf("root.ppxar.didx").digestAt(0)),
  };
  const [closed] = (await listChunkFiles(other.needs, other.datastore, subject)).archives;
  expect(closed).toMatchObject({ files: [], incompleteBecause: expect.stringContaining("encrypted") });
});

test("it finds every snapshot that needs the chunk, newest first, and tells of indexes that it cannot read", async () => {
  const { needs, datastore, take, indexOf } = await aHouse();
  await take("host/web/2026-01-03T00:00:00Z", { "only-other": "x" });
  await take("host/other/2026-01-02T00:00:00Z", TREE);
  const index = indexOf("root.ppxar.didx");
  const digest = digestFromBytes(index.digestAt(index.chunkCount - 2));
  const found = await listChunkUses(needs, datastore, digest);
  expect(found.uses.map(({ snapshot, archive }) => [snapshot, archive])).toEqual([
    ["host/other/2026-01-02T00:00:00Z", "root.ppxar.didx"],
    ["host/web/2026-01-01T00:00:00Z", "root.ppxar.didx"],
  ]);
  expect(found.uses[0]?.placeCount).toBeGreaterThan(1);
  expect(found.storedBytes).toBeGreaterThan(0);
  const path = "/store/host/other/2026-01-02T00:00:00Z/root.ppxar.didx";
  needs.disk.unlink(path);
  needs.disk.open(path, "create").close();
  needs.disk.unlink(chunkPath(datastore.path, Buffer.from(digest, "hex")));
  const after = await listChunkUses(needs, datastore, digest);
  expect(after).toMatchObject({
    storedBytes: undefined,
    unreadableNamespaces: [""],
    incompleteBecause: undefined,
  });
  expect(after.uses).toHaveLength(1);
});
