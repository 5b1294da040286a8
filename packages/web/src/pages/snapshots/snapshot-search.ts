/**
 * Where one is on the page, as it stands in its address: the datastore and the open snapshot are the path, the rest is below.
 */

import { formatGroupRef, parseGroupRef, parseSnapshotRef } from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import { NAME_LENGTH_MAX, textOf, withoutAbsent, wordOf } from "../../parts/search-words.ts";

export const SNAPSHOT_TABS = ["contents", "changes", "statistics", "verification", "notes"] as const;
export type SnapshotTab = (typeof SNAPSHOT_TABS)[number];

export interface SnapshotSearch {
  /** Whose groups are listed; absent: the root's. */
  readonly namespace?: string;
  /** `[NS/]type/id`, whose snapshots are listed. */
  readonly group?: string;
  /** Absent: the contents. */
  readonly tab?: Exclude<SnapshotTab, "contents">;
  /** The archive that is looked into, and the directory in it. */
  readonly archive?: string;
  readonly dir?: string;
}

const GROUP_LENGTH_MAX = 512;
const PATH_LENGTH_MAX = 4096;

export function parseSnapshotSearch(raw: Readonly<Record<string, unknown>>): SnapshotSearch {
  const tab = wordOf(SNAPSHOT_TABS, raw["tab"]);
  const archive = textOf(raw["archive"]);
  return withoutAbsent({
    namespace: textOf(raw["namespace"], NAME_LENGTH_MAX),
    group: groupOf(textOf(raw["group"], GROUP_LENGTH_MAX)),
    tab: tab === "contents" ? undefined : tab,
    archive,
    dir: archive === undefined ? undefined : directoryOf(raw["dir"]),
  });
}

/** What the list shows: the group of the address, else that of the open snapshot. */
export function shownGroup(search: SnapshotSearch, snapshot: string | undefined): GroupRef | undefined {
  if (search.group !== undefined) return parseGroupRef(search.group);
  if (snapshot === undefined || snapshotOf(snapshot) === undefined) return undefined;
  const { namespace, type, id } = parseSnapshotRef(snapshot);
  return { namespace, type, id };
}

/** The address of a snapshot's panel; undefined for an address that names none. */
export function snapshotOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    parseSnapshotRef(text);
    return text;
  } catch {
    return undefined; // Somebody wrote the address by hand.
  }
}

function groupOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return formatGroupRef(parseGroupRef(text));
  } catch {
    return undefined; // Somebody wrote the address by hand.
  }
}

/** Names may begin or end with blanks, and may be digits alone. */
function directoryOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > PATH_LENGTH_MAX) return undefined;
  return value.startsWith("/") && value !== "/" ? value : undefined;
}
