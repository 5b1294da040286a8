/** Two snapshots of a group, opened side by side and compared (archive-comparison.ts). */

import { formatGroupRef, formatSnapshotRef, parseSnapshotRef } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { isFinished, listSnapshotRefs } from "@ironcore-backup/engine";
import type { Datastore, EngineNeeds } from "@ironcore-backup/engine";
import type { ChunkCache } from "@ironcore-backup/format";
import type { SnapshotComparison } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { compareArchives } from "./archive-comparison.ts";
import { openFileArchive } from "./file-archive.ts";

export interface ComparisonQuestion {
  readonly snapshot: SnapshotRef;
  /** `[NS/]type/id/time`; absent: the finished one before it. */
  readonly since?: string | undefined;
  readonly archive: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * The older one of the two is always the one before.
 * @throws COMPARISON_GROUPS_DIFFER, COMPARISON_NONE_BEFORE, NAME_INVALID, and what opening an archive throws
 */
export function compareSnapshots(
  needs: EngineNeeds & { readonly cache: ChunkCache },
  datastore: Datastore,
  question: ComparisonQuestion,
): SnapshotComparison {
  const { archive } = question;
  const other = findOther(needs, datastore, question);
  const [older, newer] = [question.snapshot, other].toSorted((a, b) => a.backupTime - b.backupTime);
  const [first, second] = [older ?? other, newer ?? question.snapshot];
  const before = openFileArchive(needs, datastore, { snapshot: first, archive }, needs);
  try {
    const after = openFileArchive(needs, datastore, { snapshot: second, archive }, needs);
    try {
      const { changes, nextCursor } = compareArchives(before, after, question);
      return {
        before: formatSnapshotRef(first),
        after: formatSnapshotRef(second),
        archive: after.stem,
        changes,
        ...(nextCursor === undefined ? {} : { nextCursor }),
      };
    } finally {
      after.close();
    }
  } finally {
    before.close();
  }
}

function findOther(
  needs: EngineNeeds,
  datastore: Datastore,
  { snapshot, since }: ComparisonQuestion,
): SnapshotRef {
  if (since !== undefined) {
    const other = parseSnapshotRef(since);
    // Who may read the one may read the other: they lie in one namespace.
    if (formatGroupRef(other) !== formatGroupRef(snapshot))
      throw serverErrors.COMPARISON_GROUPS_DIFFER({ group: formatGroupRef(snapshot), snapshot: since });
    return other;
  }
  const earlier = listSnapshotRefs(needs, datastore, snapshot).find(
    (ref) => ref.backupTime < snapshot.backupTime && isFinished(needs, datastore, ref),
  );
  if (earlier === undefined)
    throw serverErrors.COMPARISON_NONE_BEFORE({ snapshot: formatSnapshotRef(snapshot) });
  return earlier;
}
