/**
 * Which tasks somebody may see, as plain data: `access` makes it from grants, queries turn it into conditions, the event
 * stream asks it for each fact. A task that is not visible does not exist for that caller.
 */

import type { Task } from "@ironcore-backup/protocol";

export interface TaskVisibility {
  /** Nothing is hidden. The other fields do not matter then. */
  readonly everything: boolean;
  readonly projects: ReadonlySet<string>;
  readonly datastores: ReadonlySet<string>;
  /** `DATASTORE:NAMESPACE`; a namespace counts with those below it. */
  readonly namespaces: ReadonlySet<string>;
  /** Whose own tasks are seen: the caller's user and its tokens. */
  readonly authIds: ReadonlySet<string>;
}

export const EVERYTHING_VISIBLE: TaskVisibility = {
  everything: true,
  projects: new Set(),
  datastores: new Set(),
  namespaces: new Set(),
  authIds: new Set(),
};

export type TaskPlace = Pick<Task, "project" | "datastore" | "namespace" | "authId">;

export function isTaskVisible(visibility: TaskVisibility, task: TaskPlace): boolean {
  if (visibility.everything || visibility.authIds.has(task.authId)) return true;
  if (task.project !== undefined && visibility.projects.has(task.project)) return true;
  return visibility.datastores.has(task.datastore) || isInNamespaces(visibility.namespaces, task);
}

function isInNamespaces(namespaces: ReadonlySet<string>, task: TaskPlace): boolean {
  if (namespaces.size === 0) return false;
  const parts = task.namespace === "" ? [] : task.namespace.split("/");
  return parts.some((_part, index) =>
    namespaces.has(`${task.datastore}:${parts.slice(0, index + 1).join("/")}`),
  );
}

/** Nothing at all is seen. */
export function isBlind({ everything, projects, datastores, namespaces, authIds }: TaskVisibility): boolean {
  return !everything && projects.size + datastores.size + namespaces.size + authIds.size === 0;
}
