/**
 * What the page knows of the house right now: every task that is queued or running, workers, scheduler, and how fresh all of
 * it is. State is a fold over facts; each fact carries the whole thing that changed, so folding one twice, or
 * one that the snapshot already has, changes nothing.
 */

import type { Instant } from "@ironcore-backup/base";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Event, Scheduler, Task, Worker } from "@ironcore-backup/protocol/calls";
import { isOlderTask } from "@ironcore-backup/client";

/** `connecting` only before the first contact. While `lost`, everything else is what was known last. */
export type Contact =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  | { readonly state: "lost"; readonly since: Instant; readonly reason: string };

/** A part is `undefined` until it was fetched, and stays so for whoever may not see it (then `refused` names it). */
export interface LiveState {
  readonly contact: Contact;
  /** Queued and running tasks by UPID. */
  readonly tasks: ReadonlyMap<string, Task> | undefined;
  /** There are more active tasks than a page keeps: counts from `tasks` are lower bounds. */
  readonly tasksCapped: boolean;
  /** By `NODE/CLASS`. */
  readonly workers: ReadonlyMap<string, Worker> | undefined;
  readonly scheduler: Scheduler | undefined;
  readonly refused: ReadonlySet<LivePart>;
}

export const LIVE_PARTS = ["tasks", "workers", "scheduler"] as const;
export type LivePart = (typeof LIVE_PARTS)[number];

/** The parts as they were at one moment, fetched. */
export type LiveSnapshot = Omit<LiveState, "contact">;

export const EMPTY_LIVE_STATE: LiveState = {
  contact: { state: "connecting" },
  tasks: undefined,
  tasksCapped: false,
  workers: undefined,
  scheduler: undefined,
  refused: new Set(),
};

/** The state after these facts, in their order. Parts that nothing changed keep their identity. */
export function foldFacts(state: LiveState, facts: readonly Event[]): LiveState {
  const tasks = changing(state.tasks);
  const workers = changing(state.workers);
  let { scheduler } = state;
  for (const fact of facts) {
    switch (fact.kind) {
      case "task-changed":
        foldTask(tasks, fact.task);
        break;
      case "worker-changed":
        workers.set(fact.name, fact.worker);
        break;
      case "scheduler-changed":
        scheduler = fact.scheduler;
        break;
      case "datastore-changed":
      case "inbox-changed":
      case "task-logged":
      case "stream-reset":
        break;
    }
  }
  return {
    ...state,
    tasks: tasks.result(),
    workers: workers.result(),
    scheduler,
  };
}

function foldTask(tasks: Changing<Task>, task: Task): void {
  const known = tasks.get(task.upid);
  if (known !== undefined && isOlderTask(task, known)) return;
  tasks.set(task.upid, isFinishedTaskState(task.state) ? undefined : task);
}

interface Changing<Value> {
  get(key: string): Value | undefined;
  /** `undefined` removes. */
  set(key: string, value: Value | undefined): void;
  result(): ReadonlyMap<string, Value> | undefined;
}

/** A map that is copied at its first change. A part that was never fetched stays absent. */
function changing<Value>(known: ReadonlyMap<string, Value> | undefined): Changing<Value> {
  let copy: Map<string, Value> | undefined;
  return {
    get: (key) => (copy ?? known)?.get(key),
    set(key, value) {
      if (known === undefined) return;
      copy ??= new Map(known);
      if (value === undefined) copy.delete(key);
      else copy.set(key, value);
    },
    result: () => copy ?? known,
  };
}
