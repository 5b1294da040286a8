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
import { encodeLogLine } from "./log-line.ts";

const FACT_COUNT_MAX = 20_000;
const FACTS_SIZE_BYTES_MAX = 32 * 1024 * 1024;
const LINE_BATCH_COUNT_MAX = 20_000;
const LINES_SIZE_BYTES_MAX = 16 * 1024 * 1024;
/** A batch of log lines travels as several facts when it is longer than this. */
const LINES_FACT_LENGTH_MAX = 128 * 1024;

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
  recordInbox(): void;
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

type Without<One, Keys extends string> = One extends Event ? Omit<One, Keys> : never;
/** Log lines are encoded already, one by one, so that a long batch can be cut. */
type NewFact =
  | Without<Exclude<Event, { kind: "task-logged" | "stream-reset" }>, "sequence" | "at">
  | { readonly kind: "task-logged"; readonly upid: string; readonly lines: readonly string[] };

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
    fact: NewFact,
    about: { readonly task?: EventTask; readonly name?: string; readonly forGuests?: Task },
  ): void => {
    sequence++;
    const at = clock.now();
    const { kind } = fact;
    const { task, name, forGuests } = about;
    const frame = encodeFrame(sequence, { ...fact, at });
    const guestFrame =
      forGuests === undefined || kind !== "task-changed"
        ? frame
        : encodeFrame(sequence, { ...fact, task: forGuests, at });
    const event: RecordedEvent = { sequence, kind, task, name, frame, guestFrame };
    (kind === "task-logged" ? lines : facts).push(event);
    for (const listener of listeners) listener(event);
  };
  return {
    recordTask: (task, forGuests = task) =>
      record(
        { kind: "task-changed", upid: task.upid, task },
        { task: placeOf(task), ...(forGuests === task ? {} : { forGuests }) },
      ),
    recordLines: (task, some) => {
      const place = placeOf(task);
      for (const encoded of inPieces(some))
        record({ kind: "task-logged", upid: task.upid, lines: encoded }, { task: place });
    },
    recordDatastore: (name, datastore) =>
      record(
        { kind: "datastore-changed", name, ...(datastore === undefined ? {} : { datastore }) },
        { name },
      ),
    recordWorker: (name, worker) =>
      record({ kind: "worker-changed", name, ...(worker === undefined ? {} : { worker }) }, { name }),
    recordScheduler: (scheduler) => record({ kind: "scheduler-changed", scheduler }, {}),
    recordInbox: () => record({ kind: "inbox-changed" }, {}),
    sequence: () => sequence,
    read: (after, options) => readRings({ facts, lines, sequence }, after, options),
    resetFrame: () => encodeFrame(sequence, { kind: "stream-reset", at: clock.now() }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function encodeFrame(
  sequence: number,
  fact: (NewFact | { readonly kind: "stream-reset" }) & { readonly at: number },
): Buffer {
  return Buffer.from(`id: ${sequence}\nevent: ${fact.kind}\ndata: ${encodeFact(sequence, fact)}\n\n`);
}

function encodeFact(sequence: number, fact: NewFact | { readonly kind: "stream-reset" }): string {
  if (fact.kind !== "task-logged") return JSON.stringify({ sequence, ...fact });
  const { lines, ...rest } = fact;
  return `${JSON.stringify({ sequence, ...rest }).slice(0, -1)},"lines":[${lines.join(",")}]}`;
}

function* inPieces(lines: readonly TaskLogLine[]): Generator<string[]> {
  let piece: string[] = [];
  let length = 0;
  for (const line of lines) {
    const encoded = encodeLogLine(line);
    if (piece.length > 0 && length + encoded.length > LINES_FACT_LENGTH_MAX) {
      yield piece;
      piece = [];
      length = 0;
    }
    piece.push(encoded);
    length += encoded.length;
  }
  if (piece.length > 0) yield piece;
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
