/** `/ping`, `/login`, `/logout`, `/whoami`. */

import { formatSessionCookie } from "../access/proof.ts";
import { SESSION_LIFE_MS } from "../access/session-life.ts";
import type { SomeHandlers } from "./handler.ts";
import { addressKey } from "./rate-limit.ts";

export const sessionHandlers: SomeHandlers<"ping" | "login" | "logout" | "whoami"> = {
  ping: async () => ({ pong: true }),
  login: async ({ access }, { body, address, requestId, setHeader }) => {
    const subject = { request: body, address, addressKey: addressKey(address), requestId };
    const { login, cookieToken } = await access.login(subject);
    if (cookieToken !== undefined)
      setHeader("set-cookie", formatSessionCookie(cookieToken, SESSION_LIFE_MS / 1000));
    return login;
  },
  logout: async ({ access }, { caller, setHeader }) => {
    await access.logout(caller);
    if (caller.via === "cookie") setHeader("set-cookie", formatSessionCookie("", 0));
    return null;
  },
  whoami: async ({ access }, { caller }) => access.whoami(caller),
};
