/**
 * One directory tree as a split file archive: `NAME.mpxar.didx` (names and attributes), `NAME.ppxar.didx` (file data) and
 * `NAME.identity.didx` (which inode each directory was; see directory-identity.ts).
 */

import { secondsOf } from "@ironcore-backup/base";
import { PxarWriter } from "@ironcore-backup/format";
import { textOf } from "../byte-string.ts";
import { Exclusion } from "../excludes/exclusion.ts";
import type { PatternSet } from "../excludes/pattern-set.ts";
import { identityArchiveName, metadataArchiveName, payloadArchiveName } from "./archive-name.ts";
import { openArchiveStream } from "./archive-stream.ts";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import type { OpenSource } from "./backup-source.ts";
import { IDENTITY_CHUNK_SIZE_BYTES, IdentityWriter } from "./directory-identity.ts";
import { openBase } from "./open-base.ts";
import { PAYLOAD_CHUNK_SIZE_BYTES, PayloadWriter } from "./payload-writer.ts";
import type { TreeTotals } from "./source-record.ts";
import { SourceReader } from "./source-reader.ts";
import { TreeWalk } from "./tree-walk.ts";
import { RepeatingZeroWriter } from "./zero-writer.ts";

const METADATA_CHUNK_SIZE_BYTES = 512 * 1024;

export interface TreeOptions {
  readonly patterns: PatternSet;
  readonly oneFileSystem: boolean;
  /** What the previous snapshot recorded of the same source. */
  readonly baseTotals: TreeTotals | undefined;
}

export interface StoredTree {
  readonly archives: readonly StoredArchive[];
  readonly totals: TreeTotals;
}

/** @throws CANCELLED, INVARIANT_BROKEN, what the pipeline and the sink throw; files that cannot be read are warnings */
export async function backupTree(
  run: BackupRun,
  source: OpenSource,
  options: TreeOptions,
): Promise<StoredTree> {
  const zeros = new RepeatingZeroWriter(run.key);
  const payload = openArchiveStream(run, payloadArchiveName(source.stem), PAYLOAD_CHUNK_SIZE_BYTES, (chunk) =>
    zeros.observe(chunk),
  );
  const metadata = openArchiveStream(run, metadataArchiveName(source.stem), METADATA_CHUNK_SIZE_BYTES);
  const identity = openArchiveStream(run, identityArchiveName(source.stem), IDENTITY_CHUNK_SIZE_BYTES);
  const writer = new PxarWriter(metadata.stream, { version: 2, prelude: preludeOf(source, options) });
  const identities = new IdentityWriter(identity.stream);
  const base = await openBase(run, { ...source, totals: options.baseTotals }, payload.stream);
  const reader = new SourceReader(run.breather, zeros, (count) => (run.position.doneBytes += count));
  const payloadWriter = new PayloadWriter(payload.stream, reader);
  const walk = new TreeWalk(run, {
    source,
    writer,
    identities,
    base,
    payload: payloadWriter,
    exclusion: new Exclusion(options.patterns),
    oneFileSystem: options.oneFileSystem,
  });
  const totals = await walk.archiveRoot();
  writer.finish();
  payloadWriter.end();
  zeros.assertStored();
  metadata.stream.end();
  identities.flush();
  identity.stream.end();
  const archives = [metadata.close(), payload.close()];
  if (isTimeTrustworthy(run, source)) archives.push(identity.close());
  return { archives, totals };
}

/**
 * The next backup compares change times with this snapshot's time. A snapshot that is dated after its own walk (a clock was
 * set back) would make it take changed files for unchanged; without the list of identities it will read everything.
 */
function isTimeTrustworthy(run: BackupRun, source: OpenSource): boolean {
  if (run.sink.backupTime <= secondsOf(run.startedAt)) return true;
  run.info(
    "BASE_NOT_USED",
    source.path,
    `the snapshot is dated later than now, so the next backup of ${textOf(source.path)} will read all files again`,
  );
  return false;
}

/** For people and other programs: where the archive came from, and what was left out on purpose. */
function preludeOf(source: OpenSource, options: TreeOptions): Uint8Array {
  return Buffer.from(
    JSON.stringify({ source: textOf(source.path), excludes: options.patterns.patterns }),
    "utf8",
  );
}
