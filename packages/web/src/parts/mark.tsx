/** A state as colour, shape and word together; hovering says the rule behind it. */

import type { TaskConcern, TaskState, WorkerState } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import type { PlainKey } from "../texts/catalogue.ts";
import { t } from "../texts/texts.ts";
import styles from "./mark.module.css";

export type Tone = "queued" | "running" | "ok" | "warning" | "failed" | "cancelled";

export interface MarkWords {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  /** When it is so. */
  readonly rule: string;
}

/** A mark whose words are looked up when they are read: tables of marks are made before there is a language. */
export function markOf(tone: Tone, icon: IconName, word: PlainKey, rule: PlainKey): MarkWords {
  return {
    tone,
    icon,
    get word() {
      return t(word);
    },
    get rule() {
      return t(rule);
    },
  };
}

export function Mark({ tone, icon, word, rule }: MarkWords) {
  return (
    <span className={styles["mark"]} data-tone={tone} title={rule}>
      <Icon name={icon} size={13} />
      {word}
    </span>
  );
}

export const TASK_STATE_WORDS: Readonly<Record<TaskState, MarkWords>> = {
  queued: markOf("queued", "queued", "parts.task.queued.word", "parts.task.queued.rule"),
  running: markOf("running", "running", "parts.task.running.word", "parts.task.running.rule"),
  ok: markOf("ok", "ok", "parts.task.ok.word", "parts.task.ok.rule"),
  warning: markOf("warning", "warning", "parts.task.warning.word", "parts.task.warning.rule"),
  failed: markOf("failed", "failed", "parts.task.failed.word", "parts.task.failed.rule"),
  cancelled: markOf("cancelled", "cancelled", "parts.task.cancelled.word", "parts.task.cancelled.rule"),
};

const CONCERN_WORDS: Readonly<Record<TaskConcern["code"], MarkWords>> = {
  "contact-lost": markOf("warning", "warning", "parts.task.contactLost.word", "parts.task.contactLost.rule"),
  stalled: markOf("warning", "warning", "parts.task.stalled.word", "parts.task.stalled.rule"),
};

const CANCELLING = markOf(
  "cancelled",
  "cancelled",
  "parts.task.cancelling.word",
  "parts.task.cancelling.rule",
);

export function TaskStateMark({
  task,
}: {
  readonly task: {
    readonly state: TaskState;
    readonly concern?: TaskConcern;
    readonly cancelRequested?: boolean;
  };
}) {
  const { state, concern } = task;
  if (concern !== undefined) return <Mark {...CONCERN_WORDS[concern.code]} rule={concern.message} />;
  if (state === "running" && task.cancelRequested === true) return <Mark {...CANCELLING} />;
  return <Mark {...TASK_STATE_WORDS[state]} />;
}

const WORKER_STATE_WORDS: Readonly<Record<WorkerState, MarkWords>> = {
  online: markOf("ok", "ok", "parts.worker.online.word", "parts.worker.online.rule"),
  busy: markOf("running", "running", "parts.worker.busy.word", "parts.worker.busy.rule"),
  draining: markOf("warning", "drain", "parts.worker.draining.word", "parts.worker.draining.rule"),
  drained: markOf("queued", "pause", "parts.worker.drained.word", "parts.worker.drained.rule"),
  lost: markOf("failed", "failed", "parts.worker.lost.word", "parts.worker.lost.rule"),
};

export function WorkerStateMark({ state }: { readonly state: WorkerState }) {
  return <Mark {...WORKER_STATE_WORDS[state]} />;
}
