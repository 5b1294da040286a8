/**
 * The workers of this machine: one for each class of work, named `NODE/CLASS`, with slots of its own, so that a long
 * verification never keeps a backup waiting. class-pool.ts tells how one of them works.
 */

import type { Clock } from "@ironcore-backup/base";
import { TASK_CLASS_OF_TYPE, TASK_CLASSES } from "@ironcore-backup/protocol";
import type { Status, TaskClass, TaskType, Worker } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { deletePauseRecord, listPauseRecords, putPauseRecord } from "../state/pause-records.ts";
import type { EventStream } from "../tasks/event-stream.ts";
import type { Tasks } from "../tasks/tasks.ts";
import type { WorkerCapacity } from "../tasks/wait-graph.ts";
import { createBandwidth } from "./bandwidth.ts";
import { createClassPool } from "./class-pool.ts";
import type { ClassPool, ClassPoolLook, ClassPoolNeeds, ClassPoolOptions } from "./class-pool.ts";
import { createWorkerNews } from "./worker-news.ts";
import { describePause, viewService, viewWorker } from "./worker-view.ts";
import { openMeter } from "./meter.ts";
import type { Meter } from "./meter.ts";
import type { WorkerFacts } from "./worker-view.ts";

export type SlotCounts = Readonly<Record<TaskClass, number>>;

interface WorkersNeeds extends Omit<ClassPoolNeeds, "onMoved" | "bandwidth"> {
  /** Of a datastore, for all tasks that run on it; undefined: none. */
  readonly bandwidthLimitOf: (datastore: string) => number | undefined;
  readonly clock: Clock;
  readonly state: State;
  readonly tasks: Tasks;
  readonly events: Pick<EventStream, "recordWorker">;
}

interface WorkersOptions extends Pick<
  ClassPoolOptions,
  "entryUrl" | "registryUrl" | "environment" | "patience"
> {
  readonly slotCounts: SlotCounts;
  /** Types that the registry has an operation for. */
  readonly types: readonly TaskType[];
  readonly facts: WorkerFacts;
}

export interface Workers {
  start(): void;
  list(): Worker[];
  /** Finishes what runs and takes nothing new, also after a restart. @throws WORKER_NOT_FOUND */
  drain(name: string, by: { readonly authId: string; readonly reason: string | undefined }): Promise<Worker>;
  /** @throws WORKER_NOT_FOUND */
  resume(name: string): Promise<Worker>;
  /** There may be something to claim in any class. */
  wake(): void;
  /** Of the classes that take tasks now. */
  slots(): { readonly slotCount: number; readonly freeSlotCount: number };
  /** A datastore's limit on bandwidth may be another one. */
  limitsChanged(): void;
  /** For something that is no task: shares the datastore's limit with those that run. */
  meter(datastore: string): Meter;
  /** One line for each class. */
  services(): Status["services"];
  /** Takes no new task, ends the running ones as `SERVER_STOPPED`, ends the processes. Queued tasks stay queued. */
  stop(): Promise<void>;
}

// Long because it is the table of all that the room does.
export async function openWorkers(needs: WorkersNeeds, options: WorkersOptions): Promise<Workers> {
  const pauses = await listPauseRecords(needs.state.database);
  const bandwidth = createBandwidth({ clock: needs.clock, limitOf: needs.bandwidthLimitOf });
  needs.tasks.onLimitChanged((upid, limit) => bandwidth.setTaskLimit(upid, limit));
  const news = createWorkerNews({
    ...needs,
    tell: (worker) => needs.events.recordWorker(worker.name, worker),
  });
  const view = (pool: ClassPool): Worker => viewWorker(needs, pool.look(), options.facts);
  const pools = TASK_CLASSES.map((taskClass): ClassPool => {
    const name = `${options.facts.node}/${taskClass}`;
    const pool: ClassPool = createClassPool(
      {
        ...needs,
        bandwidth,
        onMoved: () => {
          needs.tasks.capacityChanged(capacitiesOf(pools));
          news.moved(name, () => view(pool));
        },
      },
      {
        ...options,
        class: taskClass,
        name,
        slotCount: options.slotCounts[taskClass],
        isUsed: options.types.some((type) => TASK_CLASS_OF_TYPE[type] === taskClass),
        drained: pauses.get(name),
      },
    );
    return pool;
  });
  const wake = (): void => {
    for (const pool of pools) pool.wake();
  };
  needs.tasks.onQueued(wake);
  needs.tasks.onCancelRequested((upid) => {
    for (const pool of pools) pool.cancel(upid);
  });
  needs.tasks.capacityChanged(capacitiesOf(pools));
  return {
    start: () => {
      for (const pool of pools) pool.start();
    },
    list: () => pools.map(view),
    drain: async (name, { authId, reason }) => {
      const pool = getPool(pools, name);
      const pause = { authId, reason, pausedAt: needs.clock.now() };
      await putPauseRecord(needs.state.database, name, pause);
      await needs.state.flush();
      pool.setDrained(pause);
      return view(pool);
    },
    resume: async (name) => {
      const pool = getPool(pools, name);
      await deletePauseRecord(needs.state.database, name);
      await needs.state.flush();
      pool.setDrained(undefined);
      return view(pool);
    },
    wake,
    limitsChanged: () => bandwidth.limitsChanged(),
    meter: (datastore) => openMeter(bandwidth, datastore),
    slots: () => sumSlots(pools.map((pool) => pool.look())),
    services: () => pools.map((pool) => viewService(pool.look())),
    stop: async () => {
      await Promise.all(pools.map((pool) => pool.stop()));
      news.close();
      bandwidth.close();
    },
  };
}

function getPool(pools: readonly ClassPool[], name: string): ClassPool {
  const pool = pools.find((one) => one.look().name === name);
  if (pool === undefined) throw serverErrors.WORKER_NOT_FOUND({ worker: name });
  return pool;
}

function capacitiesOf(pools: readonly ClassPool[]): ReadonlyMap<TaskClass, WorkerCapacity> {
  return new Map(pools.map((pool) => [pool.look().class, capacityOf(pool.look())]));
}

function capacityOf(look: ClassPoolLook): WorkerCapacity {
  const count = (...states: readonly string[]): number =>
    look.processes.filter((one) => states.includes(one.state)).length;
  // Slots that no operation uses are no slots for a task that waits.
  const slotCount = look.isUsed ? look.slotCount : 0;
  return {
    slotCount,
    freeSlotCount: Math.max(0, slotCount - count("busy")),
    readyCount: count("idle"),
    startingCount: count("starting"),
    closedBecause: look.isClosing ? "The server is stopping; the task runs when it starts again" : undefined,
    drainingBecause: drainingBecause(look),
  };
}

function sumSlots(looks: readonly ClassPoolLook[]): { slotCount: number; freeSlotCount: number } {
  const open = looks.filter((look) => !look.isClosing && look.drained === undefined).map(capacityOf);
  return {
    slotCount: open.reduce((sum, one) => sum + one.slotCount, 0),
    freeSlotCount: open.reduce((sum, one) => sum + one.freeSlotCount, 0),
  };
}

function drainingBecause({ drained, name }: ClassPoolLook): string | undefined {
  if (drained === undefined) return undefined;
  return `The worker ${name} takes nothing new: ${describePause("drained", drained)}`;
}
