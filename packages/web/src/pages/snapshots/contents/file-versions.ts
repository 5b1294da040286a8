/** In which snapshots of its group a file is, and in which of them it is another: looked up on demand, so many snapshots at a time. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { toCodedError } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Snapshot, SnapshotEntry } from "@ironcore-backup/protocol/calls";
import type { DirectoryPlace } from "../../../session/datastore-query.ts";

/** Each is a question to the server, which opens an archive for it. */
const SNAPSHOTS_PER_STEP = 10;
/** Of a directory's names; the file is looked for in no more. */
const PAGE_COUNT_MAX = 5;

export interface FileVersion {
  readonly snapshot: Snapshot;
  /** `unknown`: encrypted, damaged, or a directory with more names than are looked through. */
  readonly state: "there" | "absent" | "unknown";
  readonly entry?: SnapshotEntry;
}

/** @param snapshots  of the group, newest first */
export const fileVersionsQuery = (
  client: Client,
  place: Omit<DirectoryPlace, "snapshot"> & { readonly name: string },
  snapshots: readonly Snapshot[],
) =>
  infiniteQueryOptions({
    queryKey: ["file-versions", place, snapshots.map(({ snapshot }) => snapshot)],
    queryFn: async ({ signal, pageParam }) => {
      const versions: FileVersion[] = [];
      // One after the other: they share a thread of the server with whoever else reads there.
      for (const snapshot of snapshots.slice(pageParam, pageParam + SNAPSHOTS_PER_STEP))
        versions.push(await findVersion(client, place, snapshot, signal));
      return versions;
    },
    initialPageParam: 0,
    getNextPageParam: (_last, _pages, at) =>
      at + SNAPSHOTS_PER_STEP < snapshots.length ? at + SNAPSHOTS_PER_STEP : undefined,
  });

async function findVersion(
  client: Client,
  { datastore, archive, directory, name }: Omit<DirectoryPlace, "snapshot"> & { readonly name: string },
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<FileVersion> {
  let cursor: string | undefined;
  try {
    for (let page = 0; page < PAGE_COUNT_MAX; page++) {
      const { entries, nextCursor } = await client.call("listSnapshotEntries", {
        params: { datastore, snapshot: snapshot.snapshot },
        query: { archive, path: directory, ...(cursor === undefined ? {} : { cursor }) },
        signal,
      });
      const entry = entries.find((one) => one.name === name);
      if (entry !== undefined) return { snapshot, state: "there", entry };
      if (nextCursor === undefined) return { snapshot, state: "absent" };
      cursor = nextCursor;
    }
    return { snapshot, state: "unknown" };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { snapshot, state: stateOf(toCodedError(thrown).code) };
  }
}

function stateOf(code: string): FileVersion["state"] {
  return code === "SNAPSHOT_PATH_NOT_FOUND" || code === "SNAPSHOT_ARCHIVE_NOT_FOUND" ? "absent" : "unknown";
}

/** What a version is, seen from the next older one that is known. Undefined where there is none to compare with. */
export function differenceOf(
  version: FileVersion,
  older: FileVersion | undefined,
): "same" | "changed" | "added" | undefined {
  if (version.entry === undefined || older === undefined || older.state === "unknown") return undefined;
  if (older.entry === undefined) return "added";
  const { sizeBytes, modifiedAt, kind } = version.entry;
  const isSame =
    older.entry.sizeBytes === sizeBytes && older.entry.modifiedAt === modifiedAt && older.entry.kind === kind;
  return isSame ? "same" : "changed";
}
