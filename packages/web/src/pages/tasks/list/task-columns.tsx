/** The list's columns: what stands in each, and which of them the server can order by. */

import type { ReactNode } from "react";
import type { Task, TaskSortKey } from "@ironcore-backup/protocol/calls";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import { formatSize } from "@ironcore-backup/base";
import { Elapsed, When } from "../../../parts/instant.tsx";
import { TaskStateMark } from "../../../parts/mark.tsx";
import { StageBar } from "../../../parts/stage-progress.tsx";
import { currentStage, formatEta, formatShare } from "../../../parts/stage-text.ts";
import { CopySign } from "../copy-sign.tsx";
import styles from "./task-grid.module.css";

export interface TaskColumn {
  readonly name: string;
  readonly word: string;
  readonly sort?: TaskSortKey;
  readonly isNumber?: boolean;
  readonly cell: (task: Task) => ReactNode;
}

export const TASK_COLUMNS: readonly TaskColumn[] = [
  { name: "status", word: "Status", cell: (task) => <TaskStateMark task={task} /> },
  { name: "time", word: "Time", sort: "queued", cell: ({ queuedAt }) => <When at={queuedAt} /> },
  { name: "end", word: "End", sort: "ended", cell: (task) => <End task={task} /> },
  { name: "type", word: "Type", cell: ({ type }) => type },
  { name: "place", word: "Source / Target", cell: (task) => <Place task={task} /> },
  { name: "user", word: "User", cell: ({ authId }) => <Clipped text={authId} /> },
  {
    name: "bytes",
    word: "Bytes",
    sort: "bytes",
    isNumber: true,
    cell: ({ bytes }) => (bytes === 0 ? <Nothing /> : formatSize(bytes)),
  },
  {
    name: "duration",
    word: "Duration",
    sort: "duration",
    isNumber: true,
    cell: ({ startedAt, endedAt }) =>
      startedAt === undefined ? <Nothing /> : <Elapsed from={startedAt} to={endedAt} />,
  },
  { name: "upid", word: "UPID", cell: ({ upid }) => <UpidCell upid={upid} /> },
];

function Nothing() {
  return <span className="quiet">–</span>;
}

function Clipped({ text }: { readonly text: string }) {
  return (
    <span className={styles["clip"]} title={text}>
      {text}
    </span>
  );
}

function Place({ task: { source, target } }: { readonly task: Task }) {
  const isOne = source === "" || source === target || target === "";
  const text = isOne ? target || source : `${source} → ${target}`;
  if (isOne) return <Clipped text={text} />;
  return (
    <span className={styles["clip"]} title={text}>
      {source}
      <span className={styles["arrow"]}>{" → "}</span>
      {target}
    </span>
  );
}

/** When it ended; while it runs, how far it is; while it waits, for what. */
function End({ task }: { readonly task: Task }) {
  if (isFinishedTaskState(task.state))
    return task.endedAt === undefined ? <Nothing /> : <When at={task.endedAt} />;
  if (task.state === "queued") return <Clipped text={task.wait?.reasons[0]?.message ?? "waits"} />;
  const stage = currentStage(task);
  if (stage === undefined) return <span className="quiet">begins</span>;
  const share = formatShare(stage) ?? stage.name;
  return (
    <span className={styles["progress"]} title={[stage.name, formatEta(stage)].filter(Boolean).join(", ")}>
      <StageBar stage={stage} />
      <span className={styles["share"]}>{share}</span>
    </span>
  );
}

/** What differs from row to row stands first: a UPID's own words are far behind. */
function UpidCell({ upid }: { readonly upid: string }) {
  return (
    <span className={styles["upid"]}>
      <span className={styles["clip"]} title={upid}>
        {upid}
      </span>
      <CopySign text={upid} what="the UPID" isSkipped />
    </span>
  );
}
