import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AgentBench } from "../testing/agent-bench.testing.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = new AgentBench();
  vi.stubEnv("TMPDIR", bench.root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  bench.dispose();
});

const MIB = 1024 * 1024;
const at = (...parts: string[]): string => join(bench.source, ...parts);
const qemuImg = (...words: string[]): string => execFileSync("qemu-img", words, { encoding: "utf8" });
const write = (image: string, ...commands: string[]): string =>
  execFileSync("qemu-io", ["-f", "qcow2", ...commands.flatMap((command) => ["-c", command]), image], {
    encoding: "utf8",
  });

/** 10 MiB of noise at 30 MiB of 100 MiB and a bit: the last chunk is a short one. */
function putDisk(name = "disk.qcow2", ...options: string[]): string {
  const raw = at("disk.made");
  writeFileSync(raw, "");
  truncateSync(raw, 100 * MIB + 512);
  const noise = bench.noise(10 * MIB);
  const content = Buffer.alloc(100 * MIB + 512);
  content.set(noise, 30 * MIB + 100);
  content.write("the end", content.length - 7);
  writeFileSync(raw, content);
  qemuImg("convert", "-O", "qcow2", ...options, raw, at(name));
  rmSync(raw);
  return at(name);
}

async function expectDisk(image: string): Promise<void> {
  const raw = join(bench.root, "expected.raw");
  qemuImg("convert", "-f", "qcow2", "-O", "raw", image, raw);
  const { target } = await bench.restore();
  const [name = ""] = readdirSync(target);
  expect(name).toMatch(/\.qcow2\.img$|\.img$/);
  expect(readFileSync(join(target, name)).equals(readFileSync(raw))).toBe(true);
  expect(statSync(join(target, name)).blocks * 512).toBeLessThan(20 * MIB);
}

/** Where the sockets of this test's own qemu-nbd are made. */
function leftSockets(): string[] {
  return readdirSync(bench.root).filter((name) => name.startsWith("ironcore-nbd-"));
}

test("a qcow2 image comes back as the disk it stands for, and its zeros are not read", async () => {
  const image = putDisk();
  const { manifest, statistics } = await bench.backup({ sources: [image] });
  expect(manifest.files[0]).toMatchObject({
    name: expect.stringMatching(/disk\.qcow2\.img\.fidx$/),
    sizeBytes: 100 * MIB + 512,
  });
  expect(statistics).toMatchObject({ sourceSizeBytes: 100 * MIB + 512, chunkCount: 26, fileCount: 1 });
  expect(statistics.sourceReadBytes).toBeLessThan(11 * MIB);
  await expectDisk(image);
});

test("a compressed image in small clusters has the same chunks as the plain one", async () => {
  const image = putDisk();
  await bench.backup({ sources: [image] });
  const before = bench.store.chunkNames();
  const packed = at("packed.qcow2");
  qemuImg("convert", "-c", "-O", "qcow2", "-o", "cluster_size=4k", image, packed);
  await bench.backup({ sources: [packed] });
  // Beside the disk's chunks there is nothing: the record of the sources is no chunk.
  expect(bench.store.chunkNames()).toEqual(before);
  await expectDisk(packed);
});

test("an untouched image is not read, a touched one adds the chunks that changed", async () => {
  const image = putDisk();
  await bench.backup({ sources: [image] });
  const second = await bench.backup({ sources: [image] });
  expect(second.statistics).toMatchObject({ sourceReadBytes: 0, reusedFileCount: 1, newRawBytes: 0 });
  await expectDisk(image);
  write(image, "write -P 0x5a 32M 1");
  const third = await bench.backup({ sources: [image] });
  expect(third.statistics).toMatchObject({ newRawBytes: 4 * MIB, reusedFileCount: 0 });
  await expectDisk(image);
});

test("an untouched image whose chunk the store lost is read again", async () => {
  const image = putDisk();
  const { manifest } = await bench.backup({ sources: [image] });
  const name = manifest.files[0]?.name;
  if (name === undefined) throw new Error("no image");
  bench.store.removeChunk(bench.store.source().openFixedIndex(name).digestAt(8));
  const { statistics } = await bench.backup({ sources: [image] });
  expect(statistics.newRawBytes).toBe(4 * MIB);
  await expectDisk(image);
});

test("an image that stands on another is one disk with it, is told, and is read again each time", async () => {
  const base = putDisk("base.qcow2");
  const top = at("top.qcow2");
  qemuImg("create", "-f", "qcow2", "-F", "qcow2", "-b", "base.qcow2", top);
  write(top, "write -P 0x11 2M 100k", "write -z 31M 1M");
  await bench.backup({ sources: [top] });
  expect(bench.notices).toMatchObject([
    { code: "IMAGE_REFERS_TO", message: expect.stringContaining("base.qcow2") },
  ]);
  await expectDisk(top);
  // Nothing of the image itself changes here.
  write(base, "write -P 0x22 50M 1");
  const { statistics } = await bench.backup({ sources: [top] });
  expect(statistics.sourceReadBytes).toBeGreaterThan(0);
  await expectDisk(top);
});

test("a raw disk whose guest wrote a qcow2 header into it opens no other file", async () => {
  const secret = join(bench.root, "secret");
  writeFileSync(secret, "of the host".repeat(1000));
  const disk = at("disk.img");
  qemuImg("create", "-f", "qcow2", "-F", "raw", "-b", secret, disk);
  await expect(bench.backup({ sources: [disk] })).rejects.toMatchObject({
    code: "IMAGE_HEADER_NOT_TRUSTED",
    message: expect.stringContaining(secret),
  });
  copyFileSync(disk, at("disk.raw"));
  await bench.backup({ sources: [at("disk.raw")] });
  const { target } = await bench.restore();
  expect(readFileSync(join(target, readdirSync(target)[0] ?? "")).equals(readFileSync(disk))).toBe(true);
  // Somebody on the host vouches for it with a name.
  symlinkSync("disk.img", at("disk.qcow2"));
  await bench.backup({ sources: [at("disk.qcow2")] });
  expect(bench.codes()).toEqual(["IMAGE_REFERS_TO"]);
});

test("a machine without qemu-nbd is told before anything is stored", async () => {
  const image = putDisk();
  vi.stubEnv("PATH", "/nowhere");
  await expect(bench.backup({ sources: [bench.source, image] })).rejects.toMatchObject({
    code: "QEMU_NBD_MISSING",
  });
  expect(bench.store.chunkNames()).toEqual([]);
});

test("a truncated image, which QEMU would read as zeros, is refused as damaged", async () => {
  const image = putDisk();
  truncateSync(image, 2 * MIB);
  await expect(bench.backup({ sources: [image] })).rejects.toMatchObject({
    code: "IMAGE_DAMAGED",
    message: expect.stringContaining("exceeding the end of the file"),
  });
  expect(bench.store.snapshots).toEqual([]);
});

test("an image that stands on a truncated one is refused, and the other one is named", async () => {
  const base = putDisk("base.qcow2");
  const top = at("top.qcow2");
  qemuImg("create", "-f", "qcow2", "-F", "qcow2", "-b", "base.qcow2", top);
  truncateSync(base, 2 * MIB);
  await expect(bench.backup({ sources: [top] })).rejects.toMatchObject({
    code: "IMAGE_DAMAGED",
    message: expect.stringContaining(base),
  });
});

test("an image that QEMU cannot open fails with what QEMU says, and leaves nothing behind", async () => {
  const image = putDisk();
  writeFileSync(image, readFileSync(image).subarray(0, 80));
  await expect(bench.backup({ sources: [image] })).rejects.toMatchObject({
    code: "QEMU_NBD_FAILED",
    message: expect.stringMatching(/: qemu-img: Could not/),
  });
  expect(leftSockets()).toEqual([]);
  expect(bench.store.snapshots).toEqual([]);
});

test("a cancel in the middle ends qemu-nbd and removes its socket", async () => {
  const image = putDisk();
  const abort = new AbortController();
  const cancelled = bench.backup(
    { sources: [image] },
    {
      signal: abort.signal,
      ...bench.duringWalk(({ doneBytes }) => void (doneBytes > 31 * MIB && abort.abort())),
    },
  );
  await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
  expect(leftSockets()).toEqual([]);
  const running = execFileSync("ps", ["-eo", "args="], { encoding: "utf8" });
  expect(running).not.toContain(image);
});
