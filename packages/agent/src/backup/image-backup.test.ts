import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentBench } from "../testing/agent-bench.testing.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.dispose());

const at = (...parts: string[]): string => join(bench.source, ...parts);
const noise = (sizeBytes: number): Uint8Array => bench.noise(sizeBytes);

const IMAGE_SIZE = 40 * 1024 * 1024 + 1000;

function putImage(): void {
  const fd = openSync(at("disk.img"), "w");
  ftruncateSync(fd, IMAGE_SIZE);
  writeSync(fd, noise(5_000_000), 0, 5_000_000, 9 * 1024 * 1024);
  closeSync(fd);
}

async function expectSameImage(): Promise<void> {
  const { target } = await bench.restore();
  const back = join(target, `${imageStem()}.img`);
  expect(readFileSync(back).equals(readFileSync(at("disk.img")))).toBe(true);
  expect(statSync(back).blocks * 512).toBeLessThan(12 * 1024 * 1024);
}

function imageStem(): string {
  return at("disk.img")
    .split("/")
    .filter(Boolean)
    .join("-")
    .replace(/\.img$/, "");
}

test("an image's holes are not read, and an untouched image is not read at all", async () => {
  putImage();
  const sources = [at("disk.img")];
  const first = await bench.backup({ sources });
  expect(first.manifest.files[0]?.name).toBe(`${imageStem()}.img.fidx`);
  expect(first.statistics).toMatchObject({ sourceSizeBytes: IMAGE_SIZE, chunkCount: 11 });
  expect(first.statistics.sourceReadBytes).toBeLessThan(6_000_000);
  await expectSameImage();
  const second = await bench.backup({ sources });
  expect(second.statistics).toMatchObject({ sourceReadBytes: 0, reusedFileCount: 1, newRawBytes: 0 });
  await expectSameImage();
});

test("one changed byte of an image adds one chunk", async () => {
  putImage();
  const sources = [at("disk.img")];
  await bench.backup({ sources });
  const fd = openSync(at("disk.img"), "r+");
  writeSync(fd, "!", 10 * 1024 * 1024);
  closeSync(fd);
  const before = bench.store.chunkNames().length;
  const { statistics } = await bench.backup({ sources });
  expect(statistics.newRawBytes).toBe(4 * 1024 * 1024);
  expect(bench.store.chunkNames().length).toBe(before + 1);
  await expectSameImage();
});

test("a chunk of an untouched image that the store lost is read again", async () => {
  putImage();
  const sources = [at("disk.img")];
  const { manifest } = await bench.backup({ sources });
  const name = manifest.files[0]?.name;
  if (name === undefined) throw new Error("no image");
  bench.store.removeChunk(bench.store.source().openFixedIndex(name).digestAt(2));
  const { statistics } = await bench.backup({ sources });
  expect(statistics.sourceReadBytes).toBe(4 * 1024 * 1024);
  await expectSameImage();
});

test("an empty image is refused with a reason", async () => {
  writeFileSync(at("disk.img"), "");
  await expect(bench.backup({ sources: [at("disk.img")] })).rejects.toMatchObject({
    code: "SOURCE_EMPTY_IMAGE",
  });
});

test("an image with a damaged chunk comes back with a gap only when that was asked for, and the gap is told", async () => {
  putImage();
  const { manifest } = await bench.backup({ sources: [at("disk.img")] });
  const name = manifest.files[0]?.name;
  if (name === undefined) throw new Error("no image");
  bench.store.removeChunk(bench.store.source().openFixedIndex(name).digestAt(2));
  await expect(bench.restore()).rejects.toMatchObject({ code: "RESTORE_CHUNK_FAILED" });
  const { target } = await bench.restore({ skipDamaged: true });
  expect(bench.codes()).toEqual(["IMAGE_INCOMPLETE"]);
  const back = readFileSync(join(target, `${imageStem()}.img`));
  const wanted = readFileSync(at("disk.img")).fill(0, 8 * 1024 * 1024, 12 * 1024 * 1024);
  expect(back.equals(wanted)).toBe(true);
});
