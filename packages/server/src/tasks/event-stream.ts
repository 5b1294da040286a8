/**
 * The facts of the house in their order, numbered without gaps, the newest kept in memory.
 *
 * A reader that comes back with its last number gets everything after it, or learns that it is gone (`reset`). Numbers
 * start above every number of an earlier life of the server, so an old number can never be mistaken for a new one.
 * Each fact is written to bytes once, however many read it. Log lines have a ring of their own: a task that logs a
 * million lines makes nobody lose a fact who does not read that log.
 */

import type { Clock } from "@ironcore-backup/base";
import type {
  Datastore,
  Event,
  EventKind,
  Scheduler,
  Task,
  TaskLogLine,
  Worker,
} from "@ironcore-backup/protocol";
import type { TaskPlace } from "../state/task-visibility.ts";
import { isVisible, isWanted, wantsLines } from "./event-filter.ts";
import type { EventFilter, EventSight } from "./event-filter.ts";
import { EventRing } from "./event-ring.ts";

const FACT_COUNT_MAX = 20_000;
const FACTS_SIZE_BYTES_MAX = 32 * 1024 * 1024;
const LINE_BATCH_COUNT_MAX = 20_000;
const LINES_SIZE_BYTES_MAX = 16 * 1024 * 1024;

/** A task as far as filters and visibility need it. */
export type EventTask = TaskPlace & { readonly upid: string };

export interface RecordedEvent {
  readonly sequence: number;
  readonly kind: EventKind;
  /** Which task it is about. */
  readonly task: EventTask | undefined;
  /** Which datastore or worker it is about. */
  readonly name: string | undefined;
  /** The event of the protocol as it is sent: `id`, `event` and `data`, with the empty line behind them. */
  readonly frame: Buffer;
  /** The same for those who do not see every task. */
  readonly guestFrame: Buffer;
}

/** What one reader gets next. */
export type EventBatch =
  | {
      readonly outcome: "events";
      readonly frames: readonly Buffer[];
      readonly sizeBytes: number;
      /** Everything up to this number is read. */
      readonly upTo: number;
    }
  | { readonly outcome: "reset" };

export interface EventStream {
  /** @param forGuests  the task as it is shown to those who do not see every task */
  recordTask(task: Task, forGuests?: Task): void;
  /** The task need not be whole: `upid` and where it stands. The lines can be read already. */
  recordLines(task: EventTask, lines: readonly TaskLogLine[]): void;
  /** @param datastore  undefined when it was removed */
  recordDatastore(name: string, datastore: Datastore | undefined): void;
  /** @param worker  undefined when it is gone */
  recordWorker(name: string, worker: Worker | undefined): void;
  recordScheduler(scheduler: Scheduler): void;
  /** Number of the newest fact. */
  sequence(): number;
  /**
   * The facts after this number that pass, oldest first, until they are `sizeBytesMax` or more; `reset` when some of
   * them are gone or the number was never given out.
   */
  read(
    after: number,
    options: { readonly filter: EventFilter; readonly sight: EventSight; readonly sizeBytesMax: number },
  ): EventBatch;
  /** As it is sent. It carries the newest number: the reader goes on from there. */
  resetFrame(): Buffer;
  /** Calls back for each new fact until the returned function is called. */
  subscribe(listener: (event: RecordedEvent) => void): () => void;
}

type Fact = Event extends infer One ? (One extends Event ? Omit<One, "sequence" | "at"> : never) : never;

export function createEventStream(needs: { readonly clock: Clock }): EventStream {
  const { clock } = needs;
  // Thousandths of a millisecond: no server tells a million facts a second over its life.
  let sequence = clock.now() * 1000;
  const facts = new EventRing(sequence, { countMax: FACT_COUNT_MAX, sizeBytesMax: FACTS_SIZE_BYTES_MAX });
  const lines = new EventRing(sequence, {
    countMax: LINE_BATCH_COUNT_MAX,
    sizeBytesMax: LINES_SIZE_BYTES_MAX,
  });
  const listeners = new Set<(event: RecordedEvent) => void>();
  const record = (
    fact: Exclude<Fact, { kind: "stream-reset" }>,
    about: { readonly task?: EventTask; readonly name?: string; readonly forGuests?: Task },
  ): void => {
    sequence++;
    const at = clock.now();
    const frame = encodeFrame({ sequence, at, ...fact });
    const { forGuests } = about;
    const event: RecordedEvent = {
      sequence,
      kind: fact.kind,
      task: about.task,
      name: about.name,
      frame,
      guestFrame:
        forGuests === undefined || fact.kind !== "task-changed"
          ? frame
          : encodeFrame({ sequence, at, ...fact, task: forGuests }),
    };
    (fact.kind === "task-logged" ? lines : facts).push(event);
    for (const listener of listeners) listener(event);
  };
  return {
    recordTask: (task, forGuests = task) =>
      record(
        { kind: "task-changed", upid: task.upid, task },
        { task: placeOf(task), ...(forGuests === task ? {} : { forGuests }) },
      ),
    recordLines: (task, some) =>
      record({ kind: "task-logged", upid: task.upid, lines: [...some] }, { task: placeOf(task) }),
    recordDatastore: (name, datastore) =>
      record(
        { kind: "datastore-changed", name, ...(datastore === undefined ? {} : { datastore }) },
        { name },
      ),
    recordWorker: (name, worker) =>
      record({ kind: "worker-changed", name, ...(worker === undefined ? {} : { worker }) }, { name }),
    recordScheduler: (scheduler) => record({ kind: "scheduler-changed", scheduler }, {}),
    sequence: () => sequence,
    read: (after, options) => readRings({ facts, lines, sequence }, after, options),
    resetFrame: () => encodeFrame({ sequence, at: clock.now(), kind: "stream-reset" }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function encodeFrame(event: Event): Buffer {
  return Buffer.from(`id: ${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** Only what is needed: the ring must not keep whole tasks alive. */
function placeOf(task: EventTask): EventTask {
  const { upid, datastore, namespace, authId, project } = task;
  return { upid, datastore, namespace, authId, ...(project === undefined ? {} : { project }) };
}

interface Rings {
  readonly facts: EventRing;
  readonly lines: EventRing;
  readonly sequence: number;
}

function readRings(
  { facts, lines, sequence }: Rings,
  after: number,
  options: { readonly filter: EventFilter; readonly sight: EventSight; readonly sizeBytesMax: number },
): EventBatch {
  const { filter, sight, sizeBytesMax } = options;
  const withLines = wantsLines(filter);
  const forgottenUpTo = withLines ? Math.max(facts.forgottenUpTo, lines.forgottenUpTo) : facts.forgottenUpTo;
  if (after > sequence || after < forgottenUpTo) return { outcome: "reset" };
  const frames: Buffer[] = [];
  let sizeBytes = 0;
  let factAt = facts.positionAfter(after);
  let linesAt = withLines ? lines.positionAfter(after) : Infinity;
  for (;;) {
    const fact = facts.at(factAt);
    const batch = withLines ? lines.at(linesAt) : undefined;
    const next = batch === undefined || (fact !== undefined && fact.sequence < batch.sequence) ? fact : batch;
    if (next === undefined) return { outcome: "events", frames, sizeBytes, upTo: sequence };
    if (next === fact) factAt++;
    else linesAt++;
    if (!isWanted(filter, next) || !isVisible(sight, next)) continue;
    const frame = sight.tasks.everything ? next.frame : next.guestFrame;
    frames.push(frame);
    sizeBytes += frame.length;
    if (sizeBytes >= sizeBytesMax) return { outcome: "events", frames, sizeBytes, upTo: next.sequence };
  }
}
