/**
 * The order of the runs. Within a round and a corpus the tools take turns at each step, so that a slow minute of the
 * machine falls on all of them; every run starts with a warm page cache; every round has fresh repositories, and nothing
 * is deleted before the end (trap 2 of the README).
 */

import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "./contestant.ts";
import { diskUsageOf, warm } from "./corpus.ts";
import type { Corpus } from "./corpus.ts";
import type { Cost } from "./measure.ts";
import { STEPS } from "./report.ts";
import type { Sample, StepName } from "./report.ts";

export interface RoundOptions {
  readonly rounds: number;
  readonly steps: ReadonlySet<StepName>;
  readonly scratch: string;
  readonly restoreFolder: string;
}

interface Turn {
  readonly tool: Contestant;
  readonly corpus: Corpus;
  readonly round: number;
  storedBytes: number;
}

const TOUCH_BLOCK_SIZE_BYTES = 4 * 1024 * 1024;

export async function runRounds(
  tools: readonly Contestant[],
  corpora: readonly Corpus[],
  options: RoundOptions,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const corpus of corpora) {
      // Tools of one kind have one repository at a time, so each corpus opens and closes its own.
      const turns = tools.map((tool) => ({ tool, corpus, round, storedBytes: 0 }));
      try {
        for (const turn of turns) await openTurn(turn, options);
        for (const step of STEPS) {
          if (!options.steps.has(step)) continue;
          // Only when somebody backs the change up: a restore is compared with what was backed up last.
          if (step === "changed") corpus.change();
          for (const turn of turns) samples.push(...(await takeStep(turn, step, options)));
        }
      } finally {
        for (const { tool } of turns) await tool.close();
      }
    }
  }
  return samples;
}

async function openTurn(turn: Turn, options: RoundOptions): Promise<void> {
  const folder = join(options.scratch, `${turn.tool.name}-${turn.corpus.name}-${turn.round}`);
  await turn.tool.open(folder);
  turn.storedBytes = diskUsageOf(turn.tool.repositoryPath());
}

async function takeStep(turn: Turn, step: StepName, options: RoundOptions): Promise<Sample[]> {
  const { tool, corpus, round } = turn;
  const readsRepository = step === "restore" || step === "verify" || step === "prune";
  warm(readsRepository ? tool.repositoryPath() : corpus.path);
  const cost = await costOf(turn, step, options);
  if (cost === undefined) return [];
  const storedBytes = diskUsageOf(tool.repositoryPath());
  const sample = {
    ...cost,
    corpus: corpus.name,
    step,
    tool: tool.name,
    round,
    storedBytes,
    addedBytes: storedBytes - turn.storedBytes,
  };
  turn.storedBytes = storedBytes;
  printSample(sample);
  return [sample];
}

function costOf(turn: Turn, step: StepName, options: RoundOptions): Promise<Cost | undefined> {
  const { tool, corpus } = turn;
  const runs: Record<StepName, () => Promise<Cost | undefined>> = {
    first: () => tool.backup(corpus.path),
    unchanged: () => tool.backup(corpus.path),
    changed: () => tool.backup(corpus.path),
    restore: () => restoreAndCompare(turn, options),
    verify: () => tool.verify(),
    prune: () => tool.prune(),
  };
  return runs[step]();
}

/** A fast restore of something else would be worth nothing, so the first round compares every byte. */
async function restoreAndCompare(turn: Turn, options: RoundOptions): Promise<Cost> {
  const { tool, corpus, round } = turn;
  const target = mkdtempSync(join(options.restoreFolder, "restore-"));
  mkdirSync(target, { recursive: true });
  touchMemory(options.restoreFolder, corpus.sizeBytes);
  const cost = await tool.restore(corpus.path, target);
  if (round === 1) {
    const restored = tool.restoredPath(corpus.path, target);
    const diff = spawnSync("diff", ["-rq", "--no-dereference", corpus.path, restored], { encoding: "utf8" });
    if (diff.status !== 0)
      throw new Error(`${tool.name} restored something else:\n${diff.stdout.slice(0, 2000)}`);
  }
  rmSync(target, { recursive: true });
  return cost;
}

/**
 * A virtual machine gets its memory from the host when it first touches it, which costs more than everything else of a
 * restore to a RAM disk: who restores first would pay for those who come later. So the room is taken once before each.
 */
function touchMemory(folder: string, sizeBytes: number): void {
  const path = join(folder, "touched");
  const block = Buffer.alloc(TOUCH_BLOCK_SIZE_BYTES, 1);
  const file = openSync(path, "w");
  try {
    for (let done = 0; done < sizeBytes; done += block.length) writeSync(file, block);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

function printSample(sample: Sample): void {
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const cold =
    sample.diskReadBytes > 50e6 ? `  COLD: ${mega(sample.diskReadBytes)} MB came from the disk` : "";
  const figures = [
    `${(sample.wallMs / 1000).toFixed(2)} s`,
    `cpu ${(sample.cpuMs / 1000).toFixed(2)} s`,
    `${(sample.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB`,
    `stored ${mega(sample.storedBytes)} MB (+${mega(sample.addedBytes)})`,
  ];
  const run = `${sample.round} ${sample.corpus} ${sample.step.padEnd(9)} ${sample.tool.padEnd(8)}`;
  console.log(`${run} ${figures.join("  ")}${cold}`);
}
