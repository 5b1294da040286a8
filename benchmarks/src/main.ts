/**
 * `npm run bench`: ours, restic and borg side by side on generated data. What it measures and how to read it:
 * benchmarks/README.md.
 */

import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createBorg } from "./borg.ts";
import type { Contestant } from "./contestant.ts";
import { createCorpus } from "./corpus.ts";
import type { Corpus, CorpusName } from "./corpus.ts";
import { ensureInstalled } from "./debian-packages.ts";
import { createIroncore, OWN_CLI } from "./ironcore.ts";
import { measureMemory } from "./memory.ts";
import { createRestic } from "./restic.ts";
import { runRounds } from "./rounds.ts";
import { formatReport, judge, medianRows, STEPS } from "./report.ts";
import type { StepName } from "./report.ts";

/** Between the making of the data and the first backup. */
const SETTLE_MS = 2000;

const HELP = `npm run bench -- [options]
  --scale N          size of the data; 1 is 100,000 files, 2.1 GB and 1 GiB (default 0.5)
  --corpus a,b,c     a: small files, b: big compressible files, c: incompressible (default all)
  --tool LIST        of ours, ours-key, restic, borg, borg-key (default ours,restic,borg)
  --steps LIST       of first, unchanged, changed, restore, verify, prune (default all)
  --rounds N         how often, tools interleaved; medians are shown (default 3)
  --seed N           of the data (default 1)
  --dir DIR          where data and repositories are made (default: the system's temporary folder)
  --restore-dir DIR  where restores go (default: /dev/shm when there is room)
  --cli FILE         command line of another checkout, to compare before with after (default: this one's)
  --json FILE        every single figure
  --memory           instead: peak memory for 1,000,000 small files and one 50 GiB sparse image`;

const { values } = parseArgs({
  options: {
    scale: { type: "string", default: "0.5" },
    corpus: { type: "string", default: "a,b,c" },
    tool: { type: "string", default: "ours,restic,borg" },
    steps: { type: "string", default: STEPS.join(",") },
    rounds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    dir: { type: "string", default: tmpdir() },
    "restore-dir": { type: "string" },
    cli: { type: "string", default: OWN_CLI },
    json: { type: "string" },
    memory: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(values.dir, "ironcore-bench-"));
  process.once("SIGINT", () => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  });
  try {
    describeMachine(scratch);
    if (values.memory) await memoryReport(scratch);
    else await speedReport(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function memoryReport(scratch: string): Promise<void> {
  const ours = createIroncore(scratch, { encrypted: false, cli: values.cli });
  const passed = await measureMemory(ours, scratch, {
    scale: Number(values.scale),
    seed: Number(values.seed),
  });
  process.exitCode = passed ? 0 : 1;
}

async function speedReport(scratch: string): Promise<void> {
  const names = values.tool.split(",");
  ensureInstalled([...names, "time", "mkfs.ext4"]);
  const tools = names.map((name) => createContestant(name, scratch));
  const steps = STEPS.filter((step) => values.steps.split(",").includes(step));
  console.log(`tools    ${tools.map((tool) => tool.version).join(", ")}`);
  const corpora = values.corpus.split(",").map((name) => makeCorpus(parseCorpus(name), scratch));
  // A file that changed in the very second of a backup is read again by the next one: no real source is that young.
  await new Promise((wake) => setTimeout(wake, SETTLE_MS));
  const restoreFolder = values["restore-dir"] ?? restoreFolderFor(corpora, scratch);
  console.log(`restores go below ${restoreFolder}\n`);
  const options = { rounds: Number(values.rounds), steps: new Set<StepName>(steps), scratch, restoreFolder };
  const samples = await runRounds(tools, corpora, options);
  const rows = medianRows(samples);
  const ours = names.find((name) => name.startsWith("ours")) ?? "";
  console.log(`\n${formatReport(rows, names, ours)}`);
  const verdicts = rows.flatMap((row) => judge(row, ours));
  const held = verdicts.filter((verdict) => verdict.holds).length;
  if (verdicts.length > 0) console.log(`\nfirst floor: ${held} of ${verdicts.length} hold`);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ ...values, samples }, null, 2));
}

function makeCorpus(name: CorpusName, scratch: string): Corpus {
  const path = join(scratch, `corpus-${name}`);
  const corpus = createCorpus(name, path, { scale: Number(values.scale), seed: Number(values.seed) });
  const size = `${corpus.fileCount} files, ${(corpus.sizeBytes / 1e6).toFixed(0)} MB`;
  console.log(`corpus ${name} ${corpus.description}: ${size}`);
  return corpus;
}

function createContestant(name: string, scratch: string): Contestant {
  switch (name) {
    case "ours":
    case "ours-key":
      return createIroncore(scratch, { encrypted: name === "ours-key", cli: values.cli });
    case "restic":
      return createRestic(scratch);
    case "borg":
    case "borg-key":
      return createBorg(scratch, name === "borg" ? "none" : "repokey");
    default:
      throw new Error(`unknown tool "${name}"\n${HELP}`);
  }
}

function parseCorpus(name: string): CorpusName {
  if (name === "a" || name === "b" || name === "c") return name;
  throw new Error(`unknown corpus "${name}"\n${HELP}`);
}

/** Memory when twice the largest corpus fits into it (trap 2 of the README), else the disk. */
function restoreFolderFor(corpora: readonly Corpus[], scratch: string): string {
  const largest = Math.max(...corpora.map((corpus) => corpus.sizeBytes));
  const memory = statfsSync("/dev/shm");
  if (memory.bavail * memory.bsize < 2 * largest || totalmem() < 4 * largest) return scratch;
  const folder = mkdtempSync("/dev/shm/ironcore-bench-");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function describeMachine(scratch: string): void {
  mkdirSync(scratch, { recursive: true });
  const load = loadavg()[0] ?? 0;
  console.log(
    `machine  ${availableParallelism()} × ${cpus()[0]?.model ?? arch()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  );
  console.log(`system   Linux ${release()}, Node ${process.versions.node}, load ${load.toFixed(2)}`);
  console.log(`seed     ${values.seed}, scale ${values.scale}, ${values.rounds} rounds, in ${scratch}`);
  if (load > 0.5) console.log("         other work runs on this machine: trust ratios and cpu, not wall");
}
