/**
 * How fast the chunkers scan, in GB per CPU second of one thread: `node packages/format/src/chunker/gear-scanner.bench.ts`.
 * Data: 64 MiB of seeded random bytes, then of text, in 16 windows; medians. For choosing between loops.
 */

import { createSeededRandom } from "@ironcore-backup/base";
import { createBuzhashScanner } from "./buzhash-scanner.ts";
import { createChunkMemory, slotStart } from "./chunk-memory.ts";
import type { CutScanner } from "./cut-scanner.ts";
import { createGearScanner } from "./gear-scanner.ts";

const SIZE_BYTES = 64 * 1024 * 1024;
const memory = createChunkMemory(1, SIZE_BYTES);
const start = slotStart(memory, 0);
const data = new Uint8Array(memory.memory.buffer, start, SIZE_BYTES);

function scanAll(scanner: CutScanner): number {
  let count = 0;
  for (let at = 0; at < SIZE_BYTES; count++)
    at += scanner.scan(start + at, 0, SIZE_BYTES - at) || SIZE_BYTES - at;
  return count;
}

function measure(name: string, scanner: CutScanner): void {
  const rates: number[] = [];
  let chunkCount = 0;
  for (let round = 0; round < 16; round++) {
    const before = process.cpuUsage();
    chunkCount = scanAll(scanner);
    const { user, system } = process.cpuUsage(before);
    rates.push(SIZE_BYTES / 1e3 / (user + system));
  }
  rates.sort((a, b) => a - b);
  const mean = (SIZE_BYTES / chunkCount / 1024).toFixed(0);
  process.stdout.write(
    `${name}: median ${rates[8]?.toFixed(2)} GB/s, best ${rates[15]?.toFixed(2)}, mean chunk ${mean} KiB\n`,
  );
}

function measureAll(kind: string): void {
  measure(`${kind}, gear 4 MiB`, createGearScanner(memory.memory, 4 * 1024 * 1024));
  measure(`${kind}, gear 512 KiB`, createGearScanner(memory.memory, 512 * 1024));
  measure(`${kind}, buzhash 4 MiB`, createBuzhashScanner(memory.memory, 4 * 1024 * 1024));
}

data.set(createSeededRandom(1).bytes(SIZE_BYTES));
measureAll("random");
for (let at = 0; at < SIZE_BYTES; at++)
  data[at] = 97 + ((data[at] ?? 0) % 17) * ((data[at] ?? 0) % 5 === 0 ? 0 : 1);
measureAll("text-like");
