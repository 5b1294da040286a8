/** Whether a task is in a list, as the server would say: for facts that come while the list stands. */

import type { Task, TaskCountQuery } from "@ironcore-backup/protocol/calls";

export function matchesQuery(task: Task, query: TaskCountQuery): boolean {
  const { type, state, datastore, project, job, workload, user, since, until, text, parent } = query;
  return (
    isAmong(type, task.type) &&
    isAmong(state, task.state) &&
    (datastore === undefined || task.datastore === datastore) &&
    (project === undefined || task.project === project) &&
    (job === undefined || task.job === job) &&
    (workload === undefined || task.workload === workload) &&
    (user === undefined || task.authId === user || task.authId.startsWith(`${user}!`)) &&
    (since === undefined || task.queuedAt >= since) &&
    (until === undefined || task.queuedAt <= until) &&
    (text === undefined || hasText(task, text.toLowerCase())) &&
    // Later tries of a try name only the one before them; the server knows the first.
    (parent === undefined || task.parent === parent || task.retryOf === parent)
  );
}

function isAmong(list: string | undefined, word: string): boolean {
  return list === undefined || list.split(",").includes(word);
}

function hasText({ upid, source, target, exitStatus = "" }: Task, lowerCase: string): boolean {
  return [upid, source, target, exitStatus].some((part) => part.toLowerCase().includes(lowerCase));
}
