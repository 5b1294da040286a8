/**
 * Brings a snapshot, or parts of it, back into a directory.
 *
 * Order: choose the archives, make sure of the key, open the target, with the policy `never` look for everything that would
 * be overwritten, and only then write. Every chunk is hashed again before a byte of it reaches a file. Nothing outside
 * the target is ever touched: see target-tree.ts.
 */

import { mkdirSync } from "node:fs";
import { throwIfCancelled } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { createChunkDecoder } from "@ironcore-backup/format";
import type { ChunkDecoder } from "@ironcore-backup/format";
import type { RestoreStatistics } from "@ironcore-backup/protocol";
import { createBreather } from "../breather.ts";
import { byteStringOf, textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { createPatternSet } from "../excludes/pattern-set.ts";
import type { Notice } from "../notice.ts";
import { AT_FDCWD, closeFd, isRoot, listDirectory, openAt } from "../syscalls/directory.ts";
import { describeErrno } from "../syscalls/errno.ts";
import { assertKeyFits, chooseArchives } from "./archive-choice.ts";
import type { ChosenArchive } from "./archive-choice.ts";
import { CHUNK_WRITER_URL } from "./chunk-writer.ts";
import type { ChunkWriterData } from "./chunk-writer.ts";
import { ConflictCheck } from "./conflict-check.ts";
import { DirectoryRestore } from "./directory-restore.ts";
import { FileRestore } from "./file-restore.ts";
import { restoreImage } from "./image-restore.ts";
import type { ImageArchive } from "./image-restore.ts";
import { OpenTree } from "./open-tree.ts";
import { PieceQueue } from "./piece-queue.ts";
import type { RestoreOptions, RestorePlan, RestoreResult } from "./restore-plan.ts";
import type { RestoreCounts, RestorePosition, RestoreRun } from "./restore-run.ts";
import { SpecialRestore } from "./special-restore.ts";
import { restoreStream } from "./stream-restore.ts";
import type { StreamArchive } from "./stream-restore.ts";
import { TargetTree } from "./target-tree.ts";
import { TreeRestore } from "./tree-restore.ts";

/** Chunks under way at once: enough to keep the threads busy, at up to 16 MiB each. */
const PENDING_CHUNK_COUNT_PER_THREAD = 2;
const O_DIRECTORY_CLOEXEC = 0o2200000;

/**
 * @throws before anything is written: ARCHIVE_NOT_IN_SNAPSHOT, KEY_REQUIRED, KEY_WRONG, MANIFEST_CORRUPT, PATTERN_INVALID,
 *         TARGET_NOT_USABLE, TARGET_EXISTS.
 *         Later, leaving what was restored so far: RESTORE_CHUNK_FAILED with the files affected, ARCHIVE_CORRUPT,
 *         ARCHIVE_DAMAGED, TARGET_WRITE_FAILED, CANCELLED
 */
export async function restoreSnapshot(
  needs: { readonly clock: Clock },
  plan: RestorePlan,
  options: RestoreOptions,
): Promise<RestoreResult> {
  throwIfCancelled(options.signal);
  const startedMs = needs.clock.elapsedMs();
  const archives = chooseArchives(options.source.manifest, plan.archives);
  assertKeyFits(options.source, archives, plan.key);
  const includes = (plan.includes ?? []).length === 0 ? undefined : createPatternSet(plan.includes ?? []);
  const target = openTarget(plan.target);
  const tree = new TargetTree(target.fd);
  const firstNames = new TargetTree(target.fd);
  const decoder = createDecoder(needs, plan, options, target.fd);
  try {
    const run = createRun(needs, plan, options, { decoder, tree, includes, isTargetEmpty: target.isEmpty });
    await restoreArchives(run, archives, firstNames, options.pace);
    return { statistics: statisticsOf(run.counts, needs.clock.elapsedMs() - startedMs) };
  } finally {
    await decoder.close();
    tree.close();
    firstNames.close();
    closeFd(target.fd);
  }
}

async function restoreArchives(
  run: RestoreRun,
  archives: readonly ChosenArchive[],
  firstNames: TargetTree,
  pace: RestoreOptions["pace"],
): Promise<void> {
  const isSingle = archives.length === 1;
  const opened = archives.map((archive) => openArchive(run, archive, isSingle));
  if (run.overwrite === "never" && !run.isTargetEmpty) {
    const check = new ConflictCheck(run);
    for (const one of opened) {
      if ("tree" in one) await check.addTree(one.tree, one.prefix);
      else check.addFile(one.path);
    }
    check.assertNone();
  }
  const files = new FileRestore(run);
  const queue = new PieceQueue(run.decoder, files, pace);
  files.attach(queue);
  const directories = new DirectoryRestore(run);
  const specials = new SpecialRestore(run, firstNames);
  for (const one of opened) {
    enterArchive(run.position, one.stem);
    // So that it is seen at once: under a bandwidth limit the next news may be seconds away.
    await run.breather.breathe();
    if (!("tree" in one)) {
      if (one.kind === "image") await restoreImage(run, queue, { archive: one.image, path: one.path });
      else await restoreStream(run, { archive: one.stream, path: one.path }, pace);
      continue;
    }
    if (run.includes === undefined) run.position.totalBytes = one.tree.payload.sizeBytes;
    await new TreeRestore(run, {
      queue,
      open: one.tree,
      prefix: one.prefix,
      directories,
      files,
      specials,
    }).restore();
  }
}

type OpenArchive =
  | { readonly stem: string; readonly kind: "stream"; readonly stream: StreamArchive; readonly path: string }
  | { readonly stem: string; readonly kind: "image"; readonly image: ImageArchive; readonly path: string }
  | { readonly stem: string; readonly tree: OpenTree; readonly prefix: string };

/** Opens every index before anything is written. */
function openArchive(run: RestoreRun, archive: ChosenArchive, isSingle: boolean): OpenArchive {
  const { stem } = archive;
  if (archive.kind === "image") return { stem, kind: "image", image: archive, path: byteStringOf(stem) };
  if (archive.kind === "stream") return { stem, kind: "stream", stream: archive, path: byteStringOf(stem) };
  return {
    stem,
    tree: new OpenTree(run.source, archive, run.key),
    prefix: isSingle ? "" : byteStringOf(stem),
  };
}

function enterArchive(position: RestorePosition, name: string): void {
  position.archive = name;
  position.doneBytes = 0;
  position.doneItems = 0;
  position.totalBytes = undefined;
  position.current = "";
}

/** @throws TARGET_NOT_USABLE */
function openTarget(path: string): { readonly fd: number; readonly isEmpty: boolean } {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw agentErrors.TARGET_NOT_USABLE(
      { path, reason: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
  // Links in the path to the target are the person's own; only what is inside it is not trusted.
  const fd = openAt(AT_FDCWD, byteStringOf(path), O_DIRECTORY_CLOEXEC);
  if (fd < 0) throw agentErrors.TARGET_NOT_USABLE({ path, reason: describeErrno(fd) });
  const names = listDirectory(fd);
  if (typeof names !== "number") return { fd, isEmpty: names.length === 0 };
  closeFd(fd);
  throw agentErrors.TARGET_NOT_USABLE({ path, reason: describeErrno(names) });
}

function createDecoder(
  needs: { readonly clock: Clock },
  plan: RestorePlan,
  options: RestoreOptions,
  rootFd: number,
): ChunkDecoder {
  const data: ChunkWriterData = { rootFd, setsOwner: isRoot(), replaces: plan.overwrite !== "never" };
  return createChunkDecoder(needs, {
    threadCount: options.threadCount,
    reader: options.source.chunkReader,
    consumer: { moduleUrl: CHUNK_WRITER_URL, data },
    pendingRequestCountMax: options.threadCount * PENDING_CHUNK_COUNT_PER_THREAD,
    ...(plan.key === undefined ? {} : { encryptionKey: plan.key.encKey }),
  });
}

function createRun(
  needs: { readonly clock: Clock },
  plan: RestorePlan,
  options: RestoreOptions,
  parts: Pick<RestoreRun, "decoder" | "tree" | "includes" | "isTargetEmpty">,
): RestoreRun {
  const position: RestorePosition = {
    archive: "",
    doneBytes: 0,
    doneItems: 0,
    totalBytes: undefined,
    current: "",
  };
  const breather = createBreather(needs, options.signal, () => reportPosition(position, options));
  const notify = (severity: Notice["severity"]) => (code: Notice["code"], path: string, message: string) =>
    options.onNotice?.({ severity, code, message, path: textOf(path) });
  const isPrivileged = isRoot();
  if (!isPrivileged) {
    notify("warning")(
      "OWNER_NOT_RESTORED",
      "",
      "only root can give files to other users; everything restored belongs to this one",
    );
  }
  return {
    ...parts,
    source: options.source,
    breather,
    key: plan.key,
    overwrite: plan.overwrite,
    skipDamaged: plan.skipDamaged === true,
    isPrivileged,
    counts: {
      fileCount: 0,
      directoryCount: 0,
      skippedCount: 0,
      restoredBytes: 0,
      chunkCount: 0,
      storedReadBytes: 0,
    },
    position,
    warn: notify("warning"),
    info: notify("info"),
  };
}

function reportPosition(position: RestorePosition, options: RestoreOptions): void {
  options.onProgress?.({
    archive: position.archive,
    doneBytes: position.doneBytes,
    doneItems: position.doneItems,
    ...(position.totalBytes === undefined ? {} : { totalBytes: position.totalBytes }),
    totalIsEstimate: true,
    current: textOf(position.current),
  });
}

function statisticsOf(counts: RestoreCounts, durationMs: number): RestoreStatistics {
  return { durationMs: Math.round(durationMs), ...counts };
}
