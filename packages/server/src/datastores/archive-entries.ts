/** One directory of a file archive, read from the archive's metadata without touching file contents. */

import { formatSnapshotRef } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import type { Datastore, Disk } from "@ironcore-backup/engine";
import type { SnapshotEntry } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { EntryQuery } from "./datastore-engine.ts";

export async function listArchiveEntries(
  _needs: { readonly disk: Disk; readonly clock: Clock; readonly random: Random },
  _datastore: Datastore,
  query: EntryQuery,
): Promise<SnapshotEntry[]> {
  throw serverErrors.SNAPSHOT_ARCHIVE_NOT_FOUND({
    snapshot: formatSnapshotRef(query.snapshot),
    archive: query.archive,
  });
}
