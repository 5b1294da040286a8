/** A state as colour, shape and word together; hovering says the rule behind it. */

import type { TaskConcern, TaskState, WorkerState } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import styles from "./mark.module.css";

export type Tone = "queued" | "running" | "ok" | "warning" | "failed" | "cancelled";

export interface MarkWords {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  /** When it is so. */
  readonly rule: string;
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
  queued: {
    tone: "queued",
    icon: "queued",
    word: "queued",
    rule: "Waits for its turn; why it waits is said beside it",
  },
  running: { tone: "running", icon: "running", word: "running", rule: "A worker is at it now" },
  ok: { tone: "ok", icon: "ok", word: "OK", rule: "Ended, and did all it should" },
  warning: {
    tone: "warning",
    icon: "warning",
    word: "WARNING",
    rule: "Ended with its work done but for what its warnings name",
  },
  failed: {
    tone: "failed",
    icon: "failed",
    word: "FAILED",
    rule: "Ended without having done its work; its error says why and what to do",
  },
  cancelled: { tone: "cancelled", icon: "cancelled", word: "CANCELLED", rule: "Stopped by a person" },
};

const CONCERN_WORDS: Readonly<Record<TaskConcern["code"], MarkWords>> = {
  "contact-lost": {
    tone: "warning",
    icon: "warning",
    word: "contact lost",
    rule: "Its worker is silent; when its claim runs out, the task fails",
  },
  stalled: {
    tone: "warning",
    icon: "warning",
    word: "stalled",
    rule: "Its worker answers, but nothing has moved for long",
  },
};

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
  if (state === "running" && task.cancelRequested === true) {
    return <Mark {...TASK_STATE_WORDS.cancelled} word="cancelling" rule="Was asked to stop" />;
  }
  return <Mark {...TASK_STATE_WORDS[state]} />;
}

const WORKER_STATE_WORDS: Readonly<Record<WorkerState, MarkWords>> = {
  online: { tone: "ok", icon: "ok", word: "online", rule: "Has a free slot" },
  busy: { tone: "running", icon: "running", word: "busy", rule: "All its slots are used" },
  draining: {
    tone: "warning",
    icon: "drain",
    word: "draining",
    rule: "Finishes what it runs and takes nothing new",
  },
  drained: { tone: "queued", icon: "pause", word: "drained", rule: "Runs nothing and takes nothing new" },
  lost: { tone: "failed", icon: "failed", word: "lost", rule: "Has been silent for too long" },
};

export function WorkerStateMark({ state }: { readonly state: WorkerState }) {
  return <Mark {...WORKER_STATE_WORDS[state]} />;
}
