/** What lies on disk is read by tools that are not ours, plain and encrypted. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { CHECKOUT, Installation, tool } from "./support/installation.ts";
import { textBytes } from "./support/tree.ts";

describe("chunks, indexes, blobs and manifests", () => {
  const ibs = new Installation();
  const random = createSeededRandom(10);
  const files: Record<string, Buffer> = {
    text: textBytes(random, 9_000_000),
    noise: Buffer.from(random.bytes(9_000_000)),
    small: Buffer.from("Hello, PBS\n"),
  };

  beforeAll(async () => {
    mkdirSync(ibs.path("tree"));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(ibs.path("tree", name), bytes);
    const image = Buffer.alloc(10_000_000);
    files["noise"]?.copy(image, 5_000_000, 0, 4_000_000);
    files["text"]?.copy(image, 0, 0, 3_000_000);
    writeFileSync(ibs.path("disk.raw"), image);
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    ibs.must("key", "create", ibs.path("a.key"), "--kdf", "none");
  });
  afterAll(() => ibs.dispose());

  test.each([
    ["plain", [], ["plain", "zstd"]],
    ["encrypted", ["a.key"], ["encrypted", "encrypted-zstd"]],
  ])("decode without our code: %s", (id, key, kinds) => {
    const keyPaths = key.map((name) => ibs.path(name));
    const keyWords = keyPaths.flatMap((path) => ["--keyfile", path]);
    ibs.must(
      "backup",
      "--path",
      ibs.path("tree"),
      "--path",
      ibs.path("disk.raw"),
      "--datastore",
      "main",
      "--id",
      id,
      ...keyWords,
      "--wait",
    );
    const group = `${ibs.store()}/host/${id}`;
    const [time = ""] = readdirSync(group).filter((name) => name.endsWith("Z"));
    const out = ibs.path(`out-${id}`);
    mkdirSync(out);
    const script = join(CHECKOUT, "tests/support/foreign-decode.py");
    const report = JSON.parse(
      tool("/usr/bin/python3", [script, ibs.store(), join(group, time), out, ...keyPaths]).toString(),
    ) as { kinds: object; files: string[] };
    expect(Object.keys(report.kinds)).toEqual(expect.arrayContaining(kinds));
    const payload = readFileSync(join(out, report.files.find((name) => name.endsWith(".ppxar.didx")) ?? ""));
    for (const bytes of Object.values(files)) expect(payload.includes(bytes)).toBe(true);
    const image = readFileSync(join(out, report.files.find((name) => name.endsWith(".img.fidx")) ?? ""));
    expect(image.equals(readFileSync(ibs.path("disk.raw")))).toBe(true);
  });
});
