/** Something whose backup takes long enough to be watched, cut off and cancelled. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSeededRandom } from "@ironcore-backup/base";
import { textBytes } from "./tree.ts";

const FILE_SIZE_BYTES = 12_000_000;
const FILE_COUNT = 20;

/** 240 MB of text; at the highest compression that is minutes of work for two cores. */
export function growSlowSource(root: string, seed: number): void {
  mkdirSync(root, { recursive: true });
  const random = createSeededRandom(seed);
  for (let at = 0; at < FILE_COUNT; at++) {
    writeFileSync(join(root, `part-${at}.txt`), textBytes(random, FILE_SIZE_BYTES));
  }
}

/** Words of `backup` that make it slow. */
export const SLOWLY = ["--compression", "19"] as const;
