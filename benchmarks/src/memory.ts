/** How much memory a backup needs when there is much to remember: a million files, and an image that is mostly a hole. */

import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Ironcore } from "./ironcore.ts";
import type { Cost } from "./measure.ts";

const FILE_COUNT = 1_000_000;
const FILES_PER_FOLDER = 100;
const IMAGE_SIZE_BYTES = 50 * 2 ** 30;
const IMAGE_EXTENT_COUNT = 200;
const IMAGE_EXTENT_SIZE_BYTES = 1 << 20;
const PEAK_BYTES_MAX = 400 << 20;

/** @returns whether every step stayed below 400 MiB */
export async function measureMemory(
  ours: Ironcore,
  scratch: string,
  options: { readonly scale: number; readonly seed: number },
): Promise<boolean> {
  const scale = Math.min(1, options.scale * 2); // the option's default, 0.5, is the full size here
  const tree = growTree(join(scratch, "tree"), Math.round(FILE_COUNT * scale), options.seed);
  const image = growImage(join(scratch, "disk.img"), IMAGE_SIZE_BYTES * scale, options.seed);
  await ours.open(join(scratch, "ours"));
  try {
    const target = join(scratch, "restored");
    mkdirSync(target);
    return [
      report("tree: first backup", await ours.backup(tree)),
      report("tree: unchanged", await ours.backup(tree)),
      report("tree: restore", await ours.restore(tree, target)),
      report("image: first backup", await ours.backupImage(image)),
      report("image: unchanged", await ours.backupImage(image)),
      report("verify everything", await ours.verify()),
    ].every(Boolean);
  } finally {
    await ours.close();
  }
}

function report(what: string, cost: Cost): boolean {
  const mebi = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const holds = cost.peakMemoryBytes <= PEAK_BYTES_MAX;
  const figures = `all processes ${mebi(cost.peakMemoryBytes)}, largest ${mebi(cost.largestProcessBytes)}`;
  console.log(
    `${what.padEnd(22)} ${(cost.wallMs / 1000).toFixed(1)} s  peak ${figures}  ${holds ? "holds" : "MISSED 400 MiB"}`,
  );
  return holds;
}

function growTree(path: string, fileCount: number, seed: number): string {
  const random = createSeededRandom(seed);
  for (let i = 0; i < fileCount; i++) {
    const folder = join(path, `area-${i % 97}`, `folder-${Math.floor(i / FILES_PER_FOLDER)}`);
    if (i % FILES_PER_FOLDER < 97) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${i}`), random.bytes(random.integer(10, 200)));
  }
  console.log(`tree: ${fileCount} files`);
  return path;
}

function growImage(path: string, sizeBytes: number, seed: number): string {
  const random = createSeededRandom(seed);
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  const fd = openSync(path, "r+");
  for (let i = 0; i < IMAGE_EXTENT_COUNT; i++) {
    const at = Math.floor((i * (sizeBytes - IMAGE_EXTENT_SIZE_BYTES)) / IMAGE_EXTENT_COUNT / 4096) * 4096;
    writeSync(fd, random.bytes(IMAGE_EXTENT_SIZE_BYTES), 0, IMAGE_EXTENT_SIZE_BYTES, at);
  }
  closeSync(fd);
  console.log(`image: ${(sizeBytes / 2 ** 30).toFixed(1)} GiB, mostly a hole`);
  return path;
}
