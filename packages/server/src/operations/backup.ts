/**
 * A backup on the server's own machine: the agent reads, cuts, hashes, compresses and encrypts in this worker process, and
 * the engine's session takes the chunks without a detour over the network.
 */

import { availableParallelism } from "node:os";
import {
  assertInvariant,
  formatGroupRef,
  formatSize,
  parseAuthId,
  secondsOf,
  toCodedError,
} from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import { takeBackup } from "@ironcore-backup/agent";
import type { AgentProgress, BackupPlan, Command, SnapshotSink } from "@ironcore-backup/agent";
import { JOB_KEY, openBackupSession } from "@ironcore-backup/engine";
import type { BackupSession } from "@ironcore-backup/engine";
import { COMPRESSION_LEVEL_DEFAULT } from "@ironcore-backup/format";
import type { EncryptionKey } from "@ironcore-backup/format";
import { HOOK_TIMEOUT_SECONDS_DEFAULT } from "@ironcore-backup/protocol";
import type { BackupRequest, BackupStatistics } from "@ironcore-backup/protocol";
import { groupOfRequest, reachDatastore, readKey, targetText, timeText } from "./datastore-reach.ts";
import type { ReachedDatastore } from "./datastore-reach.ts";
import { logNotice } from "./notice-log.ts";
import type { Operation, StageProgress, TaskRun } from "./operation.ts";

/** Snapshots are named by whole seconds: two backups of a group right after each other must wait for the next one. */
const NEXT_SECOND_WAIT_COUNT_MAX = 3;

export const runBackup: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "backup", "a backup gets a backup's parameters");
  const { request, datastore: location, job } = parameters;
  const reached = reachDatastore(run, location);
  const group = groupOfRequest(run.upid, request);
  const key = readKey(request.keyFile);
  const session = await openSession(run, reached, group, request, key !== undefined);
  const stages = new ArchiveStages(run);
  try {
    run.setTarget(targetText(location, session.snapshot));
    tellStart(run, session, group, request);
    const sink = withPublishStage(run, session, stages);
    const { statistics } = await takeBackup(
      { clock: run.clock, random: run.random },
      {
        ...planOf(request, reached.datastore.path, key),
        ...(job === undefined ? {} : { labels: { [JOB_KEY]: job } }),
      },
      {
        sink,
        signal: run.signal,
        threadCount: availableParallelism(),
        onProgress: (progress) => stages.update(progress),
        onNotice: (notice) => logNotice(run, notice),
        pace: (bytes) => run.pace(bytes),
      },
    );
    stages.end();
    run.setBytes(statistics.newStoredBytes);
    run.setStatistics({
      kind: "backup",
      snapshot: targetText(location, session.snapshot),
      backup: statistics,
    });
    tellEnd(run, session, statistics);
  } finally {
    // Without effect after a finished snapshot; a failed or cancelled one leaves no trace.
    session.abort();
  }
};

/** @throws GROUP_LOCKED, GROUP_OWNER_WRONG, NAMESPACE_MISSING, BACKUP_TIME_TOO_OLD … */
async function openSession(
  run: TaskRun,
  reached: ReachedDatastore,
  group: GroupRef,
  request: BackupRequest,
  isEncrypted: boolean,
): Promise<BackupSession> {
  const { identity } = run.parameters.datastore;
  for (let attempt = 1; ; attempt++) {
    const now = run.clock.now();
    try {
      return openBackupSession(reached.needs, reached.datastore, {
        group,
        backupTime: secondsOf(now),
        owner: parseAuthId(run.authId),
        isFull: request.full ?? false,
        isEncrypted,
        ...(identity === undefined ? {} : { identity }),
      });
    } catch (thrown) {
      const { code } = toCodedError(thrown);
      const isSameSecond = code === "BACKUP_TIME_TOO_OLD" || code === "SNAPSHOT_EXISTS";
      if (!isSameSecond || attempt > NEXT_SECOND_WAIT_COUNT_MAX) throw thrown;
    }
    await run.clock.sleep(1000 - (now % 1000), run.signal);
  }
}

function planOf(request: BackupRequest, datastorePath: string, key: EncryptionKey | undefined): BackupPlan {
  const excludes = [...(request.excludes ?? []), ...ownPatterns(request.paths, datastorePath)];
  const { optionalPaths, oneFileSystem, full, notes, commands, preCommand, postCommand } = request;
  return {
    sources: request.paths,
    compressionLevel: request.compressionLevel ?? COMPRESSION_LEVEL_DEFAULT,
    ...(commands === undefined
      ? {}
      : { commands: commands.map((one) => ({ archive: one.archive, ...commandOf(one) })) }),
    ...(preCommand === undefined ? {} : { preCommand: hookOf(preCommand) }),
    ...(postCommand === undefined ? {} : { postCommand: hookOf(postCommand) }),
    ...(excludes.length === 0 ? {} : { excludes }),
    ...(optionalPaths === undefined ? {} : { optionalPaths }),
    ...(oneFileSystem === undefined ? {} : { oneFileSystem }),
    ...(full === undefined ? {} : { full }),
    ...(notes === undefined ? {} : { notes }),
    ...(key === undefined ? {} : { key }),
  };
}

type RequestedCommand = NonNullable<BackupRequest["preCommand"]>;

function commandOf({
  argv: [program = "", ...words],
  environment,
  timeoutSeconds,
}: RequestedCommand): Command {
  return {
    argv: [program, ...words],
    ...(environment === undefined ? {} : { environment }),
    ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
  };
}

function hookOf(command: RequestedCommand): Command {
  return commandOf({ timeoutSeconds: HOOK_TIMEOUT_SECONDS_DEFAULT, ...command });
}

/** A datastore inside a source must not be backed up into itself: it would grow while it is read. */
export function ownPatterns(paths: readonly string[], datastorePath: string): string[] {
  return paths.flatMap((path) => {
    const source = path === "/" ? "/" : `${path.replace(/\/+$/, "")}/`;
    if (!datastorePath.startsWith(source)) return [];
    return [`/${escapePattern(datastorePath.slice(source.length))}/`];
  });
}

/** Characters that mean something in .gitignore syntax, taken literally. */
function escapePattern(path: string): string {
  return path.replace(/[\\*?[\]!# ]/g, "\\$&");
}

/** One stage for each archive, in the order the agent takes them, and one for making the snapshot durable. */
class ArchiveStages {
  readonly #run: TaskRun;
  #name: string | undefined;
  #stage: StageProgress | undefined;

  constructor(run: TaskRun) {
    this.#run = run;
  }

  update(progress: AgentProgress): void {
    const { archive, ...amounts } = progress;
    this.enter(archive);
    this.#stage?.update(amounts);
  }

  enter(name: string): void {
    if (this.#name === name) return;
    this.end();
    this.#name = name;
    this.#stage = this.#run.stage(name);
  }

  end(): void {
    this.#stage?.end();
    this.#stage = undefined;
    this.#name = undefined;
  }
}

/** The session as the agent's sink; publishing shows as a stage of its own, since the disk may take its time. */
function withPublishStage(run: TaskRun, session: BackupSession, stages: ArchiveStages): SnapshotSink {
  return {
    group: session.group,
    backupTime: session.backupTime,
    base: session.base,
    baseAbsence: session.baseAbsence,
    chunkWriter: session.chunkWriter,
    hasChunk: (digest) => session.hasChunk(digest),
    chunkStored: (digest) => session.chunkStored(digest),
    createDynamicIndex: (name) => session.createDynamicIndex(name),
    createFixedIndex: (name, sizeBytes, chunkSizeBytes) =>
      session.createFixedIndex(name, sizeBytes, chunkSizeBytes),
    putBlob: (name, blob) => session.putBlob(name, blob),
    finish: async (manifest) => {
      stages.enter("publish");
      await session.finish(manifest, { beforePublish: () => run.confirm() });
    },
    abort: () => session.abort(),
  };
}

function tellStart(run: TaskRun, session: BackupSession, group: GroupRef, request: BackupRequest): void {
  const time = timeText(session.snapshot);
  const { base, baseAbsence, removedLeftoverCount } = session;
  run.log("info", "BACKUP_STARTED", `Backup of ${formatGroupRef(group)} as ${time}`, {
    group: formatGroupRef(group),
    time,
  });
  for (const path of request.paths) run.log("info", "SOURCE", `Source ${path}`, { path });
  for (const { archive, argv } of request.commands ?? []) {
    const program = argv[0] ?? "";
    run.log("info", "SOURCE", `Source ${archive}, what ${program} prints`, { archive, program });
  }
  if (base !== undefined) {
    run.log("info", "BASE_CHOSEN", `The previous snapshot is ${timeText(base.snapshot)}`, {
      base: timeText(base.snapshot),
    });
  } else if (baseAbsence === "first-backup") {
    run.log("info", "BASE_ABSENT", "First backup of this group: everything is read");
  }
  // Any other reason is the agent's to tell: it knows whether it costs deduplication.
  if (removedLeftoverCount > 0) {
    const message = `Removed ${removedLeftoverCount} unfinished snapshots that broken backups had left`;
    run.log("info", "LEFTOVERS_REMOVED", message, { count: removedLeftoverCount });
  }
}

function tellEnd(run: TaskRun, session: BackupSession, statistics: BackupStatistics): void {
  const { sourceReadBytes, newStoredBytes, chunkCount, knownChunkCount } = statistics;
  const message =
    `Finished ${timeText(session.snapshot)}: ${formatSize(sourceReadBytes)} read, ` +
    `${formatSize(newStoredBytes)} added, ${knownChunkCount} of ${chunkCount} chunks were known`;
  run.log("info", "BACKUP_FINISHED", message, {
    sourceReadBytes,
    newStoredBytes,
    chunkCount,
    knownChunkCount,
  });
}
