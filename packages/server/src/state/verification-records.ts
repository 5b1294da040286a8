/** What verify tasks found, snapshot by snapshot, for as long as the state store lives. */

import { sql } from "kysely";
import type { SnapshotVerification } from "@ironcore-backup/protocol";
import type { StateDatabase } from "./schema.ts";

const HISTORY_LENGTH_MAX = 100;
/** Other work of the store comes in between. */
const NAMES_PER_STATEMENT = 500;

/** In one transaction: a report is there for all snapshots of a task or for none. */
export async function insertVerificationRecords(
  database: StateDatabase,
  subject: {
    readonly datastore: string;
    readonly upid: string;
    readonly reports: readonly SnapshotVerification[];
  },
): Promise<void> {
  if (subject.reports.length === 0) return;
  await database.transaction().execute(async (transaction) => {
    for (const report of subject.reports) {
      await transaction
        .insertInto("verifications")
        .values({
          verification_id: null,
          datastore: subject.datastore,
          snapshot: report.snapshot,
          upid: subject.upid,
          started_at: report.startedAt,
          report: JSON.stringify(report),
        })
        .execute();
    }
  });
}

/** Newest first, the last hundred. */
export async function listVerificationRecords(
  database: StateDatabase,
  subject: { readonly datastore: string; readonly snapshot: string },
): Promise<SnapshotVerification[]> {
  const rows = await database
    .selectFrom("verifications")
    .select("report")
    .where("datastore", "=", subject.datastore)
    .where("snapshot", "=", subject.snapshot)
    .orderBy("verification_id", "desc")
    .limit(HISTORY_LENGTH_MAX)
    .execute();
  // Written by this file from the same type; the state store has no other writer.
  return rows.map((row) => JSON.parse(row.report) as SnapshotVerification);
}

/** What a task said of a snapshot. */
export interface SnapshotReport {
  readonly snapshot: string;
  readonly upid: string;
  readonly result: SnapshotVerification["result"];
}

/** The reports of these snapshots, oldest first. */
export async function listReportsOf(
  database: StateDatabase,
  datastore: string,
  snapshots: readonly string[],
): Promise<readonly SnapshotReport[]> {
  const found: SnapshotReport[] = [];
  for (let at = 0; at < snapshots.length; at += NAMES_PER_STATEMENT) {
    const rows = await database
      .selectFrom("verifications")
      .select(["snapshot", "upid", "report"])
      .where("datastore", "=", datastore)
      .where("snapshot", "in", snapshots.slice(at, at + NAMES_PER_STATEMENT))
      .orderBy("verification_id")
      .execute();
    for (const { snapshot, upid, report } of rows)
      // Written by this file from the same type; the state store has no other writer.
      found.push({ snapshot, upid, result: (JSON.parse(report) as SnapshotVerification).result });
  }
  return found;
}

/** Snapshots whose newest report found damage, by name. */
export async function listDamagedSnapshots(
  database: StateDatabase,
  datastore: string,
): Promise<readonly string[]> {
  // Said as the index of damage says it, or the index is not used.
  const { rows } = await sql<{ readonly snapshot: string }>`
    select damaged.snapshot from (
      select snapshot, max(verification_id) as damage_id from verifications indexed by verifications_of_damage
      where datastore = ${datastore} and report ->> '$.result' <> 'OK'
      group by snapshot
    ) damaged
    where not exists (
      select 1 from verifications newer
      where newer.datastore = ${datastore} and newer.snapshot = damaged.snapshot
        and newer.verification_id > damaged.damage_id
    )
    order by damaged.snapshot`.execute(database);
  return rows.map(({ snapshot }) => snapshot);
}

/** A snapshot that was forgotten may come back under the same name with other contents. */
export async function deleteVerificationRecords(
  database: StateDatabase,
  subject: { readonly datastore: string; readonly snapshot?: string | readonly string[] },
): Promise<void> {
  const { datastore, snapshot } = subject;
  const ofDatastore = database.deleteFrom("verifications").where("datastore", "=", datastore);
  if (snapshot === undefined) return void (await ofDatastore.execute());
  const snapshots = typeof snapshot === "string" ? [snapshot] : snapshot;
  for (let at = 0; at < snapshots.length; at += NAMES_PER_STATEMENT)
    await ofDatastore.where("snapshot", "in", snapshots.slice(at, at + NAMES_PER_STATEMENT)).execute();
}
