/**
 * Keeps fetched answers true while facts come in. A task that changed is replaced wherever a list shows it, in place, so
 * nothing moves under the pointer; what a new or finished task may add to counts and short lists is asked anew, at most
 * once in a while. After a reset everything is asked anew.
 */

import type { QueryClient } from "@tanstack/react-query";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task, TaskList } from "@ironcore-backup/protocol/calls";
import type { Clock } from "@ironcore-backup/base";
import { isOlderTask } from "@ironcore-backup/client";
import type { Live, LiveNews } from "../live/live.ts";
import { datastoreKey } from "./datastore-query.ts";
import { INBOX_KEY } from "./inbox-query.ts";
import { AFTER_TASKS, QUERY_KEYS } from "./query.ts";

/** Counts are asked anew so often at most, however many tasks end. */
const RECOUNT_PAUSE_MS = 2000;

/** @returns ends it */
export function keepCacheLive(
  { live, clock }: { readonly live: Live; readonly clock: Clock },
  queryClient: QueryClient,
): () => void {
  const ending = new AbortController();
  let recountIsDue = false;
  /** Datastores that a finished task may have changed something in. */
  const touched = new Set<string>();
  const recountLater = (): void => {
    if (recountIsDue) return;
    recountIsDue = true;
    clock.sleep(RECOUNT_PAUSE_MS, ending.signal).then(
      () => {
        recountIsDue = false;
        void queryClient.invalidateQueries({
          predicate: ({ meta }) => meta?.["refresh"] === AFTER_TASKS.refresh,
        });
        for (const name of touched) void queryClient.invalidateQueries({ queryKey: datastoreKey(name) });
        touched.clear();
      },
      () => undefined, // Nobody listens any more.
    );
  };
  const take = (news: LiveNews): void => {
    if (news.facts === "reset") {
      void queryClient.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== QUERY_KEYS.whoami[0],
      });
      return;
    }
    if (news.facts.some(({ kind }) => kind === "inbox-changed"))
      void queryClient.invalidateQueries({ queryKey: INBOX_KEY });
    for (const fact of news.facts) {
      if (fact.kind !== "datastore-changed") continue;
      void queryClient.invalidateQueries({ queryKey: QUERY_KEYS.datastores });
      void queryClient.invalidateQueries({ queryKey: datastoreKey(fact.name) });
    }
    const changed = new Map(
      news.facts.flatMap((fact) => (fact.kind === "task-changed" ? [[fact.upid, fact.task] as const] : [])),
    );
    if (changed.size === 0) return;
    queryClient.setQueriesData({ queryKey: QUERY_KEYS.tasks }, (answer: unknown) =>
      replaceTasks(answer, changed),
    );
    for (const { state, datastore } of changed.values()) {
      if (isFinishedTaskState(state) && datastore !== "") touched.add(datastore);
    }
    const isRecount = ({ state }: Task): boolean => state === "queued" || isFinishedTaskState(state);
    if ([...changed.values()].some(isRecount)) recountLater();
  };
  const endNews = live.onNews(take);
  return () => {
    endNews();
    ending.abort();
  };
}

/** The same answer with newer versions of its tasks; itself when none of them changed. */
export function replaceTasks(answer: unknown, changed: ReadonlyMap<string, Task>): unknown {
  if (isTask(answer)) return newer(answer, changed);
  if (isTaskList(answer)) return replaceInList(answer, changed);
  if (!isPaged(answer)) return answer;
  const pages = answer.pages.map((page) => (isTaskList(page) ? replaceInList(page, changed) : page));
  return pages.some((page, at) => page !== answer.pages[at]) ? { ...answer, pages } : answer;
}

function replaceInList(list: TaskList, changed: ReadonlyMap<string, Task>): TaskList {
  if (!list.tasks.some(({ upid }) => changed.has(upid))) return list;
  return { ...list, tasks: list.tasks.map((task) => newer(task, changed)) };
}

function newer(task: Task, changed: ReadonlyMap<string, Task>): Task {
  const told = changed.get(task.upid);
  return told === undefined || isOlderTask(told, task) ? task : told;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

// Keys that begin with "tasks" hold nothing but these three shapes (query.ts), which differ in one property's name.
const isTask = (answer: unknown): answer is Task => isObject(answer) && "upid" in answer;
const isTaskList = (answer: unknown): answer is TaskList => isObject(answer) && "tasks" in answer;
const isPaged = (answer: unknown): answer is { readonly pages: readonly unknown[] } =>
  isObject(answer) && "pages" in answer && Array.isArray(answer.pages);
