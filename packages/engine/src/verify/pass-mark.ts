/**
 * A pass that was cut short leaves its mark, and the next one over the same snapshots goes on with it: what it had read and
 * found sound is not read again.
 */

import { createHash } from "node:crypto";
import { toCodedError } from "@ironcore-backup/base";
import { recordsPath } from "../chunk-records/record-files.ts";
import { writeFileAtomically } from "../datastore/atomic-file.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { parentPath } from "../disk/disk.ts";

/** What was read longer ago says too little about today. */
export const PASS_AGE_MS_MAX = 7 * 86_400_000;
const MARK_SIZE_BYTES_MAX = 4096;

export interface VerifyPassMark {
  /** When the pass began, by whichever task. */
  readonly startedAtMs: number;
  /** The task that began it, when this one goes on with it. */
  readonly begunBy: string | undefined;
  /** Everything was judged. @throws DISK_WRITE_FAILED */
  finish(): void;
}

export interface PassRequest {
  /** Which snapshots, in words that are the same for the same ones. */
  readonly scope: string;
  readonly upid: string;
  /** What an earlier pass read does not count. */
  readonly isFromStart: boolean;
}

/** @throws DISK_FULL, DISK_READ_FAILED, DISK_WRITE_FAILED, PERMISSION_DENIED */
export function enterPass(
  needs: EngineNeeds,
  datastore: Datastore,
  { scope, upid, isFromStart }: PassRequest,
): VerifyPassMark {
  const path = markPath(datastore, "pass", scope);
  const finish = (): void => {
    if (needs.disk.stat(path) !== undefined) needs.disk.unlink(path);
  };
  const now = needs.clock.now();
  const found = isFromStart ? undefined : readMark(needs, path);
  if (found !== undefined && found.startedAtMs <= now && now - found.startedAtMs < PASS_AGE_MS_MAX)
    return { startedAtMs: found.startedAtMs, begunBy: found.upid, finish };
  writeMark(needs, path, { startedAtMs: now, upid });
  return { startedAtMs: now, begunBy: undefined, finish };
}

/** When the last run over these snapshots that had a window began; undefined: there was none. @throws DISK_READ_FAILED */
export function lastCoverRun(needs: EngineNeeds, datastore: Datastore, scope: string): number | undefined {
  return readMark(needs, markPath(datastore, "cover", scope))?.startedAtMs;
}

/** @throws DISK_FULL, DISK_WRITE_FAILED, PERMISSION_DENIED */
export function markCoverRun(
  needs: EngineNeeds,
  datastore: Datastore,
  { scope, ...mark }: PassMark & { readonly scope: string },
): void {
  writeMark(needs, markPath(datastore, "cover", scope), mark);
}

interface PassMark {
  readonly startedAtMs: number;
  readonly upid: string;
}

function markPath(datastore: Datastore, kind: "pass" | "cover", scope: string): string {
  const name = createHash("sha256").update(scope).digest("hex").slice(0, 32);
  return `${recordsPath(datastore.path)}/${kind}-${name}`;
}

function writeMark(needs: EngineNeeds, path: string, { startedAtMs, upid }: PassMark): void {
  const directory = parentPath(path);
  if (needs.disk.stat(directory) === undefined) needs.disk.mkdir(directory);
  writeFileAtomically(needs, path, Buffer.from(JSON.stringify({ startedAtMs, upid })));
}

function readMark({ disk }: EngineNeeds, path: string): PassMark | undefined {
  if (disk.stat(path) === undefined) return undefined;
  try {
    const mark: unknown = JSON.parse(Buffer.from(disk.readFile(path, MARK_SIZE_BYTES_MAX)).toString("utf8"));
    if (typeof mark !== "object" || mark === null || !("startedAtMs" in mark) || !("upid" in mark))
      return undefined;
    const { startedAtMs, upid } = mark;
    return typeof startedAtMs === "number" && typeof upid === "string" ? { startedAtMs, upid } : undefined;
  } catch (thrown) {
    // Half a file of a power cut is no mark; a disk that cannot be read is told.
    if (thrown instanceof SyntaxError) return undefined;
    throw toCodedError(thrown);
  }
}
