/**
 * The facts that the event stream tells, numbered without gaps by the server that tells them. State is a fold over
 * events: `task-changed` carries the whole task, so a reader that missed some needs only the next one.
 */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, InstantSchema, strictObject } from "./shapes.ts";
import { TaskLogLineSchema, TaskSchema } from "./task.ts";

export const EventSchema = Type.Union([
  strictObject({
    sequence: CountSchema,
    at: InstantSchema,
    kind: Type.Literal("task-changed"),
    upid: Type.String(),
    task: TaskSchema,
  }),
  strictObject({
    sequence: CountSchema,
    at: InstantSchema,
    kind: Type.Literal("task-logged"),
    upid: Type.String(),
    lines: Type.Array(TaskLogLineSchema),
  }),
  /** The reader fell behind or asked for facts that are gone: it must fetch the state anew and go on from here. */
  strictObject({ sequence: CountSchema, at: InstantSchema, kind: Type.Literal("stream-reset") }),
]);
export type Event = Static<typeof EventSchema>;

export const EventQuerySchema = strictObject({
  /** Only facts about this task. */
  upid: Type.Optional(Type.String({ maxLength: 2048 })),
  /** Same as the `Last-Event-ID` header. */
  after: Type.Optional(CountSchema),
});
export type EventQuery = Static<typeof EventQuerySchema>;
