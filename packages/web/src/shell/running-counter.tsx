/** How many tasks run, reachable from every page; opened, it shows them with their progress. */

import { useEffect, useState } from "react";
import { Link, useLocation } from "@tanstack/react-router";
import { Button, Popover } from "@mantine/core";
import type { Task } from "@ironcore-backup/protocol/calls";
import { useLive } from "../session/needs.tsx";
import { Icon } from "../look/icon.tsx";
import { Elapsed } from "../parts/instant.tsx";
import { StageBar } from "../parts/stage-progress.tsx";
import { currentStage, formatCount } from "../parts/stage-text.ts";
import { taskTitle } from "../parts/task-title.ts";
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
  const more = capped ? " or more" : "";
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
          {formatCount(running.length)}
          <span className={styles["narrowHidden"]}>&nbsp;running</span>
          <span className="hidden-visually">, {`${formatCount(queuedCount)}${more}`} queued</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Running tasks">
        <div className={styles["runList"]}>
          {running.slice(0, SHOWN_COUNT_MAX).map((task) => (
            <Run key={task.upid} task={task} />
          ))}
          {running.length === 0 && <p className="quiet">No task runs.</p>}
          <Link to="/tasks">
            {`All tasks${queuedCount > 0 ? `, ${formatCount(queuedCount)}${more} queued among them` : ""}`}
          </Link>
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
