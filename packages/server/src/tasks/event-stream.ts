/**
 * The facts of the house in their order, numbered without gaps, the newest kept in memory.
 *
 * A reader that comes back with its last number gets everything after it, or learns that it is gone (`reset`). Numbers
 * start above every number of an earlier life of the server, so an old number can never be mistaken for a new one.
 * Each fact is written to JSON once, however many read it.
 */

import type { Clock } from "@ironcore-backup/base";
import type { Event, Task, TaskLogLine } from "@ironcore-backup/protocol";

const EVENT_COUNT_MAX = 20_000;
const EVENTS_SIZE_BYTES_MAX = 32 * 1024 * 1024;

export interface RecordedEvent {
  readonly sequence: number;
  readonly kind: Event["kind"];
  readonly upid: string | undefined;
  /** The event of the protocol. */
  readonly json: string;
}

export interface EventStream {
  recordTask(task: Task): void;
  recordLines(upid: string, lines: readonly TaskLogLine[]): void;
  /** Number of the newest fact. */
  sequence(): number;
  /** Facts after this number, oldest first, or `reset` when some of them are gone or it was never given out. */
  readAfter(sequence: number): readonly RecordedEvent[] | "reset";
  resetEvent(): RecordedEvent;
  /** Calls back for each new fact until the returned function is called. */
  subscribe(listener: (event: RecordedEvent) => void): () => void;
}

type NewFact =
  | { readonly kind: "task-changed"; readonly upid: string; readonly task: Task }
  | { readonly kind: "task-logged"; readonly upid: string; readonly lines: readonly TaskLogLine[] };

export function createEventStream(needs: { readonly clock: Clock }): EventStream {
  // Thousandths of a millisecond: no server tells a million facts a second over its life.
  let sequence = needs.clock.now() * 1000;
  let sizeBytes = 0;
  const kept = new Map<number, RecordedEvent>();
  const listeners = new Set<(event: RecordedEvent) => void>();

  const forgetOldest = (): void => {
    for (const [oldest, event] of kept) {
      if (kept.size <= EVENT_COUNT_MAX && (sizeBytes <= EVENTS_SIZE_BYTES_MAX || kept.size === 1)) return;
      kept.delete(oldest);
      sizeBytes -= event.json.length;
    }
  };
  const record = (fact: NewFact): void => {
    sequence++;
    const json = JSON.stringify({ sequence, at: needs.clock.now(), ...fact });
    const event: RecordedEvent = { sequence, kind: fact.kind, upid: fact.upid, json };
    kept.set(sequence, event);
    sizeBytes += json.length;
    forgetOldest();
    for (const listener of listeners) listener(event);
  };

  return {
    recordTask: (task) => record({ kind: "task-changed", upid: task.upid, task }),
    recordLines: (upid, lines) => record({ kind: "task-logged", upid, lines }),
    sequence: () => sequence,
    readAfter: (after) => {
      if (after > sequence || after < sequence - kept.size) return "reset";
      const events: RecordedEvent[] = [];
      for (let wanted = after + 1; wanted <= sequence; wanted++) {
        const event = kept.get(wanted);
        if (event !== undefined) events.push(event);
      }
      return events;
    },
    resetEvent: () => ({
      sequence,
      kind: "stream-reset",
      upid: undefined,
      json: JSON.stringify({ sequence, at: needs.clock.now(), kind: "stream-reset" }),
    }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
