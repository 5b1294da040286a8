/** The state of a run in the ledger, and why it is so. */

import type { Run, RunState } from "@ironcore-backup/protocol/calls";
import { Mark } from "./mark.tsx";
import type { MarkWords } from "./mark.tsx";

export const RUN_STATE_WORDS: Readonly<Record<RunState, MarkWords>> = {
  expected: {
    tone: "queued",
    icon: "queued",
    word: "expected",
    rule: "Its time has not come, or it is held back",
  },
  running: {
    tone: "running",
    icon: "running",
    word: "running",
    rule: "Begun, and not all its tasks have ended",
  },
  met: { tone: "ok", icon: "ok", word: "met", rule: "It succeeded in the time allowed" },
  late: { tone: "warning", icon: "stale", word: "late", rule: "It succeeded, but not in the time allowed" },
  missed: { tone: "failed", icon: "failed", word: "missed", rule: "It should have succeeded and did not" },
  skipped: { tone: "cancelled", icon: "cancelled", word: "skipped", rule: "It was meant not to run" },
};

export function RunMark({ run }: { readonly run: Pick<Run, "state" | "message"> }) {
  const words = RUN_STATE_WORDS[run.state];
  return <Mark {...words} rule={run.message ?? words.rule} />;
}
