/** `/ping`, `/login`, `/logout`, `/whoami`. */

import type { SomeHandlers } from "./handler.ts";

export const sessionHandlers: SomeHandlers<"ping" | "login" | "logout" | "whoami"> = {
  ping: async () => ({ pong: true }),
  login: ({ access }, { body, address }) => access.login({ ...body, address }),
  logout: async ({ access }, { caller }) => {
    await access.logout(caller);
    return null;
  },
  whoami: async (_needs, { caller: { authId, role, via } }) => ({ authId, role, via }),
};
