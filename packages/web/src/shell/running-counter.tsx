/** How many tasks run, reachable from every page; opened, it shows them with their progress. */

import { useEffect, useState } from "react";
import { Link, useLocation } from "@tanstack/react-router";
import { Button, Popover } from "@mantine/core";
import type { Task } from "@ironcore-backup/protocol/calls";
import { useLive } from "../session/needs.tsx";
import { Icon } from "../look/icon.tsx";
import { Elapsed } from "../parts/instant.tsx";
import { StageBar } from "../parts/stage-progress.tsx";
import { currentStage } from "../parts/stage-text.ts";
import { taskTitle } from "../parts/task-title.ts";
import { formatNumber, t } from "../texts/texts.ts";
import styles from "./shell.module.css";

const SHOWN_COUNT_MAX = 8;

export function RunningCounter() {
  const [isOpen, setOpen] = useState(false);
  const path = useLocation({ select: ({ pathname }) => pathname });
  // A link of it leads elsewhere: it is in the way there.
  useEffect(() => setOpen(false), [path]);
  const tasks = useLive((state) => state.tasks);
  const capped = useLive((state) => state.tasksCapped);
  if (tasks === undefined) return null;
  const running = [...tasks.values()].filter(({ state }) => state === "running");
  const queuedCount = tasks.size - running.length;
  const all = capped ? "shell.counter.allQueuedAtLeast" : "shell.counter.allQueued";
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      width={360}
      position="bottom-end"
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Button variant="default" className={styles["counter"] ?? ""} leftSection={<Icon name="running" />}>
          {formatNumber(running.length)}
          <span className={styles["narrowHidden"]}>&nbsp;{t("shell.counter.running")}</span>
          <span className="hidden-visually">
            {t(capped ? "shell.counter.queuedAtLeast" : "shell.counter.queued", { count: queuedCount })}
          </span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("shell.counter.title")}>
        <div className={styles["runList"]}>
          {running.slice(0, SHOWN_COUNT_MAX).map((task) => (
            <Run key={task.upid} task={task} />
          ))}
          {running.length === 0 && <p className="quiet">{t("shell.counter.none")}</p>}
          <Link to="/tasks">{queuedCount > 0 ? t(all, { count: queuedCount }) : t("shell.counter.all")}</Link>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Run({ task }: { readonly task: Task }) {
  const stage = currentStage(task);
  return (
    <div className={styles["run"]}>
      <div className={styles["runHead"]}>
        <Link to="/tasks/$upid" params={{ upid: task.upid }}>
          {taskTitle(task)}
        </Link>
        <span className="quiet">
          <Elapsed from={task.startedAt ?? task.queuedAt} />
        </span>
      </div>
      {stage !== undefined && <StageBar stage={stage} />}
    </div>
  );
}
