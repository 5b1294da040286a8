/**
 * Verification with a window instead of a list: all bytes of a scope are read once within so many days, the least recently checked
 * first. A run reads its share of them; a snapshot gets its verdict when every chunk it needs was checked within the
 * window, or when one of them turned out bad.
 */

import { throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { openChunkRecords } from "../chunk-records/chunk-records.ts";
import { createChunkStore } from "../chunk-store/chunk-store.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { readManifest, verifyStateOf } from "../datastore/manifest-file.ts";
import { openSnapshot } from "../sessions/open-snapshot.ts";
import { forEachChunk, surveyChunks } from "./chunk-survey.ts";
import type { ChunkSurvey } from "./chunk-survey.ts";
import { coverageOf, planCover } from "./coverage.ts";
import type { Coverage } from "./coverage.ts";
import { lastCoverRun, markCoverRun } from "./pass-mark.ts";
import { createVerifyPass } from "./verify-pass.ts";
import type { VerifyOptions, VerifyOutcome, VerifyPass } from "./verify-pass.ts";

/** Read between two looks at the clock: so far a run may go past its time. */
const BATCH_SIZE_BYTES_MAX = 256 * 1024 * 1024;
const BATCH_CHUNK_COUNT_MAX = 4096;

export interface CoverOptions extends Omit<VerifyOptions, "freshSinceMs" | "seen" | "onProgress"> {
  /** Which snapshots these are, in words that are the same for the same ones: what is said of one scope is nothing to another. */
  readonly scope: string;
  readonly windowMs: number;
  /** No chunk is begun after so long; absent: until all that is due was read. */
  readonly durationMsMax?: number;
  /** As in `BATCH_CHUNK_COUNT_MAX`. */
  readonly batchChunkCountMax?: number;
  readonly onPlan?: (plan: { readonly dueBytes: number; readonly dueChunkCount: number }) => void;
  readonly onRead?: (read: { readonly readBytes: number; readonly chunkCount: number }) => void;
  readonly onOutcome: (outcome: VerifyOutcome) => void;
  /** When a snapshot's last verdict was written, in milliseconds since 1970; undefined: not known. */
  readonly verdictAtMs: (upid: string) => number | undefined;
}

export interface CoverResult {
  readonly coverage: Coverage;
  readonly readBytes: number;
  readonly chunkCount: number;
  /** Due in this run, and not read: its time was over. */
  readonly leftBytes: number;
  readonly secondsSinceLastRun: number | undefined;
}

/** @throws as `verifySnapshots` */
export async function coverSnapshots(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshots: readonly SnapshotRef[],
  options: CoverOptions,
): Promise<CoverResult> {
  const startedAtMs = needs.clock.now();
  const { windowMs, signal, scope } = options;
  const survey = await surveyStore(needs, datastore, snapshots, options);
  const lastRunAtMs = lastCoverRun(needs, datastore, scope);
  const secondsSinceLastRun =
    lastRunAtMs === undefined ? undefined : Math.floor((startedAtMs - lastRunAtMs) / 1000);
  const pass = createVerifyPass(needs, datastore, { ...options, freshSinceMs: startedAtMs - windowMs });
  try {
    const read = await readDue(needs, pass, survey, { ...options, startedAtMs, secondsSinceLastRun });
    throwIfCancelled(signal);
    await judgeSnapshots({ needs, datastore, pass, survey }, snapshots, { ...options, startedAtMs });
    markCoverRun(needs, datastore, { scope, startedAtMs, upid: options.upid });
    const coverage = coverageOf(survey, {
      nowSeconds: Math.floor(needs.clock.now() / 1000),
      windowSeconds: windowMs / 1000,
    });
    return { coverage, ...read, secondsSinceLastRun };
  } finally {
    await pass.close();
  }
}

async function surveyStore(
  needs: EngineNeeds,
  datastore: Datastore,
  snapshots: readonly SnapshotRef[],
  { signal }: CoverOptions,
): Promise<ChunkSurvey> {
  const records = await openChunkRecords(needs, datastore.path);
  const chunkStore = createChunkStore(needs, datastore.path);
  try {
    const parts = { needs, datastore, chunkStore, records };
    return await surveyChunks(parts, snapshots, signal === undefined ? {} : { signal });
  } finally {
    records.close();
    chunkStore.close();
  }
}

interface RunSituation extends CoverOptions {
  readonly startedAtMs: number;
}

async function readDue(
  { clock }: EngineNeeds,
  pass: VerifyPass,
  survey: ChunkSurvey,
  options: RunSituation & { readonly secondsSinceLastRun: number | undefined },
): Promise<Pick<CoverResult, "readBytes" | "chunkCount" | "leftBytes">> {
  const { startedAtMs, windowMs, durationMsMax = Number.POSITIVE_INFINITY } = options;
  const { batchChunkCountMax = BATCH_CHUNK_COUNT_MAX } = options;
  const { order, dueCount, dueBytes } = planCover(survey, {
    nowSeconds: Math.floor(startedAtMs / 1000),
    windowSeconds: windowMs / 1000,
    sinceLastRunSeconds: options.secondsSinceLastRun,
  });
  options.onPlan?.({ dueBytes, dueChunkCount: dueCount });
  const startMs = clock.elapsedMs();
  let [readBytes, chunkCount] = [0, 0];
  while (chunkCount < dueCount && clock.elapsedMs() - startMs < durationMsMax) {
    const batch: number[] = [];
    let batchBytes = 0;
    for (const number of order.subarray(chunkCount, Math.min(dueCount, chunkCount + batchChunkCountMax))) {
      if (batchBytes >= BATCH_SIZE_BYTES_MAX) break;
      batch.push(number);
      batchBytes += survey.storedSizeBytes(number);
    }
    const sound = await pass.checkChunks(batch.map((number) => survey.requestAt(number)));
    const nowSeconds = Math.floor(clock.now() / 1000);
    for (const [at, number] of batch.entries())
      if (sound[at] === true) survey.setChecked(number, nowSeconds);
      else survey.setBad(number);
    chunkCount += batch.length;
    readBytes += batchBytes;
    options.onRead?.({ readBytes, chunkCount });
  }
  return { readBytes, chunkCount, leftBytes: dueBytes - readBytes };
}

interface JudgeParts {
  readonly needs: EngineNeeds;
  readonly datastore: Datastore;
  readonly pass: VerifyPass;
  readonly survey: ChunkSurvey;
}

async function judgeSnapshots(
  parts: JudgeParts,
  snapshots: readonly SnapshotRef[],
  options: RunSituation,
): Promise<void> {
  const unreadable = new Set(parts.survey.unreadable);
  for (const snapshot of snapshots) {
    throwIfCancelled(options.signal);
    if (unreadable.has(snapshot) || (await isToBeJudged(parts, snapshot, options)))
      options.onOutcome(await parts.pass.verify(snapshot));
  }
}

/**
 * One with a bad chunk is read whole, so that all that is wrong with it is told. One whose chunks were all checked gets its verdict
 * anew when the old one is half a window old.
 */
async function isToBeJudged(
  { needs, datastore, survey }: JudgeParts,
  snapshot: SnapshotRef,
  { startedAtMs, windowMs, signal, verdictAtMs }: RunSituation,
): Promise<boolean> {
  const oldestSeconds = (startedAtMs - windowMs) / 1000;
  let [isCovered, isDamaged] = [true, false];
  try {
    const opened = openSnapshot(needs, datastore, snapshot);
    try {
      await forEachChunk(opened, signal === undefined ? {} : { signal }, ({ digest }) => {
        const number = survey.find(digest);
        const checkedAt = number === undefined ? 0 : survey.checkedAt(number);
        if (checkedAt < oldestSeconds) isCovered = false;
        if (number !== undefined && survey.isBad(number)) isDamaged = true;
      });
    } finally {
      opened.close();
    }
    if (isDamaged) return true;
    if (!isCovered) return false;
    const verdict = verifyStateOf(readManifest(needs, datastore, snapshot));
    const at = verdict?.state === "ok" ? verdictAtMs(verdict.upid) : undefined;
    return at === undefined || startedAtMs - at > windowMs / 2;
  } catch (thrown) {
    const error = toCodedError(thrown);
    if (error.code === "CANCELLED" || error.code === "PERMISSION_DENIED") throw error;
    // Gone, going, or not to be read: the pass says which.
    return true;
  }
}
