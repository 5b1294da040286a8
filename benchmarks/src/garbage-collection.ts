/**
 * `npm run bench:gc`: a garbage collection of a large datastore by a real server: how long it takes and how much memory.
 *
 * The datastore is made, not backed up: groups of snapshots whose indexes share most of their chunks with the one before, as
 * daily backups do, and chunks that nothing names. A collection reads indexes and looks at chunks' times, never into a chunk, so
 * the chunks are small files. Unused chunks are set back by two days; everything else was used just now.
 */

import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSystemRandom } from "@ironcore-backup/base";
import { createDynamicIndexWriter, encodeBlob } from "@ironcore-backup/format";
import { createIroncore, OWN_CLI } from "./ironcore.ts";
import type { Cost } from "./measure.ts";

const DAY_SECONDS = 86_400;
const CHUNK_RAW_SIZE_BYTES = 4 << 20;
const GROUP_COUNT = 100;

const { values } = parseArgs({
  options: {
    chunks: { type: "string", default: "1000000" },
    snapshots: { type: "string", default: "10000" },
    entries: { type: "string", default: "2000" },
    unused: { type: "string", default: "0.1" },
    dir: { type: "string", default: tmpdir() },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench:gc -- [options]
  --chunks N      chunks in the store (default 1,000,000)
  --snapshots N   snapshots in ${GROUP_COUNT} groups (default 10,000)
  --entries N     chunks that each snapshot is made of (default 2,000)
  --unused SHARE  of the chunks, named by no snapshot (default 0.1)
  --dir DIR       where the datastore is made (default: the system's temporary folder)`);
} else await main();

interface Plan {
  readonly chunkCount: number;
  readonly usedCount: number;
  readonly snapshotsPerGroup: number;
  readonly entryCount: number;
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(values.dir, "ironcore-gc-"));
  const tool = createIroncore(scratch, { encrypted: false, cli: OWN_CLI });
  const [chunkCount, snapshotCount] = [Number(values.chunks), Number(values.snapshots)];
  const plan = {
    chunkCount,
    usedCount: Math.round(chunkCount * (1 - Number(values.unused))),
    snapshotsPerGroup: Math.ceil(snapshotCount / GROUP_COUNT),
    entryCount: Number(values.entries),
  };
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown processor"}), load ${loadavg()[0]?.toFixed(2)}`,
  );
  try {
    await tool.open(join(scratch, "ours"));
    fill(tool.repositoryPath(), plan);
    print("dry run", await tool.collect("--dry-run"));
    print("collection", await tool.collect());
    print("again, nothing to free", await tool.collect());
  } finally {
    await tool.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function print(what: string, cost: Cost): void {
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `${what.padEnd(24)} ${(cost.wallMs / 1000).toFixed(1)} s  cpu ${(cost.cpuMs / 1000).toFixed(1)} s  ` +
      `memory of all ${mebibytes(cost.peakMemoryBytes)}, of the largest process ${mebibytes(cost.largestProcessBytes)}  ` +
      `read from disk ${mebibytes(cost.diskReadBytes)}`,
  );
}

function fill(store: string, plan: Plan): void {
  const startedMs = performance.now();
  const blob = encodeBlob(
    { random: createSystemRandom() },
    new TextEncoder().encode("a chunk of the benchmark"),
  );
  const oldSeconds = Date.now() / 1000 - 2 * DAY_SECONDS;
  for (let number = 0; number < plan.chunkCount; number++) {
    const name = digestOf(number).toString("hex");
    const path = join(store, ".chunks", name.slice(0, 4), name);
    writeFileSync(path, blob);
    if (number >= plan.usedCount) utimesSync(path, oldSeconds, oldSeconds);
  }
  let indexBytes = 0;
  for (let group = 0; group < GROUP_COUNT; group++) indexBytes += fillGroup(store, group, plan);
  console.log(
    `made ${plan.chunkCount} chunks, ${plan.chunkCount - plan.usedCount} of them unused, and ` +
      `${plan.snapshotsPerGroup * GROUP_COUNT} snapshots with ${Math.round(indexBytes / 2 ** 20)} MiB of indexes ` +
      `in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
  );
}

/** Each snapshot replaces some of the chunks of the one before, so that all of the group's chunks are named in the end. */
function fillGroup(store: string, group: number, plan: Plan): number {
  const own = Math.floor(plan.usedCount / GROUP_COUNT);
  const first = group * own;
  const entries = Array.from({ length: Math.min(plan.entryCount, own) }, (_, at) => digestOf(first + at));
  let next = entries.length;
  const perSnapshot = Math.ceil((own - next) / Math.max(1, plan.snapshotsPerGroup - 1));
  let indexBytes = 0;
  for (let at = 0; at < plan.snapshotsPerGroup; at++) {
    const time = new Date((1_700_000_000 + at * DAY_SECONDS) * 1000).toISOString().replace(".000", "");
    const folder = join(store, "host", `machine-${group}`, time);
    mkdirSync(folder, { recursive: true });
    indexBytes += writeIndex(join(folder, "root.pxar.didx"), entries);
    for (let more = 0; more < perSnapshot && next < own; more++, next++)
      entries[next % entries.length] = digestOf(first + next);
  }
  return indexBytes;
}

function writeIndex(path: string, digests: readonly Uint8Array[]): number {
  const file = openSync(path, "wx");
  try {
    const target = {
      writeAt: (position: number, bytes: Uint8Array) => {
        writeSync(file, bytes, 0, bytes.length, position);
      },
    };
    const identity = { uuid: new Uint8Array(16), createdAtSeconds: 1_700_000_000 };
    const index = createDynamicIndexWriter(target, identity);
    for (const [at, digest] of digests.entries()) index.append((at + 1) * CHUNK_RAW_SIZE_BYTES, digest);
    index.close();
  } finally {
    closeSync(file);
  }
  return 4096 + digests.length * 40;
}

function digestOf(number: number): Buffer {
  return createHash("sha256").update(`chunk ${number}`).digest();
}
