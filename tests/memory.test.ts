/**
 * Peak memory of a backup's processes. In CI a small tree and a small image; by hand
 * `IRONCORE_TEST_FILES=1000000 IRONCORE_TEST_IMAGE_GIB=50 npm run test:system -- tests/memory.test.ts`.
 */

import {
  readFileSync,
  mkdirSync,
  openSync,
  closeSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { Installation, tool } from "./support/installation.ts";

const FILE_COUNT = Number(process.env["IRONCORE_TEST_FILES"] ?? 50_000);
const IMAGE_GIB = Number(process.env["IRONCORE_TEST_IMAGE_GIB"] ?? 20);
const PEAK_BYTES_MAX = 400 * 2 ** 20;

/** The largest resident set that any worker process of the server had so far (VmHWM). */
function workerPeakBytes(ibs: Installation): number {
  const rows = tool("ps", ["-eo", "pid=,ppid=,args="])
    .toString()
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
  const workers = rows.filter(
    (row) => row.join(" ").includes("worker") && descends(rows, row[0], String(ibs.serverPid)),
  );
  const peaks = workers.map(([pid]) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  });
  return Math.max(0, ...peaks);
}

function descends(rows: string[][], pid: string | undefined, ancestor: string): boolean {
  for (let at = pid; at !== undefined && at !== "0"; at = rows.find((row) => row[0] === at)?.[1])
    if (at === ancestor) return true;
  return false;
}

describe("a backup's memory", () => {
  const ibs = new Installation();
  beforeAll(async () => {
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
  });
  afterAll(() => ibs.dispose());

  test(`stays bounded for ${FILE_COUNT} small files`, { timeout: 3_600_000 }, async () => {
    for (let i = 0; i < FILE_COUNT; i++) {
      const directory = ibs.path("tree", `d${Math.floor(i / 1000)}`);
      if (i % 1000 === 0) mkdirSync(directory, { recursive: true });
      writeFileSync(
        `${directory}/file-with-a-rather-usual-name-${i}.txt`,
        `content of ${i}\n`.repeat(i % 100),
      );
    }
    const peak = await peakDuring(ibs, "--path", ibs.path("tree"), "--id", "tree");
    const again = await peakDuring(ibs, "--path", ibs.path("tree"), "--id", "tree");
    process.stdout.write(
      `peak of a backup of ${FILE_COUNT} files: ${peak >> 20} MiB, unchanged: ${again >> 20} MiB\n`,
    );
    expect(peak).toBeGreaterThan(0);
    expect(Math.max(peak, again)).toBeLessThan(PEAK_BYTES_MAX);
  });

  test(`stays bounded for a sparse image of ${IMAGE_GIB} GiB`, { timeout: 3_600_000 }, async () => {
    const image = ibs.path("disk.raw");
    const file = openSync(image, "w");
    const random = createSeededRandom(11);
    for (let i = 0; i < 64; i++)
      writeSync(file, random.bytes(1 << 20), 0, 1 << 20, Math.floor((i / 64) * IMAGE_GIB * 2 ** 30));
    closeSync(file);
    truncateSync(image, IMAGE_GIB * 2 ** 30);
    const peak = await peakDuring(ibs, "--path", image, "--id", "image");
    process.stdout.write(`peak of a backup of a sparse image of ${IMAGE_GIB} GiB: ${peak >> 20} MiB\n`);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(PEAK_BYTES_MAX);
  });
});

/** Runs a backup to its end and samples the workers' peak meanwhile. */
async function peakDuring(ibs: Installation, ...words: string[]): Promise<number> {
  const backup = ibs.spawn("backup", ...words, "--datastore", "main", "--wait");
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, workerPeakBytes(ibs))), 200);
  const exitCode = await new Promise((wake) => backup.once("exit", wake));
  clearInterval(sampler);
  expect(exitCode).toBe(0);
  return Math.max(peak, workerPeakBytes(ibs));
}
