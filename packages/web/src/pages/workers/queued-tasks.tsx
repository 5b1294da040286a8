/** Every queued task with all that keeps it from running: the answer to "why is my task queued?" */

import { Link } from "@tanstack/react-router";
import type { Task } from "@ironcore-backup/protocol/calls";
import { splitActive } from "../../parts/active-task.ts";
import { Ago } from "../../parts/instant.tsx";
import { TaskStateMark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { CancelButton } from "../../parts/task-action.tsx";
import { TaskLink } from "../../parts/task-link.tsx";
import { WaitReasons } from "../../parts/wait.tsx";
import { Rich } from "../../parts/rich.tsx";
import { useLive } from "../../session/needs.tsx";
import { t } from "../../texts/texts.ts";
import row from "../../parts/row.module.css";
import styles from "./workers.module.css";

const SHOWN_COUNT_MAX = 50;

export function QueuedTasks() {
  const tasks = useLive((state) => state.tasks);
  const waiting = tasks === undefined ? undefined : splitActive(tasks.values()).waiting;
  const hiddenCount = Math.max(0, (waiting?.length ?? 0) - SHOWN_COUNT_MAX);
  return (
    <Panel
      title={t("workers.waiting.title")}
      aside={
        waiting !== undefined && waiting.length > 0
          ? t("workers.waiting.count", { count: waiting.length })
          : undefined
      }
      flush
    >
      {waiting?.length === 0 && <p className={styles["nothing"]}>{t("workers.waiting.none")}</p>}
      <ul>
        {waiting?.slice(0, SHOWN_COUNT_MAX).map((task) => (
          <Queued key={task.upid} task={task} />
        ))}
      </ul>
      {hiddenCount > 0 && (
        <p className={styles["nothing"]}>
          <Link to="/tasks">{t("workers.waiting.more", { count: hiddenCount })}</Link>
        </p>
      )}
    </Panel>
  );
}

function QueuedSince({ task: { priority, queuedAt } }: { readonly task: Task }) {
  const when = <Ago at={queuedAt} />;
  return priority === "normal" ? when : <Rich text={`workers.waiting.${priority}`} elements={{ when }} />;
}

function Queued({ task }: { readonly task: Task }) {
  return (
    <li className={row["row"]}>
      <div className={row["head"]}>
        <TaskStateMark task={task} />
        <TaskLink task={task} />
        <span className={row["time"]}>
          <QueuedSince task={task} />
        </span>
        <CancelButton task={task} small />
      </div>
      {task.wait !== undefined && <WaitReasons wait={task.wait} />}
    </li>
  );
}
