/**
 * A recovery drill: restores a snapshot into scratch space as a real restore would, with every index compared with the
 * manifest and every chunk hashed again, runs a check in what came back, and removes it, whatever happens. A snapshot that
 * is known as damaged is drilled all the same: the drill finds what a restore would meet.
 */

import { mkdir, rm, statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  assertInvariant,
  formatGroupRef,
  formatSize,
  parseGroupRef,
  toCodedError,
} from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { compareWithSource, restoreSnapshot, runCommand } from "@ironcore-backup/agent";
import { isFinished, listSnapshotRefs, openSnapshot } from "@ironcore-backup/engine";
import type { OpenSnapshot } from "@ironcore-backup/engine";
import { HOOK_TIMEOUT_SECONDS_DEFAULT } from "@ironcore-backup/protocol";
import type { DrillRequest, DrillStatistics, SourceDifference } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { ownPatterns } from "./backup.ts";
import { reachDatastore, readKey, targetText } from "./datastore-reach.ts";
import type { ReachedDatastore } from "./datastore-reach.ts";
import { logNotice } from "./notice-log.ts";
import type { ComparedSource, Operation, StageProgress, TaskRun } from "./operation.ts";
import { scratchFolder } from "./scratch-folder.ts";

/** Directories, attributes and blocks that are not full take a little more than the contents. */
const SPACE_FACTOR = 1.05;
const LAST_LINE_COUNT = 20;
/** Of differences from the live source that are named; all are counted. */
const DIFFERENCE_COUNT_MAX = 100;
const DIFFERENCE_TEXT: Readonly<Record<SourceDifference, string>> = {
  added: "in the source alone",
  removed: "in the snapshot alone",
  type: "of another kind",
  size: "of another size",
  time: "modified at another time",
  mode: "with other permissions",
  link: "points elsewhere",
  content: "other bytes, though size and time of modification are the same",
  unreadable: "could not be read to be compared",
};

export const runDrill: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "drill", "a drill gets a drill's parameters");
  const { request, datastore: location, scratchPath } = parameters;
  const reached = reachDatastore(run, location);
  const snapshot = chooseSnapshot(run, reached, request);
  const target = targetText(location, snapshot);
  run.setTarget(target);
  const folder = scratchFolder(scratchPath, run.upid);
  const evidence = new Evidence(run, target);
  const source = openSnapshot(reached.needs, reached.datastore, snapshot);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await assertRoom(folder, source);
    run.log("info", "DRILL_STARTED", `Drill of ${target}`, { snapshot: target });
    await restore(run, { source, request, folder, evidence });
    if (parameters.source !== undefined)
      await compareSource(run, { source, request, compared: parameters.source, folder, evidence });
    if (request.check !== undefined) await check(run, { request, folder, target, evidence });
  } finally {
    source.close();
    await cleanUp(run, folder, evidence);
  }
  run.log("info", "DRILL_FINISHED", evidence.sentence());
};

/** @throws GROUP_MISSING, SNAPSHOT_NONE_FINISHED */
function chooseSnapshot(run: TaskRun, reached: ReachedDatastore, request: DrillRequest): SnapshotRef {
  const group = parseGroupRef(request.group);
  const { needs, datastore } = reached;
  const finished = listSnapshotRefs(needs, datastore, group).filter((ref) =>
    isFinished(needs, datastore, ref),
  );
  const at =
    request.choice === "random" && finished.length > 0 ? run.random.integer(0, finished.length - 1) : 0;
  const chosen = finished[at];
  if (chosen === undefined) throw serverErrors.SNAPSHOT_NONE_FINISHED({ group: formatGroupRef(group) });
  if (request.choice === "random")
    run.log("info", "SNAPSHOT_CHOSEN", `One of ${finished.length} snapshots was chosen by chance`);
  return chosen;
}

/** @throws DRILL_SPACE_MISSING */
async function assertRoom(folder: string, source: OpenSnapshot): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const neededBytes = source.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0) * SPACE_FACTOR;
  if (bavail * bsize >= neededBytes) return;
  throw serverErrors.DRILL_SPACE_MISSING({
    path: folder,
    needed: formatSize(neededBytes),
    free: formatSize(bavail * bsize),
  });
}

async function restore(
  run: TaskRun,
  {
    source,
    request,
    folder,
    evidence,
  }: {
    readonly source: OpenSnapshot;
    readonly request: DrillRequest;
    readonly folder: string;
    readonly evidence: Evidence;
  },
): Promise<void> {
  const { archive } = request;
  const key = readKey(request.keyFile);
  const stages = new Map<string, StageProgress>();
  const { statistics } = await restoreSnapshot(
    { clock: run.clock },
    {
      target: join(folder, "tree"),
      overwrite: "never",
      ...(archive === undefined ? {} : { archives: [archive] }),
      ...(key === undefined ? {} : { key }),
    },
    {
      source,
      signal: run.signal,
      threadCount: availableParallelism(),
      onProgress: ({ archive: name, ...amounts }) => {
        const stage = stages.get(name) ?? run.stage(name === "" ? "check target" : name);
        stages.set(name, stage);
        stage.update(amounts);
      },
      onNotice: (notice) => logNotice(run, notice),
      pace: (bytes) => run.pace(bytes),
    },
  );
  for (const stage of stages.values()) stage.end();
  run.setBytes(statistics.restoredBytes);
  const { restoredBytes, fileCount, directoryCount, chunkCount } = statistics;
  evidence.add({ restoreMs: evidence.elapsedMs(), restoredBytes, fileCount, directoryCount, chunkCount });
}

/** @throws DRILL_SOURCE_DIFFERS when that was asked for, CANCELLED */
async function compareSource(
  run: TaskRun,
  {
    source,
    request,
    compared,
    folder,
    evidence,
  }: {
    readonly source: OpenSnapshot;
    readonly request: DrillRequest;
    readonly compared: ComparedSource;
    readonly folder: string;
    readonly evidence: Evidence;
  },
): Promise<void> {
  const { workload, paths, excludes, oneFileSystem } = compared;
  const { archive, compareSource: wish } = request;
  const stage = run.stage("compare source");
  const counts = { addedCount: 0, removedCount: 0, changedCount: 0 };
  const differences: NonNullable<DrillStatistics["comparison"]>["differences"] = [];
  const { comparedCount } = await compareWithSource(
    {
      manifest: source.manifest,
      restored: join(folder, "tree"),
      paths,
      excludes: [...excludes, ...ownPatterns(paths, run.parameters.datastore.path)],
      oneFileSystem,
      ...(archive === undefined ? {} : { archives: [archive] }),
    },
    {
      signal: run.signal,
      onDifference: (path, what) => {
        counts[what === "added" ? "addedCount" : what === "removed" ? "removedCount" : "changedCount"]++;
        if (differences.length >= DIFFERENCE_COUNT_MAX) return;
        differences.push({ path, what });
        run.log("info", "SOURCE_DIFFERENCE", `${path}: ${DIFFERENCE_TEXT[what]}`, { path });
      },
    },
  );
  stage.end();
  evidence.add({ comparison: { workload, comparedCount, ...counts, differences } });
  const count = counts.addedCount + counts.removedCount + counts.changedCount;
  if (count === 0) {
    run.log("info", "SOURCE_SAME", `All ${comparedCount} paths are as they are in the live source`);
    return;
  }
  if (wish?.failsOnDifference === true)
    throw serverErrors.DRILL_SOURCE_DIFFERS({ snapshot: evidence.snapshot, workload, count });
  const { addedCount, removedCount, changedCount } = counts;
  run.log(
    "warning",
    "SOURCE_DIFFERS",
    `The live source of ${workload} has moved on: ${addedCount} added, ${removedCount} removed, ${changedCount} changed`,
  );
}

/** @throws DRILL_CHECK_FAILED, CANCELLED */
async function check(
  run: TaskRun,
  {
    request,
    folder,
    target,
    evidence,
  }: {
    readonly request: DrillRequest;
    readonly folder: string;
    readonly target: string;
    readonly evidence: Evidence;
  },
): Promise<void> {
  const [program, ...rest] = request.check?.argv ?? [];
  if (program === undefined) return;
  const timeoutMs = (request.check?.timeoutSeconds ?? HOOK_TIMEOUT_SECONDS_DEFAULT) * 1000;
  const workingDir = join(folder, "tree");
  const stage = run.stage("check");
  const startedMs = run.clock.elapsedMs();
  const lines: string[] = [];
  const tell = (passed: boolean): void => {
    const durationMs = Math.round(run.clock.elapsedMs() - startedMs);
    evidence.add({
      check: { argv: [program, ...rest], passed, durationMs, lastLines: lines.slice(-LAST_LINE_COUNT) },
    });
  };
  try {
    await runCommand(
      { clock: run.clock },
      { argv: [program, ...rest], workingDir, environment: { IRONCORE_SNAPSHOT: target }, timeoutMs },
      {
        role: "check",
        signal: run.signal,
        onLine: (line) => {
          lines.push(line);
          run.log("info", "CHECK_OUTPUT", line);
        },
      },
    );
    tell(true);
    stage.end();
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === "CANCELLED") throw thrown;
    tell(false);
    throw serverErrors.DRILL_CHECK_FAILED({ snapshot: target, detail: error.message }, thrown);
  }
}

/** What is left in the scratch space takes room, so it is told; it does not make a good drill a bad one. */
async function cleanUp(run: TaskRun, folder: string, evidence: Evidence): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 2 });
    evidence.add({ isCleanedUp: true });
  } catch (cause) {
    run.log("warning", "SCRATCH_LEFT", `${folder} could not be removed: ${String(cause)}`, { path: folder });
    evidence.add({ isCleanedUp: false });
  }
}

class Evidence {
  readonly #run: TaskRun;
  readonly #startedMs: number;
  #statistics: DrillStatistics;

  constructor(run: TaskRun, snapshot: string) {
    this.#run = run;
    this.#startedMs = run.clock.elapsedMs();
    const counts = { restoredBytes: 0, fileCount: 0, directoryCount: 0, chunkCount: 0 };
    this.#statistics = { snapshot, ...counts, isCleanedUp: false };
  }

  get snapshot(): string {
    return this.#statistics.snapshot;
  }

  elapsedMs(): number {
    return Math.round(this.#run.clock.elapsedMs() - this.#startedMs);
  }

  /** Kept when the drill fails later. */
  add(found: Partial<DrillStatistics>): void {
    this.#statistics = { ...this.#statistics, ...found };
    this.#run.setStatistics({ kind: "drill", drill: this.#statistics });
  }

  sentence(): string {
    const { restoreMs = 0, restoredBytes, fileCount, check: checked } = this.#statistics;
    const passed = checked === undefined ? "" : `; ${checked.argv[0] ?? "the check"} passed`;
    return `${formatSize(restoredBytes)} in ${fileCount} files were back after ${restoreMs} ms${passed}`;
  }
}
