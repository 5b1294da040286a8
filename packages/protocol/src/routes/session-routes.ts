/** Signing in and out. */

import { calls } from "../call-table.ts";
import { LoginRequestSchema, LoginSchema, WhoamiSchema } from "../access.ts";
import { nothing, route } from "./route.ts";

export const sessionRoutes = {
  login: route({
    ...calls.login,
    summary:
      "Exchanges user name and password for a session: a token for `Authorization: Bearer …`, or a cookie",
    body: LoginRequestSchema,
    status: 200,
    response: LoginSchema,
    authenticated: false,
  }),
  logout: route({
    ...calls.logout,
    summary: "Ends the caller's session",
    status: 204,
    response: nothing,
  }),
  whoami: route({
    ...calls.whoami,
    summary: "Who the caller is and what they may do",
    status: 200,
    response: WhoamiSchema,
  }),
} as const;
