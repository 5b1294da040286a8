/** Looks at datastores over time, and what the chunks in them come to. */

import { sql } from "kysely";
import type { DatastoreMeasure } from "@ironcore-backup/protocol";
import type { DatastoreMeasureRow, StateDatabase } from "./schema.ts";

export interface ChunkTotals {
  readonly chunkCount: number;
  readonly storedBytes: number;
  /** Reckoned from a part of the store. */
  readonly isEstimate: boolean;
}

/** A second look at the same instant replaces the first. */
export async function insertMeasure(
  database: StateDatabase,
  datastore: string,
  measure: DatastoreMeasure,
): Promise<void> {
  const row: DatastoreMeasureRow = {
    datastore,
    at: measure.at,
    total_bytes: measure.totalBytes,
    used_bytes: measure.usedBytes,
    free_bytes: measure.freeBytes,
    group_count: measure.groupCount ?? null,
    snapshot_count: measure.snapshotCount ?? null,
    logical_bytes: measure.logicalBytes ?? null,
    chunk_count: measure.chunkCount ?? null,
    stored_bytes: measure.storedBytes ?? null,
    chunks_are_estimate: measure.chunksAreEstimate === true ? 1 : 0,
  };
  await database.replaceInto("datastore_measures").values(row).execute();
}

/** Oldest first, both bounds included. */
export async function listMeasures(
  database: StateDatabase,
  datastore: string,
  time: { readonly since: number; readonly until: number },
): Promise<DatastoreMeasure[]> {
  const rows = await database
    .selectFrom("datastore_measures")
    .selectAll()
    .where("datastore", "=", datastore)
    .where("at", ">=", time.since)
    .where("at", "<=", time.until)
    .orderBy("at")
    .execute();
  return rows.map(measureFromRow);
}

/** Of all that is older, the last of each stretch of time stays. */
export async function thinMeasures(
  database: StateDatabase,
  datastore: string,
  { before, stretchMs }: { readonly before: number; readonly stretchMs: number },
): Promise<void> {
  await sql`delete from datastore_measures where datastore = ${datastore} and at < ${before} and at not in (
    select max(at) from datastore_measures where datastore = ${datastore} and at < ${before} group by at / ${sql.lit(stretchMs)}
  )`.execute(database);
}

export async function deleteMeasures(
  database: StateDatabase,
  datastore: string,
  options: { readonly before: number } = { before: Number.MAX_SAFE_INTEGER },
): Promise<void> {
  await database
    .deleteFrom("datastore_measures")
    .where("datastore", "=", datastore)
    .where("at", "<", options.before)
    .execute();
}

export async function findChunkTotals(
  database: StateDatabase,
  datastore: string,
): Promise<ChunkTotals | undefined> {
  const row = await database
    .selectFrom("datastore_chunks")
    .selectAll()
    .where("datastore", "=", datastore)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { chunkCount: row.chunk_count, storedBytes: row.stored_bytes, isEstimate: row.is_estimate !== 0 };
}

export async function putChunkTotals(
  database: StateDatabase,
  datastore: string,
  { at, totals }: { readonly at: number; readonly totals: ChunkTotals },
): Promise<void> {
  await database
    .replaceInto("datastore_chunks")
    .values({
      datastore,
      chunk_count: totals.chunkCount,
      stored_bytes: totals.storedBytes,
      is_estimate: totals.isEstimate ? 1 : 0,
      counted_at: at,
    })
    .execute();
}

/** Nothing when they were never counted. */
export async function addChunkTotals(
  database: StateDatabase,
  datastore: string,
  added: { readonly chunkCount: number; readonly storedBytes: number },
): Promise<void> {
  await database
    .updateTable("datastore_chunks")
    .set((row) => ({
      chunk_count: row("chunk_count", "+", added.chunkCount),
      stored_bytes: row("stored_bytes", "+", added.storedBytes),
    }))
    .where("datastore", "=", datastore)
    .execute();
}

export async function deleteChunkTotals(database: StateDatabase, datastore: string): Promise<void> {
  await database.deleteFrom("datastore_chunks").where("datastore", "=", datastore).execute();
}

function measureFromRow(row: DatastoreMeasureRow): DatastoreMeasure {
  const ratio = ratioOf(row.logical_bytes, row.stored_bytes);
  return {
    at: row.at,
    totalBytes: row.total_bytes,
    usedBytes: row.used_bytes,
    freeBytes: row.free_bytes,
    ...(row.group_count === null ? {} : { groupCount: row.group_count }),
    ...(row.snapshot_count === null ? {} : { snapshotCount: row.snapshot_count }),
    ...(row.logical_bytes === null ? {} : { logicalBytes: row.logical_bytes }),
    ...(row.chunk_count === null ? {} : { chunkCount: row.chunk_count }),
    ...(row.stored_bytes === null ? {} : { storedBytes: row.stored_bytes }),
    ...(row.chunks_are_estimate === 0 ? {} : { chunksAreEstimate: true }),
    ...(ratio === undefined ? {} : { deduplicationRatio: ratio }),
  };
}

export function ratioOf(logicalBytes: number | null, storedBytes: number | null): number | undefined {
  return logicalBytes === null || storedBytes === null || storedBytes <= 0
    ? undefined
    : logicalBytes / storedBytes;
}
