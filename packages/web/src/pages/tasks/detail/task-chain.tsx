/** The task's relatives: what it repeats, what repeats it, what it is a part of, and its parts. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Task } from "@ironcore-backup/protocol/calls";
import { TaskStateMark } from "../../../parts/mark.tsx";
import { countOf } from "../../../parts/stage-text.ts";
import { upidTitle } from "../../../parts/task-link.tsx";
import { taskTitle } from "../../../parts/task-title.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { AFTER_TASKS, taskListQuery, taskQuery } from "../../../session/query.ts";
import { Part } from "./part.tsx";
import styles from "./detail.module.css";

const CHILD_SHOWN_MAX = 10;

export function TaskChain({ task }: { readonly task: Task }) {
  const { retryOf, retriedBy, parent, childCount } = task;
  if (retryOf === undefined && retriedBy === undefined && parent === undefined && childCount === 0)
    return null;
  return (
    <Part title="Belongs to">
      <dl className={styles["facts"]}>
        {retryOf !== undefined && <Relative word="Repeats" upid={retryOf} />}
        {retriedBy !== undefined && <Relative word="Repeated by" upid={retriedBy} />}
        {parent !== undefined && <Relative word="Part of" upid={parent} />}
        {childCount > 0 && <Children task={task} />}
      </dl>
    </Part>
  );
}

function Relative({ word, upid }: { readonly word: string; readonly upid: string }) {
  const { client } = useNeeds();
  // One that may not be seen, or is in no history any more, is named all the same.
  const { data } = useQuery({ ...taskQuery(client, upid), retry: false });
  return (
    <div>
      <dt>{word}</dt>
      <dd className={styles["relative"]}>
        {data !== undefined && <TaskStateMark task={data} />}
        <TaskPlace upid={upid} title={data === undefined ? upidTitle(upid) : taskTitle(data)} />
      </dd>
    </div>
  );
}

/** Beside the same list. */
function TaskPlace({ upid, title }: { readonly upid: string; readonly title: string }) {
  return (
    <Link to="/tasks/$upid" params={{ upid }} search={({ line: _line, ...kept }) => kept} title={upid}>
      {title}
    </Link>
  );
}

function Children({ task: { upid, childCount } }: { readonly task: Task }) {
  const { client } = useNeeds();
  const { data } = useQuery({
    ...taskListQuery(client, { parent: upid, limit: CHILD_SHOWN_MAX }),
    meta: AFTER_TASKS,
  });
  return (
    <div>
      <dt>{countOf(childCount, "part")}</dt>
      <dd>
        <ul className={styles["children"]}>
          {data?.tasks.map((child) => (
            <li key={child.upid} className={styles["relative"]}>
              <TaskStateMark task={child} />
              <TaskPlace upid={child.upid} title={taskTitle(child)} />
            </li>
          ))}
        </ul>
        {childCount > CHILD_SHOWN_MAX && (
          <Link to="/tasks" search={{ parent: upid }}>
            All its parts
          </Link>
        )}
      </dd>
    </div>
  );
}
