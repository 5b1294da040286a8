/** Everything of a task but its log: what needs attention first, then how far it is, then what it came to. */

import { useQuery } from "@tanstack/react-query";
import type { Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { Ago } from "../../../parts/instant.tsx";
import { WaitReasons } from "../../../parts/wait.tsx";
import { useNeeds } from "../../../session/needs.tsx";
import type { TaskAddress } from "../use-task-search.ts";
import { Part } from "./part.tsx";
import { StageList } from "./stage-list.tsx";
import { TaskChain } from "./task-chain.tsx";
import { TaskCommands } from "./task-commands.tsx";
import { TaskFacts } from "./task-facts.tsx";
import { TaskStatisticsPart } from "./task-statistics.tsx";
import styles from "./detail.module.css";

export function TaskOverview({ task, address }: { readonly task: Task; readonly address: TaskAddress }) {
  return (
    <div className={styles["overview"]} tabIndex={0} role="region" aria-label="Overview">
      {task.concern !== undefined && (
        <div className={styles["concern"]} role="alert">
          <Icon name="warning" />
          <span>
            {task.concern.message}{" "}
            <span className="nowrap">
              (since <Ago at={task.concern.since} />)
            </span>
          </span>
        </div>
      )}
      {task.wait !== undefined && (
        <Part title="Why it waits">
          <WaitReasons wait={task.wait} />
        </Part>
      )}
      {task.error !== undefined && <TaskErrorPart task={task} address={address} />}
      {task.stages.length > 0 && (
        <Part title="Stages">
          <StageList task={task} address={address} />
        </Part>
      )}
      {task.statistics !== undefined && <TaskStatisticsPart statistics={task.statistics} />}
      <Part title="Facts">
        <TaskFacts task={task} />
      </Part>
      <TaskChain task={task} />
      <Part title="On the command line">
        <TaskCommands task={task} />
      </Part>
    </div>
  );
}

function TaskErrorPart({ task, address }: { readonly task: Task; readonly address: TaskAddress }) {
  const line = useFirstErrorLine(task);
  const { error } = task;
  if (error === undefined) return null;
  const goToLine = (): void =>
    address.change({ line, show: address.search.show === "overview" ? "log" : undefined });
  return (
    <section className={styles["error"]} aria-label="Error">
      <p className={styles["errorHead"]}>
        <Icon name="failed" />
        <span>{error.message}</span>
      </p>
      <p>{error.remedy}</p>
      <p className={styles["errorFoot"]}>
        <code>{error.code}</code>
        {error.retry !== "never" && <span>may pass by itself</span>}
        {line !== undefined && (
          <button type="button" className={styles["textButton"]} onClick={goToLine}>
            Line {line} of the log
          </button>
        )}
      </p>
    </section>
  );
}

/** Where in the log the error stands. */
function useFirstErrorLine({ upid, errorCount, error }: Task): number | undefined {
  const { client } = useNeeds();
  const { data } = useQuery({
    queryKey: ["task-error-line", upid, errorCount],
    queryFn: async ({ signal }) => {
      const query = { level: "error", start: 1, limit: 1 } as const;
      const page = await client.call("getTaskLog", { params: { upid }, query, signal });
      return page.lines[0]?.number ?? null;
    },
    enabled: error !== undefined,
  });
  return data ?? undefined;
}
