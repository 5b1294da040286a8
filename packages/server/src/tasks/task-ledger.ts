/**
 * The tasks that are not over yet, in memory, and their way into the state store and the event stream.
 *
 * Memory leads, because a running task moves many times a second. What others see of it is coalesced: at most four
 * `task-changed` facts a second and one row a second. A change of state goes out at once. A row that the store refused
 * stays due and is tried again, so a full disk delays the record and does not lose it.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import type { TaskRecord } from "../state/task-records.ts";
import type { TaskPlace } from "../state/task-visibility.ts";
import { activeTaskFrom, recordFromActive } from "./active-task.ts";
import type { ActiveTask } from "./active-task.ts";
import type { EventStream } from "./event-stream.ts";
import { withoutForeignHolders } from "./foreign-holders.ts";
import type { TaskQueue } from "./queue/task-queue.ts";
import { shortOf } from "./wait-graph.ts";

const EVENT_INTERVAL_MS = 250;
const STORE_INTERVAL_MS = 1000;
/** Statistics of a large verify are megabytes; lists and events leave them to `GET /tasks/:upid`. */
const STATISTICS_LENGTH_MAX = 16_384;

export interface TaskLedger {
  /** Takes over a task that the store has. */
  adopt(record: TaskRecord): ActiveTask;
  find(upid: string): ActiveTask | undefined;
  has(taskId: number): boolean;
  /** Oldest first. */
  list(): Iterable<ActiveTask>;
  /** Others learn at once how it stands. */
  tell(active: ActiveTask): void;
  /** The task has moved a little: others may learn within a quarter of a second. */
  moved(active: ActiveTask): void;
  /** Something about the task has changed that is not progress: stores it, tells it. */
  changed(active: ActiveTask): Promise<void>;
  /**
   * Stores the final state durably, lets go of the task, tells it. Nobody sees the end before it is stored.
   * @returns false when somebody else had taken the task: nothing was stored
   */
  ended(
    active: ActiveTask,
    options: { readonly final: Task; readonly retry: TaskRecord | undefined },
  ): Promise<boolean>;
  close(): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly queue: TaskQueue;
  readonly events: EventStream;
  readonly present: (active: ActiveTask) => Task;
  /** The store refused a row; it is tried again. */
  readonly onStoreFailure: (upid: string, cause: unknown) => void;
  /** The task is over, and about to be told so. */
  readonly onGone: (active: ActiveTask) => void;
  /** The store has the task under another attempt: what happened here is void. */
  readonly onClaimLost: (active: ActiveTask) => void;
}

export function createTaskLedger(needs: Needs): TaskLedger {
  const { clock } = needs;
  const active = new Map<string, ActiveTask>();
  const numbers = new Set<number>();
  const pace = createPace(needs, (upid) => active.get(upid)?.task);
  return {
    adopt: (record) => {
      const one = activeTaskFrom(record, { at: clock.now(), elapsedMs: clock.elapsedMs() });
      active.set(record.task.upid, one);
      numbers.add(record.taskId);
      return one;
    },
    find: (upid) => active.get(upid),
    has: (taskId) => numbers.has(taskId),
    list: () => active.values(),
    tell: (one) => pace.tell(one),
    moved: (one) => {
      if (!one.ending) pace.moved(one);
    },
    changed: async (one) => {
      await pace.store([one]);
      pace.tell(one);
    },
    ended: async (one, { final, retry }) => {
      pace.forget(one);
      const isOurs = await persistEnd(needs, { ...recordFromActive(one), task: final }, retry);
      one.task = final;
      active.delete(one.task.upid);
      numbers.delete(one.taskId);
      needs.onGone(one);
      if (isOurs) pace.tell(one);
      else needs.onClaimLost(one);
      return isOurs;
    },
    close: () => pace.close(),
  };
}

/** When what is told and stored. */
interface Pace {
  /** Soon. */
  moved(one: ActiveTask): void;
  /** Now. */
  tell(one: ActiveTask): void;
  store(some: readonly ActiveTask[]): Promise<void>;
  /** It ends: its progress is a part of its end. */
  forget(one: ActiveTask): void;
  close(): Promise<void>;
}

function createPace(needs: Needs, find: (upid: string) => TaskPlace | undefined): Pace {
  const { clock, events } = needs;
  const due = new Map<ActiveTask, number>(); // To be stored; the value is when it was last.
  const untold = new Set<ActiveTask>();
  const closing = new AbortController();
  let ticking = false;

  const tell = (one: ActiveTask): void => {
    untold.delete(one);
    const task = needs.present(one);
    one.toldWait = task.wait === undefined ? "" : shortOf(task.wait);
    const shown = withoutBulk(task);
    events.recordTask(shown, withoutForeignHolders(shown, find));
  };
  const store = async (some: readonly ActiveTask[]): Promise<void> => {
    if (some.length === 0) return;
    for (const one of some) due.set(one, clock.elapsedMs());
    const refused = new Set(await needs.queue.save(some.map(recordFromActive)));
    for (const one of some) {
      due.delete(one);
      // An end that came meanwhile is stored by itself, and is what refuses.
      if (refused.has(one.taskId) && !one.ending) needs.onClaimLost(one);
    }
  };
  const tick = async (): Promise<void> => {
    await clock.sleep(EVENT_INTERVAL_MS, closing.signal);
    ticking = false;
    const now = clock.elapsedMs();
    for (const one of untold) tell(one);
    const old = [...due].filter(([, lastMs]) => now - lastMs >= STORE_INTERVAL_MS).map(([one]) => one);
    await store(old).catch((cause: unknown) => {
      for (const one of old) needs.onStoreFailure(one.task.upid, cause);
    });
    if (due.size > 0) wake();
  };
  const wake = (): void => {
    if (ticking) return;
    ticking = true;
    tick().catch((cause: unknown) => {
      if (!isCancelled(cause)) throw cause;
    });
  };
  return {
    tell,
    store,
    moved: (one) => {
      untold.add(one);
      if (!due.has(one)) due.set(one, clock.elapsedMs());
      wake();
    },
    forget: (one) => {
      due.delete(one);
      untold.delete(one);
    },
    close: async () => {
      closing.abort();
      await store([...due.keys()]);
    },
  };
}

/** A final state that the store refuses is tried again for as long as the server lives. */
async function persistEnd(needs: Needs, record: TaskRecord, retry: TaskRecord | undefined): Promise<boolean> {
  for (;;) {
    try {
      return await needs.queue.finish(record, { retry });
    } catch (cause) {
      needs.onStoreFailure(record.task.upid, cause);
      await needs.clock.sleep(STORE_INTERVAL_MS);
    }
  }
}

/** The task as lists and events carry it. */
export function withoutBulk(task: Task): Task {
  if (task.statistics === undefined || task.statistics.kind !== "verify") return task;
  if (JSON.stringify(task.statistics).length <= STATISTICS_LENGTH_MAX) return task;
  const { statistics: _statistics, ...rest } = task;
  return rest;
}
