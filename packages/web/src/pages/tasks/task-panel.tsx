/** One task beside the list, under its own address: what it is, how it goes, what went wrong, and its log. */

import { useEffect } from "react";
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { toCodedError } from "@ironcore-backup/base";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task, TaskList } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { useDocumentTitle } from "../../parts/page-head.tsx";
import { taskTitle } from "../../parts/task-title.ts";
import { upidTitle } from "../../parts/task-link.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { QUERY_KEYS, taskQuery } from "../../session/query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { PanelLayout, usePanelParts } from "./detail/panel-layout.tsx";
import { TaskHead } from "./detail/task-head.tsx";
import { TaskOverview } from "./detail/task-overview.tsx";
import { LogPanel } from "./log/log-panel.tsx";
import { useTaskSearch } from "./use-task-search.ts";
import styles from "./detail/detail.module.css";

export function TaskPanel() {
  const { upid } = useParams({ from: "/shell/tasks/$upid" });
  const address = useTaskSearch();
  const { task, error, refetch } = useTask(upid);
  const parts = usePanelParts(address);
  useDocumentTitle(task === undefined ? upidTitle(upid) : taskTitle(task));
  useKeys([
    { keys: "Escape", does: "Close the task", run: address.closeTask },
    { keys: "o", does: "Show the task alone, or beside the list", run: parts.toggleFull },
    { keys: "l", does: "Show only the log, or everything", run: parts.toggleLog },
  ]);
  if (task === undefined) {
    return (
      <section className={styles["panel"]} aria-label="Task">
        {error === null ? (
          <p className={styles["opening"]} role="status">
            Opening {upidTitle(upid)} …
          </p>
        ) : (
          <NoTask error={error} onRetry={refetch} onClose={address.closeTask} />
        )}
      </section>
    );
  }
  return (
    <section className={styles["panel"]} aria-label={`Task ${taskTitle(task)}`}>
      <TaskHead task={task} address={address} parts={parts} />
      <PanelLayout
        parts={parts}
        overview={<TaskOverview task={task} address={address} />}
        log={<LogPanel key={upid} task={task} address={address} />}
      />
    </section>
  );
}

/** The task; until it has come, as the list shows it. */
function useTask(upid: string) {
  const { client } = useNeeds();
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery({
    ...taskQuery(client, upid),
    placeholderData: () =>
      findListed(cache.getQueriesData<TaskList>({ queryKey: QUERY_KEYS.taskLists }), upid),
  });
  // Facts and lists leave out results that are large; the whole task is asked for once it has ended.
  const lacksResults =
    data !== undefined &&
    isFinishedTaskState(data.state) &&
    data.type === "verify" &&
    data.statistics === undefined;
  useEffect(() => {
    if (lacksResults) void refetch();
  }, [lacksResults, refetch]);
  return { task: data, error, refetch: () => void refetch() };
}

function findListed(
  lists: readonly (readonly [unknown, TaskList | undefined])[],
  upid: string,
): Task | undefined {
  for (const [, list] of lists) {
    const task = list?.tasks.find((one) => one.upid === upid);
    if (task !== undefined) return task;
  }
  return undefined;
}

/** Somebody else's task and none at all read the same. */
function NoTask({
  error,
  onRetry,
  onClose,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly onClose: () => void;
}) {
  const isMissing = ["TASK_NOT_FOUND", "NAME_INVALID", "REQUEST_INVALID"].includes(toCodedError(error).code);
  return (
    <div className={styles["missing"]}>
      <ErrorCard error={error} onRetry={isMissing ? undefined : onRetry} />
      <div>
        <Button variant="default" onClick={onClose}>
          Show all tasks
        </Button>
      </div>
    </div>
  );
}
