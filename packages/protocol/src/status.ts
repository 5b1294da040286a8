/** What the server says of itself. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CountSchema, InstantSchema, strictObject } from "./shapes.ts";

export const ServiceSchema = strictObject(
  {
    name: Type.String(),
    state: Type.Union([Type.Literal("running"), Type.Literal("stopped"), Type.Literal("failed")]),
    detail: Type.String(),
  },
  "Service",
);
export const StatusSchema = strictObject(
  {
    version: Type.String(),
    node: Type.String(),
    startedAt: InstantSchema,
    fingerprint: Type.String(),
    queuedTaskCount: CountSchema,
    runningTaskCount: CountSchema,
    slotCount: CountSchema,
    freeSlotCount: CountSchema,
    datastoreCount: CountSchema,
    services: Type.Array(ServiceSchema),
  },
  "Status",
);
export type Status = Static<typeof StatusSchema>;

/** Ready: requests can be served and tasks can be queued. Each check says what it looked at. */
export const HealthSchema = strictObject(
  {
    status: Type.Union([Type.Literal("ok"), Type.Literal("failing")]),
    checks: Type.Array(strictObject({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
  },
  "Health",
);
export type Health = Static<typeof HealthSchema>;
