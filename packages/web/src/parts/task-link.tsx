/** A task by its words, leading to its page; of a UPID alone, when nothing more is known of it. */

import { Link } from "@tanstack/react-router";
import { parseUpid } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol/calls";
import { useLive } from "../session/needs.tsx";
import styles from "./task-link.module.css";
import { taskTitle } from "./task-title.ts";

export function TaskLink({ task }: { readonly task: Pick<Task, "upid" | "type" | "source" | "target"> }) {
  return (
    <Link to="/tasks/$upid" params={{ upid: task.upid }} className={styles["link"]}>
      {taskTitle(task)}
    </Link>
  );
}

/** The task's words while it is active, else what its name tells. */
export function UpidLink({ upid }: { readonly upid: string }) {
  const task = useLive(({ tasks }) => tasks?.get(upid));
  return (
    <Link to="/tasks/$upid" params={{ upid }} title={upid} className={styles["link"]}>
      {task === undefined ? upidTitle(upid) : taskTitle(task)}
    </Link>
  );
}

/** `backup main:host/web-1`; a name that is none is shown as it is. */
export function upidTitle(upid: string): string {
  try {
    const { type, workerId } = parseUpid(upid);
    return `${type} ${workerId}`.trim();
  } catch {
    return upid;
  }
}
