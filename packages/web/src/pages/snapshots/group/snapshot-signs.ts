/** What is known of a snapshot, as sign and words: how its last verification ended, or why there is none to tell of. */

import type { Snapshot, SnapshotVerification } from "@ironcore-backup/protocol/calls";
import type { MarkWords } from "../../../parts/mark.tsx";

export function snapshotMark({
  finished,
  running,
  manifestError,
  verification,
}: Pick<Snapshot, "finished" | "running" | "manifestError" | "verification">): MarkWords {
  if (running === true) return { ...MARKS.running };
  if (!finished) return { ...MARKS.unfinished };
  if (manifestError !== undefined) return { ...MARKS.unreadable, rule: manifestError };
  if (verification === undefined) return { ...MARKS.never };
  if (verification.result === "OK" && verification.isStale) return { ...MARKS.stale };
  return verifyMark(verification.result);
}

/** How one verification ended. */
export function verifyMark(result: SnapshotVerification["result"]): MarkWords {
  switch (result) {
    case "OK":
      return { ...MARKS.ok };
    case "CORRUPT":
      return { ...MARKS.corrupt };
    case "MISSING":
      return { ...MARKS.missing };
  }
}

const MARKS = {
  running: {
    tone: "running",
    icon: "running",
    word: "being written",
    rule: "A backup is writing it; it can be restored when that has ended well",
  },
  unfinished: {
    tone: "warning",
    icon: "warning",
    word: "unfinished",
    rule: "A backup broke off here. It cannot be restored; the next prune takes it away",
  },
  unreadable: { tone: "failed", icon: "failed", word: "unreadable", rule: "" },
  never: {
    tone: "queued",
    icon: "unknown",
    word: "never verified",
    rule: "Nobody has read it again since it was written",
  },
  stale: {
    tone: "warning",
    icon: "stale",
    word: "STALE",
    rule: "It was well when it was verified, but that is longer ago than the keep-verified window (30 days unless set otherwise)",
  },
  ok: {
    tone: "ok",
    icon: "ok",
    word: "OK",
    rule: "Verified: every chunk is there and is what its name says",
  },
  corrupt: {
    tone: "failed",
    icon: "failed",
    word: "CORRUPT",
    rule: "Something that is stored is not what it was when it was stored",
  },
  missing: {
    tone: "failed",
    icon: "warning",
    word: "MISSING",
    rule: "Something that the snapshot is made of is not there",
  },
} as const satisfies Record<string, MarkWords>;
