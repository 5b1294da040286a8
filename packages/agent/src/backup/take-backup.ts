/**
 * One backup, from the paths to the published manifest.
 *
 * Order: check the plan, run the command before, open every source (nothing is written when one is missing), decide about the
 * previous snapshot, archive one source after the other, then blobs, then the manifest, then the command after. Whatever fails, the sink is told to forget all of it;
 * a snapshot exists only when `finish` has returned.
 */

import { createHash } from "node:crypto";
import { assertInvariant, hexFromBytes, parseArchiveName, throwIfCancelled } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import { createChunkPipeline, encodeBlob, encodeManifest, signManifest } from "@ironcore-backup/format";
import type { ChunkPipeline, Manifest, ManifestFile } from "@ironcore-backup/format";
import { createBreather } from "../breather.ts";
import { byteStringOf, textOf } from "../byte-string.ts";
import { betweenCommands } from "../commands/command-hooks.ts";
import { createPatternSet } from "../excludes/pattern-set.ts";
import type { PatternSet } from "../excludes/pattern-set.ts";
import { assertQemuNbd } from "../nbd/qemu-nbd.ts";
import type { Notice } from "../notice.ts";
import { S_IFREG } from "../syscalls/file-stat.ts";
import { imageArchiveName } from "./archive-name.ts";
import type { BackupOptions, BackupPlan, BackupResult } from "./backup-plan.ts";
import { noCounts } from "./backup-run.ts";
import type { BackupPosition, BackupRun, StoredArchive } from "./backup-run.ts";
import { openSources } from "./backup-source.ts";
import type { OpenSource, OpenSources } from "./backup-source.ts";
import { backupStatistics } from "./backup-statistics.ts";
import { chooseBase, readSourceRecords } from "./base-snapshot.ts";
import { assertArchiveNames, backupCommand } from "./command-backup.ts";
import { backupImage } from "./image-backup.ts";
import { backupQcow2 } from "./qcow2-backup.ts";
import { encodeSourceRecords, imageIdentityOf, SOURCE_RECORD_NAME } from "./source-record.ts";
import type { SourceRecord } from "./source-record.ts";
import { backupTree } from "./tree-backup.ts";

interface Needs {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * @throws SOURCES_NONE, COMMAND_*, SOURCE_NOT_REACHABLE, SOURCE_KIND_UNSUPPORTED, SOURCE_EMPTY_IMAGE, SOURCES_ALL_MISSING, SOURCE_READ_FAILED,
 *         PATTERN_INVALID, CANCELLED, and what the sink throws (DISK_FULL …); the sink was told to abort then
 */
export async function takeBackup(
  needs: Needs,
  plan: BackupPlan,
  options: BackupOptions,
): Promise<BackupResult> {
  try {
    const patterns = createPatternSet(plan.excludes ?? []);
    return await betweenCommands(needs, { plan, options }, () =>
      archiveAll(needs, { plan, options, patterns }),
    );
  } catch (thrown) {
    options.sink.abort();
    throw thrown;
  }
}

async function archiveAll(needs: Needs, task: Omit<Task, "opened">): Promise<BackupResult> {
  const { plan } = task;
  const commands = plan.commands ?? [];
  const opened = openSources(plan.sources, {
    optionalPaths: plan.optionalPaths ?? [],
    otherSourceCount: commands.length,
  });
  try {
    assertArchiveNames(
      commands,
      opened.sources.map(({ stem }) => stem),
    );
    const qcow2 = opened.sources.find(({ kind }) => kind === "qcow2");
    if (qcow2 !== undefined) await assertQemuNbd({ ...needs, signal: task.options.signal }, qcow2.path);
    return await archiveSources(needs, { ...task, opened });
  } finally {
    opened.close();
  }
}

interface Task {
  readonly plan: BackupPlan;
  readonly options: BackupOptions;
  readonly patterns: PatternSet;
  readonly opened: OpenSources;
}

async function archiveSources(needs: Needs, task: Task): Promise<BackupResult> {
  const { plan, options } = task;
  throwIfCancelled(options.signal);
  const startedMs = needs.clock.elapsedMs();
  const pipeline = await createChunkPipeline(needs, {
    threadCount: options.threadCount,
    writer: options.sink.chunkWriter,
    compressionLevel: plan.compressionLevel,
    ...(plan.key === undefined ? {} : { encryptionKey: plan.key.encKey }),
  });
  try {
    const run = createRun(needs, task, pipeline);
    const files = await storeArchives(needs, task, run);
    // What was stored last counts against a limit as well.
    await run.breather.breathe();
    const manifest = buildManifest(task, run, files);
    throwIfCancelled(options.signal);
    const encoded = encodeManifest(needs, manifest);
    run.counts.overheadSizeBytes += encoded.length;
    await options.sink.finish(encoded);
    const durationMs = needs.clock.elapsedMs() - startedMs;
    return { manifest, statistics: backupStatistics(run.counts, pipeline.statistics(), durationMs) };
  } finally {
    await pipeline.close();
  }
}

/** Every archive of every source, then the record of the sources. */
async function storeArchives(needs: Needs, task: Task, run: BackupRun): Promise<ManifestFile[]> {
  for (const path of task.opened.missing) {
    run.warn("SOURCE_MISSING", path, `the optional source ${textOf(path)} is not there`);
  }
  const baseRecords = run.base === undefined ? [] : readSourceRecords(run.base, run.key);
  const records: SourceRecord[] = [];
  const files: ManifestFile[] = [];
  for (const source of task.opened.sources) {
    const archives =
      source.kind !== "directory"
        ? [await storeImage({ ...needs, signal: task.options.signal }, run, { source, baseRecords, records })]
        : await storeTree(task, run, source, baseRecords, records);
    files.push(...archives.map((archive) => manifestFile(task, archive)));
  }
  for (const command of task.plan.commands ?? []) {
    enterArchive(run.position, { stem: command.archive, path: byteStringOf(command.argv[0]) });
    files.push(
      manifestFile(task, await backupCommand({ ...needs, signal: task.options.signal }, run, command)),
    );
    run.position.doneItems = 1;
    records.push({ path: byteStringOf(command.argv[0]), archive: command.archive, kind: "command" });
  }
  files.push(storeBlob(needs, task, run, encodeSourceRecords(records)));
  return files;
}

async function storeImage(
  needs: { readonly clock: Clock; readonly signal: AbortSignal },
  run: BackupRun,
  {
    source,
    baseRecords,
    records,
  }: {
    readonly source: OpenSource;
    readonly baseRecords: readonly SourceRecord[];
    readonly records: SourceRecord[];
  },
): Promise<StoredArchive> {
  const { header } = source;
  const kind = header === undefined ? "image" : "qcow2";
  const archiveName = imageArchiveName(source.stem);
  const isSelfContained = source.stat.kind === S_IFREG && header?.backingFile === undefined;
  const identity =
    isSelfContained && header?.hasExternalData !== true ? imageIdentityOf(source.fd, source.stat) : undefined;
  const baseIdentity = baseRecords.find(
    (record) => record.archive === archiveName && record.kind === kind,
  )?.image;
  enterArchive(run.position, source);
  run.position.totalBytes = source.sizeBytes;
  run.position.totalItems = 1;
  const image = { ...source, archiveName, identity, baseIdentity };
  const archive =
    header === undefined
      ? await backupImage(run, image)
      : await backupQcow2(needs, run, { ...image, header });
  run.position.doneItems = 1;
  records.push({
    path: source.path,
    archive: archiveName,
    kind,
    ...(identity === undefined ? {} : { image: identity }),
  });
  return archive;
}

async function storeTree(
  task: Task,
  run: BackupRun,
  source: OpenSource,
  baseRecords: readonly SourceRecord[],
  records: SourceRecord[],
): Promise<readonly StoredArchive[]> {
  enterArchive(run.position, source);
  const baseRecord = baseRecords.find(
    (record) => record.archive === source.stem && record.kind === "directory",
  );
  const { archives, totals } = await backupTree(run, source, {
    patterns: task.patterns,
    oneFileSystem: task.plan.oneFileSystem === true,
    baseTotals: baseRecord?.tree,
  });
  records.push({ path: source.path, archive: source.stem, kind: "directory", tree: totals });
  return archives;
}

function enterArchive(position: BackupPosition, source: Pick<OpenSource, "stem" | "path">): void {
  position.archive = source.stem;
  position.current = source.path;
  position.doneBytes = 0;
  position.doneItems = 0;
  position.totalBytes = undefined;
  position.totalItems = undefined;
  position.totalIsEstimate = false;
}

function storeBlob(needs: Needs, task: Task, run: BackupRun, content: Uint8Array): ManifestFile {
  const { key, compressionLevel } = task.plan;
  const blob = encodeBlob(needs, content, { compressionLevel, ...(key === undefined ? {} : { key }) });
  const name = parseArchiveName(SOURCE_RECORD_NAME);
  run.sink.putBlob(name, blob);
  run.counts.overheadSizeBytes += blob.length;
  return manifestFile(task, {
    name,
    sizeBytes: blob.length,
    checksum: createHash("sha256").update(blob).digest(),
  });
}

function manifestFile(task: Task, archive: StoredArchive): ManifestFile {
  return {
    name: parseArchiveName(archive.name),
    cryptMode: task.plan.key === undefined ? "none" : "encrypt",
    sizeBytes: archive.sizeBytes,
    checksum: hexFromBytes(archive.checksum),
  };
}

function buildManifest(task: Task, run: BackupRun, files: readonly ManifestFile[]): Manifest {
  const { plan, options } = task;
  const statistics = run.pipeline.statistics();
  const names = new Set(files.map((file) => file.name));
  assertInvariant(names.size === files.length, "every archive of a snapshot has a name of its own");
  const manifest: Manifest = {
    backupType: options.sink.group.type,
    backupId: options.sink.group.id,
    backupTime: options.sink.backupTime,
    files,
    unprotected: {
      chunk_upload_stats: {
        count: statistics.chunkCount,
        size: statistics.rawSizeBytes,
        compressed_size: statistics.storedSizeBytes,
        duplicates: statistics.knownChunkCount + statistics.reusedChunkCount,
      },
      ...plan.labels,
      ...(plan.notes === undefined || plan.notes === "" ? {} : { notes: plan.notes }),
    },
  };
  return plan.key === undefined ? manifest : signManifest(manifest, plan.key);
}

function createRun(needs: Needs, task: Task, pipeline: ChunkPipeline): BackupRun {
  const { plan, options } = task;
  const choice = chooseBase(options.sink, plan.full === true, plan.key);
  const position: BackupPosition = {
    archive: "",
    doneBytes: 0,
    doneItems: 0,
    totalBytes: undefined,
    totalItems: undefined,
    totalIsEstimate: false,
    current: "",
  };
  let pacedBytes = 0;
  const breather = createBreather(needs, options.signal, () => {
    pipeline.poll();
    reportPosition(position, options);
    if (options.pace === undefined) return undefined;
    const { storedSizeBytes } = pipeline.statistics();
    const newBytes = storedSizeBytes - pacedBytes;
    pacedBytes = storedSizeBytes;
    return newBytes > 0 ? options.pace(newBytes) : undefined;
  });
  const notify = (severity: Notice["severity"]) => (code: Notice["code"], path: string, message: string) =>
    options.onNotice?.({ severity, code, message, ...(path === "" ? {} : { path: textOf(path) }) });
  const run: BackupRun = {
    startedAt: needs.clock.now(),
    sink: options.sink,
    pipeline,
    breather,
    key: plan.key,
    base: choice.base,
    counts: noCounts(),
    position,
    warn: notify("warning"),
    info: notify("info"),
  };
  if (choice.base === undefined && choice.code !== undefined) {
    const tell = choice.code === "DEDUPLICATION_PARTIAL" ? run.warn : run.info;
    tell(choice.code, "", choice.reason);
  }
  return run;
}

function reportPosition(position: BackupPosition, options: BackupOptions): void {
  options.onProgress?.({
    archive: position.archive,
    doneBytes: position.doneBytes,
    doneItems: position.doneItems,
    ...(position.totalBytes === undefined ? {} : { totalBytes: position.totalBytes }),
    ...(position.totalItems === undefined ? {} : { totalItems: position.totalItems }),
    totalIsEstimate: position.totalIsEstimate,
    current: textOf(position.current),
  });
}
