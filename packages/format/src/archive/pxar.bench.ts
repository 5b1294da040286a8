/**
 * How many entries a second the archive code writes and reads in one thread:
 * `node packages/format/src/archive/pxar.bench.ts`. Trees of a million files without attributes, 12-byte names, split
 * archives, everything in memory: what is left over is the code itself. CPU time, best of five rounds.
 */

import { NO_PXAR_ATTRIBUTES } from "./pxar-metadata.ts";
import type { PxarStat } from "./pxar-metadata.ts";
import { PxarReader } from "./pxar-reader.ts";
import { PxarTree } from "./pxar-tree.ts";
import { PxarWriter } from "./pxar-writer.ts";

const FILE_COUNT = 1_000_000;
const stat = (mode: number): PxarStat => ({
  mode,
  flags: 0,
  uid: 1000,
  gid: 1000,
  mtimeSeconds: 1_700_000_000,
  mtimeNanos: 5,
});
const directoryStat = stat(0o40755);
const fileStat = stat(0o100644);
const names = Array.from({ length: FILE_COUNT }, (_, i) => `file-${String(i).padStart(7, "0")}`);
const archive = Buffer.alloc(FILE_COUNT * 200);

function write(filesPerDirectory: number): number {
  let at = 0;
  const writer = new PxarWriter(
    {
      write(bytes) {
        archive.set(bytes, at);
        at += bytes.length;
      },
    },
    { version: 2 },
  );
  writer.startDirectory(undefined, directoryStat, NO_PXAR_ATTRIBUTES);
  for (let done = 0; done < FILE_COUNT; done += filesPerDirectory) {
    writer.startDirectory(`directory-${String(done).padStart(8, "0")}`, directoryStat, NO_PXAR_ATTRIBUTES);
    for (let i = 0; i < filesPerDirectory; i++) {
      const offsetBytes = 16 + (done + i) * 116;
      const name = names[i] ?? "";
      writer.addFileRef(name, fileStat, NO_PXAR_ATTRIBUTES, { offsetBytes, sizeBytes: 100, isNew: true });
    }
    writer.endDirectory();
  }
  writer.endDirectory();
  return writer.finish().sizeBytes;
}

function sourceOf(sizeBytes: number) {
  return { sizeBytes, read: (at: number, length: number) => archive.subarray(at, at + length) };
}

function readThrough(sizeBytes: number): number {
  const reader = new PxarReader(sourceOf(sizeBytes));
  let sum = 0;
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.event === "entry") sum += event.entry.stat.mtimeSeconds + (event.entry.content?.sizeBytes ?? 0);
  }
  return sum;
}

/** What the agent does with an unchanged tree: each entry's raw bytes go into the next archive. */
function copy(sizeBytes: number): number {
  const reader = new PxarReader(sourceOf(sizeBytes));
  const writer = new PxarWriter({ write: () => undefined }, { version: 2 });
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.event === "leave") {
      writer.endDirectory();
      continue;
    }
    const { kind, name, stat, rawAttributes, content } = event.entry;
    if (kind === "directory") writer.startDirectory(name === "" ? undefined : name, stat, rawAttributes);
    else if (content !== undefined) {
      const { offsetBytes, sizeBytes } = content;
      writer.addFileRef(name, stat, rawAttributes, { offsetBytes, sizeBytes, isNew: false });
    }
  }
  return writer.finish().sizeBytes;
}

function listAll(sizeBytes: number): number {
  const tree = new PxarTree(sourceOf(sizeBytes));
  let count = 0;
  for (const child of tree.children(tree.root)) {
    if (child.directory !== undefined) for (const _file of tree.children(child.directory)) count++;
  }
  return count;
}

function measure(name: string, act: () => number): number {
  let best = Number.POSITIVE_INFINITY;
  let result = 0;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    result = act();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e3);
  }
  const rate = `${(FILE_COUNT / best / 1e3).toFixed(2)} M entries/s, ${((best * 1e6) / FILE_COUNT).toFixed(0)} ns each`;
  process.stdout.write(`${name}: ${rate}, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB\n`);
  return result;
}

for (const filesPerDirectory of [10, 100, FILE_COUNT]) {
  const shape = `${filesPerDirectory} a directory`;
  const sizeBytes = measure(`${shape}, write`, () => write(filesPerDirectory));
  measure(`${shape}, read`, () => readThrough(sizeBytes));
  measure(`${shape}, copy`, () => copy(sizeBytes));
  measure(`${shape}, jump`, () => listAll(sizeBytes));
}
