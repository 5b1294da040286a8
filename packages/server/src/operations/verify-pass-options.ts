/** What every kind of verification gives to the engine. */

import { availableParallelism } from "node:os";
import { parseUpid } from "@ironcore-backup/base";
import type { CodedError } from "@ironcore-backup/base";
import type { VerifyOptions } from "@ironcore-backup/engine";
import type { VerifyRequest } from "@ironcore-backup/protocol";
import type { TaskRun } from "./operation.ts";
import { logFinding } from "./verify-progress.ts";

export function passOptionsOf(run: TaskRun): Omit<VerifyOptions, "onProgress"> {
  return {
    upid: run.upid,
    threadCount: availableParallelism(),
    signal: run.signal,
    beforeVerdict: () => run.confirm(),
    onFinding: (snapshot, finding) => logFinding(run, snapshot, finding),
    pace: (bytes) => run.pace(bytes),
    onRecordsTrouble: (error) => logRecordsTrouble(run, error),
  };
}

/** The same for the same snapshots, and for nothing else. */
export function scopeText({ snapshot, group, namespace, depthMax, verifyWindowDays }: VerifyRequest): string {
  return JSON.stringify([
    snapshot ?? "",
    group ?? "",
    namespace ?? "",
    depthMax ?? "",
    verifyWindowDays ?? "",
  ]);
}

/** When a verdict was written: it is in the name of its task. Undefined for another program's, whose time is not known. */
export function verdictAtMs(upid: string): number | undefined {
  try {
    return parseUpid(upid).startTime * 1000;
  } catch {
    return undefined;
  }
}

export function logRecordsTrouble(run: TaskRun, { code, message }: CodedError): void {
  const lost = "encrypted chunks are checked by their checksum only, and what is read now is not remembered";
  run.log(
    "warning",
    "CHUNK_RECORDS_UNUSABLE",
    `The records of the chunks cannot be used (${code}: ${message}): ${lost}`,
  );
}
