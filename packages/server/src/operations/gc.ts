/** Garbage collection of one datastore: two stages, mark and sweep, and what came of them. */

import { assertInvariant, formatInstant, formatSize, instantFromMs } from "@ironcore-backup/base";
import { collectGarbage } from "@ironcore-backup/engine";
import type { GcPhase, GcProgress, GcResult } from "@ironcore-backup/engine";
import type { GcStatistics } from "@ironcore-backup/protocol";
import { reachDatastore } from "./datastore-reach.ts";
import type { Operation, StageProgress, TaskRun } from "./operation.ts";

export const runGc: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "gc", "a garbage collection gets its own parameters");
  const { request, datastore: location } = parameters;
  const { needs, datastore } = reachDatastore(run, location);
  const isDryRun = request.isDryRun === true;
  const startedMs = run.clock.elapsedMs();
  run.log(
    "info",
    "GC_STARTED",
    `Garbage collection of ${location.name}${isDryRun ? ", nothing is removed" : ""}`,
  );
  const stages = new Stages(run);
  const result = await collectGarbage(needs, datastore, {
    upid: run.upid,
    isDryRun,
    signal: run.signal,
    beforeSweep: () => run.confirm(),
    onProgress: (progress) => stages.show(progress),
    ...(request.cutoffMinutes === undefined ? {} : { cutoffMinutes: request.cutoffMinutes }),
  });
  stages.end();
  const durationMs = Math.round(run.clock.elapsedMs() - startedMs);
  const gc = statisticsOf(result, { durationMs, isDryRun });
  run.setStatistics({ kind: "gc", gc });
  logResult(run, gc);
};

/** A large store is collected in parts; each stage is opened once and goes on with the next part. */
class Stages {
  readonly #run: TaskRun;
  readonly #stages = new Map<GcPhase, StageProgress>();

  constructor(run: TaskRun) {
    this.#run = run;
  }

  show({ phase, doneCount, totalCount, isLastPart, tally }: GcProgress): void {
    if (phase === "sweep" && isLastPart) this.#end("mark");
    const stage = this.#stages.get(phase) ?? this.#run.stage(phase);
    this.#stages.set(phase, stage);
    const lookedAtBytes = tally.usedBytes + tally.pendingBytes + tally.removedBytes;
    stage.update({
      doneItems: doneCount,
      ...(totalCount === undefined ? {} : { totalItems: totalCount }),
      ...(phase === "sweep" ? { doneBytes: lookedAtBytes } : {}),
    });
    if (phase === "sweep") this.#run.setBytes(lookedAtBytes);
  }

  end(): void {
    for (const phase of [...this.#stages.keys()]) this.#end(phase);
  }

  #end(phase: GcPhase): void {
    this.#stages.get(phase)?.end();
    this.#stages.delete(phase);
  }
}

function statisticsOf(
  result: GcResult,
  about: { readonly durationMs: number; readonly isDryRun: boolean },
): GcStatistics {
  const {
    startedAt: _start,
    oldestKeptMs: _kept,
    namedChunkCount: _named,
    pendingOldestMs: _oldest,
    nextFreeAtMs,
    ...figures
  } = result;
  return {
    ...about,
    ...figures,
    ...(nextFreeAtMs === undefined ? {} : { nextFreeAt: Math.ceil(nextFreeAtMs) }),
  };
}

function logResult(run: TaskRun, gc: GcStatistics): void {
  const chunks = (chunkCount: number, sizeBytes: number): string =>
    `${formatSize(sizeBytes)} in ${chunkCount} chunks`;
  if (gc.missingChunkCount > 0) {
    const message = `${gc.missingChunkCount} chunks that snapshots need are not there: a verification tells whose they are`;
    run.log("warning", "GC_CHUNKS_MISSING", message, { missingChunkCount: gc.missingChunkCount });
  }
  if (gc.keptBadChunkCount > 0) {
    const message = `${gc.keptBadChunkCount} bad chunks stay until something sound takes their place`;
    run.log("info", "GC_BAD_CHUNKS_KEPT", message, { keptBadChunkCount: gc.keptBadChunkCount });
  }
  if (gc.nextFreeAt !== undefined) {
    const message = `${chunks(gc.pendingChunkCount, gc.pendingBytes)} are unused, but too young to go before ${formatInstant(instantFromMs(gc.nextFreeAt))}`;
    run.log("info", "GC_PENDING", message, { pendingBytes: gc.pendingBytes });
  }
  const freed = chunks(gc.removedChunkCount, gc.removedBytes);
  const message = gc.isDryRun
    ? `Would free ${freed}; ${chunks(gc.usedChunkCount, gc.usedBytes)} are in use`
    : `Freed ${freed}; ${chunks(gc.usedChunkCount, gc.usedBytes)} are in use`;
  run.log("info", "GC_FINISHED", message, { removedBytes: gc.removedBytes, usedBytes: gc.usedBytes });
}
