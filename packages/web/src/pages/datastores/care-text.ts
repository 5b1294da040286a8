/** What a verification, a prune or a garbage collection came to, in a few words. */

import { formatSize } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol/calls";
import { formatDay } from "../../parts/instant-text.ts";
import { countOf } from "../../parts/stage-text.ts";

/** Of a task that has ended. */
export function careOutcome({ state, statistics, exitStatus }: Task): string {
  if (statistics === undefined || state === "failed" || state === "cancelled") return exitStatus ?? state;
  switch (statistics.kind) {
    case "verify": {
      const { snapshots, snapshotCount } = statistics.verify;
      const badCount = snapshots.filter(({ result }) => result !== "OK").length;
      const all = countOf(snapshotCount, "snapshot");
      return badCount === 0 ? `${all}, all OK` : `${badCount} of ${all} damaged`;
    }
    case "prune":
      return `removed ${countOf(statistics.prune.removedCount, "snapshot")}`;
    case "gc": {
      const { isDryRun, removedBytes, pendingBytes, nextFreeAt } = statistics.gc;
      const freed = `${isDryRun ? "would free" : "freed"} ${formatSize(removedBytes)}`;
      if (nextFreeAt === undefined) return freed;
      return `${freed}; ${formatSize(pendingBytes)} more from ${formatDay(nextFreeAt)} on`;
    }
    case "drill":
    case "backup":
    case "restore":
      return exitStatus ?? state;
  }
}
