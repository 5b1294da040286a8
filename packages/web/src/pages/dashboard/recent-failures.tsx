/** The five failures that ended last, each with what to do about it. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Task } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { TaskStateMark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { RetryButton } from "../../parts/task-action.tsx";
import { TaskLink } from "../../parts/task-link.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { failureQuery } from "./failure-query.ts";
import { taskTitle } from "../../parts/task-title.ts";
import row from "../../parts/row.module.css";
import styles from "./dashboard.module.css";

export function RecentFailures() {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(failureQuery(client));
  return (
    <Panel title="Recent failures" flush>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.tasks.length === 0 && <p className={styles["nothing"]}>No task has failed.</p>}
      <ul>
        {data?.tasks.map((task) => (
          <Failure key={task.upid} task={task} />
        ))}
      </ul>
    </Panel>
  );
}

function Failure({ task }: { readonly task: Task }) {
  const { error, exitStatus } = task;
  return (
    <li className={row["row"]}>
      <div className={row["head"]}>
        <TaskStateMark task={task} />
        <TaskLink task={task} />
        <span className={row["time"]}>
          <Ago at={task.endedAt ?? task.queuedAt} />
        </span>
      </div>
      <p>{error?.message ?? exitStatus}</p>
      {error !== undefined && <p className="quiet">{error.remedy}</p>}
      <div className={row["foot"]}>
        {error !== undefined && <code className="quiet">{error.code}</code>}
        <Link
          to="/tasks/$upid"
          params={{ upid: task.upid }}
          search={{ show: "log" }}
          aria-label={`Log of ${taskTitle(task)}`}
        >
          Log
        </Link>
        <RetryButton task={task} />
      </div>
    </li>
  );
}
