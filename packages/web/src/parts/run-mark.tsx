/** The state of a run in the ledger, and why it is so. */

import type { Run, RunState } from "@ironcore-backup/protocol/calls";
import { Mark, markOf } from "./mark.tsx";
import type { MarkWords } from "./mark.tsx";

export const RUN_STATE_WORDS: Readonly<Record<RunState, MarkWords>> = {
  expected: markOf("queued", "queued", "parts.run.expected.word", "parts.run.expected.rule"),
  running: markOf("running", "running", "parts.run.running.word", "parts.run.running.rule"),
  met: markOf("ok", "ok", "parts.run.met.word", "parts.run.met.rule"),
  late: markOf("warning", "stale", "parts.run.late.word", "parts.run.late.rule"),
  missed: markOf("failed", "failed", "parts.run.missed.word", "parts.run.missed.rule"),
  skipped: markOf("cancelled", "cancelled", "parts.run.skipped.word", "parts.run.skipped.rule"),
};

export function RunMark({ run }: { readonly run: Pick<Run, "state" | "message"> }) {
  const words = RUN_STATE_WORDS[run.state];
  return <Mark {...words} rule={run.message ?? words.rule} />;
}
