/** What is known of a snapshot, as sign and words: how its last verification ended, or why there is none to tell of. */

import type { Snapshot, SnapshotVerification } from "@ironcore-backup/protocol/calls";
import type { MarkWords } from "../../../parts/mark.tsx";
import { t } from "../../../texts/texts.ts";

export function snapshotMark({
  finished,
  running,
  manifestError,
  verification,
}: Pick<Snapshot, "finished" | "running" | "manifestError" | "verification">): MarkWords {
  if (running === true) return markOf("running");
  if (!finished) return markOf("unfinished");
  if (manifestError !== undefined)
    return { tone: "failed", icon: "failed", word: t("snapshots.sign.unreadable"), rule: manifestError };
  if (verification === undefined) return markOf("never");
  if (verification.result === "OK" && verification.isStale) return markOf("stale");
  return verifyMark(verification.result);
}

/** How one verification ended. */
export function verifyMark(result: SnapshotVerification["result"]): MarkWords {
  switch (result) {
    case "OK":
      return markOf("ok");
    case "CORRUPT":
      return markOf("corrupt");
    case "MISSING":
      return markOf("missing");
  }
}

const MARKS = {
  running: {
    tone: "running",
    icon: "running",
    word: "snapshots.sign.running",
    rule: "snapshots.sign.runningRule",
  },
  unfinished: {
    tone: "warning",
    icon: "warning",
    word: "snapshots.sign.unfinished",
    rule: "snapshots.sign.unfinishedRule",
  },
  never: { tone: "queued", icon: "unknown", word: "snapshots.sign.never", rule: "snapshots.sign.neverRule" },
  stale: { tone: "warning", icon: "stale", word: "snapshots.sign.stale", rule: "snapshots.sign.staleRule" },
  ok: { tone: "ok", icon: "ok", word: "snapshots.sign.ok", rule: "snapshots.sign.okRule" },
  corrupt: {
    tone: "failed",
    icon: "failed",
    word: "snapshots.sign.corrupt",
    rule: "snapshots.sign.corruptRule",
  },
  missing: {
    tone: "failed",
    icon: "warning",
    word: "snapshots.sign.missing",
    rule: "snapshots.sign.missingRule",
  },
} as const;

function markOf(name: keyof typeof MARKS): MarkWords {
  const { word, rule, ...mark } = MARKS[name];
  return { ...mark, word: t(word), rule: t(rule) };
}
