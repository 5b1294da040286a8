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
import { insertTaskRecord, updateTaskRecord } from "../state/task-records.ts";
import type { TaskRecord } from "../state/task-records.ts";
import type { State } from "../state/database.ts";
import type { EventStream } from "./event-stream.ts";
import type { StageMeter } from "./stage-meter.ts";

const EVENT_INTERVAL_MS = 250;
const STORE_INTERVAL_MS = 1000;
/** Statistics of a large verify are megabytes; lists and events leave them to `GET /tasks/:upid`. */
const STATISTICS_LENGTH_MAX = 16_384;

export interface ActiveTask {
  readonly taskId: number;
  readonly parameters: unknown;
  readonly exclusiveKey: string | undefined;
  attempt: number;
  /** Stages are held by the meters while the task runs. */
  task: Task;
  meters: StageMeter[];
  /** Ended and being written down: takes no more reports. */
  ending: boolean;
}

export interface TaskLedger {
  /** Stores a new task. It is durable when the promise resolves. */
  add(record: TaskRecord): Promise<ActiveTask>;
  /** Takes over a task that the store already has. */
  adopt(record: TaskRecord): ActiveTask;
  find(upid: string): ActiveTask | undefined;
  /** Oldest first. */
  list(): readonly ActiveTask[];
  /** The task has moved a little: others may learn within a quarter of a second. */
  moved(active: ActiveTask): void;
  /** The task's state has changed: stores it, tells it. */
  changed(active: ActiveTask): Promise<void>;
  /** Stores the final state durably, tells it, lets go of the task. */
  ended(active: ActiveTask): Promise<void>;
  close(): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly events: EventStream;
  readonly present: (active: ActiveTask) => Task;
  /** The store refused a row; it is tried again. */
  readonly onStoreFailure: (upid: string, cause: unknown) => void;
}

export function createTaskLedger(needs: Needs): TaskLedger {
  const { state } = needs;
  const active = new Map<string, ActiveTask>();
  const pace = createPace(needs);
  const adopt = (record: TaskRecord): ActiveTask => {
    const one: ActiveTask = { ...record, meters: [], ending: false };
    active.set(record.task.upid, one);
    return one;
  };
  return {
    adopt,
    add: async (record) => {
      await insertTaskRecord(state.database, record);
      const one = adopt(record);
      await state.flush();
      pace.tell(one);
      return one;
    },
    find: (upid) => active.get(upid),
    list: () => [...active.values()],
    moved: (one) => {
      if (!one.ending) pace.moved(one);
    },
    changed: async (one) => {
      await pace.store(one);
      pace.tell(one);
    },
    ended: async (one) => {
      await persistEnd(needs, pace, one);
      active.delete(one.task.upid);
      pace.tell(one);
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
  store(one: ActiveTask): Promise<void>;
  close(): Promise<void>;
}

function createPace(needs: Needs): Pace {
  const { clock, events } = needs;
  const due = new Map<ActiveTask, number>(); // To be stored; the value is when it was last.
  const untold = new Set<ActiveTask>();
  const closing = new AbortController();
  let ticking = false;

  const tell = (one: ActiveTask): void => {
    untold.delete(one);
    events.recordTask(withoutBulk(needs.present(one)));
  };
  const store = async (one: ActiveTask): Promise<void> => {
    due.set(one, clock.elapsedMs());
    await updateTaskRecord(needs.state.database, recordOf(needs, one));
    due.delete(one);
  };
  const tick = async (): Promise<void> => {
    await clock.sleep(EVENT_INTERVAL_MS, closing.signal);
    ticking = false;
    const now = clock.elapsedMs();
    for (const one of untold) tell(one);
    for (const [one, lastMs] of due) {
      if (now - lastMs < STORE_INTERVAL_MS) continue;
      await store(one).catch((cause: unknown) => needs.onStoreFailure(one.task.upid, cause));
    }
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
    close: async () => {
      closing.abort();
      for (const one of due.keys()) await store(one);
    },
  };
}

/** A final state that the store refuses is tried again for as long as the server lives. */
async function persistEnd(needs: Needs, pace: Pace, one: ActiveTask): Promise<void> {
  for (;;) {
    try {
      await pace.store(one);
      await needs.state.flush();
      return;
    } catch (cause) {
      needs.onStoreFailure(one.task.upid, cause);
      await needs.clock.sleep(STORE_INTERVAL_MS);
    }
  }
}

function recordOf(needs: Needs, one: ActiveTask): TaskRecord {
  const { waitReason: _waitReason, ...task } = needs.present(one);
  return {
    taskId: one.taskId,
    attempt: one.attempt,
    exclusiveKey: one.exclusiveKey,
    parameters: one.parameters,
    task,
  };
}

/** The task as lists and events carry it. */
export function withoutBulk(task: Task): Task {
  if (task.statistics === undefined || task.statistics.kind !== "verify") return task;
  if (JSON.stringify(task.statistics).length <= STATISTICS_LENGTH_MAX) return task;
  const { statistics: _statistics, ...rest } = task;
  return rest;
}
