/** What is different from the snapshot before it, in sentences. */

import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { RunStatistics, Snapshot } from "@ironcore-backup/protocol/calls";
import { t } from "../../../texts/texts.ts";

export interface Compared {
  readonly snapshot: Snapshot;
  readonly run: RunStatistics | undefined;
  readonly before: Snapshot;
  readonly runBefore: RunStatistics | undefined;
}

export function comparedSentences({ snapshot, run, before, runBefore }: Compared): string[] {
  return [
    ...sizeSentence(snapshot.sizeBytes, before.sizeBytes),
    ...addedSentence(run?.onDiskBytes, runBefore?.onDiskBytes),
    ...hitSentence(run?.metrics.deduplicationHitRate, runBefore?.metrics.deduplicationHitRate),
    ...durationSentence(run?.metrics.durationMs, runBefore?.metrics.durationMs),
  ];
}

function sizeSentence(now: number | undefined, earlier: number | undefined): string[] {
  if (now === undefined || earlier === undefined) return [];
  if (now === earlier) return [t("snapshots.statistics.sameSize")];
  const difference = formatSize(Math.abs(now - earlier));
  return [
    now > earlier
      ? t("snapshots.statistics.larger", { difference })
      : t("snapshots.statistics.smaller", { difference }),
  ];
}

function addedSentence(now: number | undefined, earlier: number | undefined): string[] {
  if (now === undefined || earlier === undefined) return [];
  const values = { now: formatSize(now), earlier: formatSize(earlier) };
  if (values.now === values.earlier) return [t("snapshots.statistics.addedSame", values)];
  return [
    now > earlier ? t("snapshots.statistics.addedMore", values) : t("snapshots.statistics.addedLess", values),
  ];
}

function hitSentence(now: number | undefined, earlier: number | undefined): string[] {
  if (now === undefined || earlier === undefined) return [];
  return [t("snapshots.statistics.hits", { now: percent(now), earlier: percent(earlier) })];
}

function durationSentence(now: number | undefined, earlier: number | undefined): string[] {
  if (now === undefined || earlier === undefined) return [];
  return [t("snapshots.statistics.took", { now: formatDuration(now), earlier: formatDuration(earlier) })];
}

/** `97.4 %`; never rounded up to all of it. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}
