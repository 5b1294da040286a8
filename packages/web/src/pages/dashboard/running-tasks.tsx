/** What runs now, live, and what waits, with the reason of the one that is next. */

import { Link } from "@tanstack/react-router";
import type { Task } from "@ironcore-backup/protocol/calls";
import { EmptyState } from "../../parts/empty-state.tsx";
import { Ago, Elapsed } from "../../parts/instant.tsx";
import { TaskStateMark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { StageBar, StageWords } from "../../parts/stage-progress.tsx";
import { countOf, currentStage } from "../../parts/stage-text.ts";
import { CancelButton } from "../../parts/task-action.tsx";
import { TaskLink } from "../../parts/task-link.tsx";
import { useLive } from "../../session/needs.tsx";
import { splitActive } from "../../parts/active-task.ts";
import row from "../../parts/row.module.css";
import styles from "./dashboard.module.css";

const RUNNING_SHOWN_MAX = 12;
const WAITING_SHOWN_MAX = 4;

export function RunningTasks() {
  const tasks = useLive((state) => state.tasks);
  const capped = useLive((state) => state.tasksCapped);
  if (tasks === undefined) return <Panel title="Running tasks">{null}</Panel>;
  const { running, waiting } = splitActive(tasks.values());
  const words = [
    countOf(running.length, "task"),
    ...(waiting.length > 0 ? [`${countOf(waiting.length, "waits", "wait")}${capped ? " or more" : ""}`] : []),
  ];
  return (
    <Panel title="Running tasks" aside={words.join(", ")} flush>
      {running.length === 0 && (
        <EmptyState command="ironcore-backup backup --path /srv --datastore main --wait">
          Nothing runs. A backup can be started from a shell on the server:
        </EmptyState>
      )}
      <ul>
        {running.slice(0, RUNNING_SHOWN_MAX).map((task) => (
          <RunningTask key={task.upid} task={task} />
        ))}
      </ul>
      {running.length > RUNNING_SHOWN_MAX && (
        <p className={styles["more"]}>
          <Link to="/tasks">{countOf(running.length - RUNNING_SHOWN_MAX, "more task")}</Link>
        </p>
      )}
      {waiting.length > 0 && <Waiting waiting={waiting} />}
    </Panel>
  );
}

function RunningTask({ task }: { readonly task: Task }) {
  const stage = currentStage(task);
  return (
    <li className={row["row"]}>
      <div className={row["head"]}>
        <TaskStateMark task={task} />
        <TaskLink task={task} />
        <span className={row["time"]}>
          <Elapsed from={task.startedAt ?? task.queuedAt} />
        </span>
        <CancelButton task={task} small />
      </div>
      {stage !== undefined && (
        <>
          <StageBar stage={stage} />
          <StageWords stage={stage} />
        </>
      )}
      {task.concern !== undefined && <p className={styles["concern"]}>{task.concern.message}</p>}
    </li>
  );
}

function Waiting({ waiting }: { readonly waiting: readonly Task[] }) {
  const hidden = waiting.length - WAITING_SHOWN_MAX;
  return (
    <div className={styles["waiting"]}>
      <h3>Waiting</h3>
      <ul>
        {waiting.slice(0, WAITING_SHOWN_MAX).map((task) => (
          <li key={task.upid} className={styles["wait"]}>
            <span>
              <TaskLink task={task} /> <span className="quiet">queued</span>{" "}
              <span className="quiet">
                <Ago at={task.queuedAt} />
              </span>
            </span>
            <span className="quiet">{task.wait?.reasons[0]?.message}</span>
          </li>
        ))}
      </ul>
      <p>
        <Link to="/workers">
          {hidden > 0 ? `${countOf(hidden, "more task")} waiting, and why` : "Why each of them waits"}
        </Link>
      </p>
    </div>
  );
}
