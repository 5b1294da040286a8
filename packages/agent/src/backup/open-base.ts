/** Opens what the previous snapshot has of the same source, as far as it can be re-used. */

import { parseArchiveName } from "@ironcore-backup/base";
import type { ArchiveName } from "@ironcore-backup/base";
import { ArchiveSource, PAYLOAD_HEADER_SIZE_BYTES, PxarReader } from "@ironcore-backup/format";
import type { ChunkStream, DynamicIndexReader } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import type { SnapshotSource } from "../snapshot-source.ts";
import { identityArchiveName, metadataArchiveName, payloadArchiveName } from "./archive-name.ts";
import type { BackupRun } from "./backup-run.ts";
import { BaseArchive } from "./base-archive.ts";
import { BasePayloadUsage } from "./base-payload-usage.ts";
import { IdentityReader } from "./directory-identity.ts";
import { PayloadReuse } from "./payload-reuse.ts";
import type { TreeTotals } from "./source-record.ts";

export interface OpenBase {
  readonly archive: BaseArchive;
  readonly reuse: PayloadReuse;
  /** A file last changed in an earlier second was archived as it still is. */
  readonly backupTime: number;
}

/**
 * Undefined when the previous snapshot has no such archive, or it turns out to be damaged; then everything is read, and
 * the reason was told.
 */
export async function openBase(
  run: BackupRun,
  source: { readonly path: string; readonly stem: string; readonly totals: TreeTotals | undefined },
  payloadStream: ChunkStream,
): Promise<OpenBase | undefined> {
  const { base } = run;
  if (base === undefined) return undefined;
  const names = [metadataArchiveName, payloadArchiveName, identityArchiveName].map((name) =>
    name(source.stem),
  );
  const present = new Set<string>(base.manifest.files.map((file) => file.name));
  const missing = names.filter((name) => !present.has(name));
  if (missing.length > 0) {
    if (missing.length < names.length) tellMissing(run, source.path, missing);
    return undefined;
  }
  const [metadata, payload, identities] = names.map(parseArchiveName);
  if (metadata === undefined || payload === undefined || identities === undefined) return undefined;
  try {
    const { path, totals } = source;
    return await openArchives(run, base, { metadata, payload, identities, path, totals }, payloadStream);
  } catch (error) {
    tellDamage(run, source.path, error);
    return undefined;
  }
}

interface BaseNames {
  readonly metadata: ArchiveName;
  readonly payload: ArchiveName;
  readonly identities: ArchiveName;
  readonly path: string;
  /** What the previous snapshot recorded of itself. */
  readonly totals: TreeTotals | undefined;
}

async function openArchives(
  run: BackupRun,
  base: SnapshotSource,
  names: BaseNames,
  payloadStream: ChunkStream,
): Promise<OpenBase> {
  const payload = base.openDynamicIndex(names.payload);
  const metadata = new ArchiveSource(base, base.openDynamicIndex(names.metadata), { key: run.key });
  const usage = new BasePayloadUsage(payload);
  if (usage.isWorthMeasuring(names.totals?.payloadLiveBytes))
    await measureUsage(run, usage, metadata, payload);
  const identities = new IdentityReader(
    new ArchiveSource(base, base.openDynamicIndex(names.identities), { key: run.key }),
  );
  const archive = new BaseArchive({
    reader: new PxarReader(metadata, { payloadSizeBytes: payload.sizeBytes }),
    identities,
    onDamage: (error) => tellDamage(run, names.path, error),
  });
  const reuse = new PayloadReuse(
    {
      stream: payloadStream,
      hasChunk: (digest) => run.sink.hasChunk(digest),
      isWorthKeeping: (chunkIndex) => usage.isWorthKeeping(chunkIndex),
    },
    payload,
  );
  run.position.totalBytes = names.totals?.fileSizeBytes;
  run.position.totalItems = names.totals?.entryCount;
  run.position.totalIsEstimate = true;
  return { archive, reuse, backupTime: base.snapshot.backupTime };
}

async function measureUsage(
  run: BackupRun,
  usage: BasePayloadUsage,
  metadata: ArchiveSource,
  payload: DynamicIndexReader,
): Promise<void> {
  const reader = new PxarReader(metadata, { payloadSizeBytes: payload.sizeBytes });
  for (let read = reader.next(); read !== undefined; read = reader.next()) {
    if (read.event === "leave") continue;
    const { content } = read.entry;
    if (content?.place === "payload") {
      usage.add(content.offsetBytes, PAYLOAD_HEADER_SIZE_BYTES + content.sizeBytes);
    }
    if (run.breather.due()) await run.breather.breathe();
  }
}

function tellMissing(run: BackupRun, path: string, missing: readonly string[]): void {
  run.info(
    "BASE_NOT_USED",
    path,
    `the previous snapshot has no ${missing.join(", ")} for ${textOf(path)}, so its files are read again`,
  );
}

function tellDamage(run: BackupRun, path: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  run.warn(
    "DEDUPLICATION_PARTIAL",
    path,
    `the previous snapshot of ${textOf(path)} cannot be used (any further), so its files are read again: ${reason}`,
  );
}
