/**
 * The facts that the event stream tells, numbered by the server that tells them. State is a fold over events:
 * each carries the whole thing that changed, so a reader that missed some needs only the next one.
 */

import { Type } from "typebox";
import type { Static, TProperties } from "typebox";
import { CountSchema, InstantSchema, NameSchema, strictObject } from "./shapes.ts";
import { DatastoreSchema } from "./datastore.ts";
import { TaskLogLineSchema, TaskSchema } from "./task.ts";
import { EVENT_KINDS } from "./task-words.ts";
import { SchedulerSchema, WorkerSchema } from "./worker.ts";

function fact<Kind extends string, Properties extends TProperties>(kind: Kind, properties: Properties) {
  return strictObject({
    sequence: CountSchema,
    at: InstantSchema,
    kind: Type.Literal(kind),
    ...properties,
  });
}

export const EventSchema = Type.Union([
  fact("task-changed", { upid: Type.String(), task: TaskSchema }),
  fact("task-logged", { upid: Type.String(), lines: Type.Array(TaskLogLineSchema) }),
  fact("datastore-changed", {
    name: Type.String(),
    /** Absent when it was removed. */
    datastore: Type.Optional(DatastoreSchema),
  }),
  fact("worker-changed", {
    name: Type.String(),
    /** Absent when it is gone. */
    worker: Type.Optional(WorkerSchema),
  }),
  fact("scheduler-changed", { scheduler: SchedulerSchema }),
  /** Notices came, changed or were read: who shows them should look again. Told at most once a second. */
  fact("inbox-changed", {}),
  /** The reader fell behind or asked for facts that are gone: it must fetch the state anew and go on from here. */
  fact("stream-reset", {}),
]);
export type Event = Static<typeof EventSchema>;

const kindPattern = `(?:${EVENT_KINDS.join("|")})`;

/** A reader gets only what it asks for and may see. Log lines come only of tasks named in `upid` or `logOf`. */
export const EventQuerySchema = strictObject({
  /** Only facts about this task, its log lines among them. */
  upid: Type.Optional(Type.String({ maxLength: 2048 })),
  /** The log lines of these tasks beside all else that is asked for: UPIDs joined by spaces, eight at most. */
  logOf: Type.Optional(Type.String({ pattern: "^[^ ]+(?: [^ ]+){0,7}$", maxLength: 8192 })),
  /** Kinds of facts, joined by commas; absent: all. `stream-reset` comes always. */
  kinds: Type.Optional(Type.String({ pattern: `^${kindPattern}(?:,${kindPattern})*$`, maxLength: 256 })),
  datastore: Type.Optional(NameSchema),
  project: Type.Optional(NameSchema),
  /** Same as the `Last-Event-ID` header. */
  after: Type.Optional(CountSchema),
});
export type EventQuery = Static<typeof EventQuerySchema>;
