/** What the server says of itself. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import { strictObject } from "../shapes.ts";
import { HealthSchema, StatusSchema } from "../status.ts";
import { route } from "./route.ts";

export const statusRoutes = {
  ping: route({
    ...calls.ping,
    summary: "Answers when the server listens",
    status: 200,
    response: strictObject({ pong: Type.Literal(true) }),
    authenticated: false,
  }),
  getHealth: route({
    ...calls.getHealth,
    summary: "Whether the process works; details only for who may read the status",
    status: 200,
    response: HealthSchema,
    failingStatus: 503,
    authenticated: false,
  }),
  getReadiness: route({
    ...calls.getReadiness,
    summary: "Whether requests are served and tasks can be queued",
    status: 200,
    response: HealthSchema,
    failingStatus: 503,
    authenticated: false,
  }),
  getStatus: route({
    ...calls.getStatus,
    summary: "Version, slots, services",
    status: 200,
    response: StatusSchema,
  }),
} as const;
