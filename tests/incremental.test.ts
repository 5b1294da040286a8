/** What a second backup costs. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeSync, mkdirSync, openSync, readdirSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { createSeededRandom } from "@ironcore-backup/base";
import { Installation, tool, until } from "./support/installation.ts";
import { assertSameTree, growTree } from "./support/tree.ts";

interface BackupTask {
  readonly state: string;
  readonly statistics?: {
    readonly backup: {
      readonly sourceReadBytes: number;
      readonly newStoredBytes: number;
      readonly newRawBytes: number;
      readonly chunkCount: number;
      readonly knownChunkCount: number;
      readonly reusedFileCount: number;
      readonly sourceSizeBytes: number;
    };
  };
}

const GIBIBYTE = 2 ** 30;

describe("a second backup", () => {
  const ibs = new Installation();
  const backUp = (path: string, id: string) => {
    ibs.must("backup", "--path", path, "--datastore", "main", "--id", id, "--wait");
    const [task] = ibs.json<BackupTask[]>("task", "list", "--type", "backup", "--limit", "1");
    if (task?.statistics === undefined) throw new Error("the newest backup has no statistics");
    return task.statistics.backup;
  };
  /** Files whose inode changed in the second of the first backup are read again; wait until that second is over. */
  const nextSecond = async () => {
    const second = Math.floor(Date.now() / 1000);
    await until("the next second", () => Math.floor(Date.now() / 1000) > second);
  };

  beforeAll(async () => {
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
  });
  afterAll(() => ibs.dispose());

  test("of an unchanged tree reads no file data and adds almost nothing", async () => {
    growTree(ibs.path("tree"), { seed: 2, fileCount: 2000 });
    await nextSecond();
    const first = backUp(ibs.path("tree"), "tree");
    const second = backUp(ibs.path("tree"), "tree");
    expect(first.sourceReadBytes).toBeGreaterThan(30_000_000);
    expect(second.sourceReadBytes).toBe(0);
    expect(second.sourceSizeBytes).toBe(first.sourceSizeBytes);
    expect(second.newRawBytes).toBe(0);
    expect(second.newStoredBytes).toBe(0);
    ibs.must("restore", "main:host/tree/latest", "--target", ibs.path("tree-back"), "--wait");
    assertSameTree(ibs.path("tree"), ibs.path("tree-back"));
  });

  test("of a tree with a few changed files reads only those, and restores like a full one", async () => {
    const tree = ibs.path("tree");
    for (let i = 0; i < 20; i++)
      writeFileSync(`${tree}/d${i % 17}/e${i % 5}/file-${i * 85}.txt`, `changed ${i}`);
    writeFileSync(`${tree}/d1/a-new-file`, "new");
    await nextSecond();
    const third = backUp(tree, "tree");
    expect(third.sourceReadBytes).toBeLessThan(100_000);
    expect(third.newStoredBytes).toBeLessThan(2_000_000);
    ibs.must("restore", "main:host/tree/latest", "--target", ibs.path("tree-changed"), "--wait");
    assertSameTree(tree, ibs.path("tree-changed"));
  });

  test("of a 1 GiB image with one changed byte adds one chunk", async () => {
    mkdirSync(ibs.path("images"));
    const image = ibs.path("images/disk.raw");
    const random = createSeededRandom(3);
    const file = openSync(image, "w");
    for (let at = 0; at < GIBIBYTE; at += 32 << 20) writeSync(file, random.bytes(1 << 20), 0, 1 << 20, at);
    closeSync(file);
    truncateSync(image, GIBIBYTE);
    await nextSecond();
    const first = backUp(image, "image");
    const byte = openSync(image, "r+");
    writeSync(byte, "!", 700_000_001);
    closeSync(byte);
    await nextSecond();
    const second = backUp(image, "image");
    expect(first.chunkCount).toBe(256);
    expect(second.chunkCount - second.knownChunkCount).toBe(1);
    expect(second.newRawBytes).toBe(4 << 20);
    ibs.must("restore", "main:host/image/latest", "--target", ibs.path("images-back"), "--wait");
    const [restored = ""] = readdirSync(ibs.path("images-back"));
    tool("cmp", [image, ibs.path("images-back", restored)]);
  });
});
