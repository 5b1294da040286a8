/** `/tokens`. */

import type { SomeHandlers } from "./handler.ts";

export const tokenHandlers: SomeHandlers<"listApiTokens" | "createApiToken" | "removeApiToken"> = {
  listApiTokens: ({ access }, { caller, query }) => access.tokens.list(caller, query.user),
  createApiToken: ({ access }, { caller, body }) => access.tokens.create(caller, body),
  removeApiToken: async ({ access }, { caller, params }) => {
    await access.tokens.remove(caller, params.token);
    return null;
  },
};
