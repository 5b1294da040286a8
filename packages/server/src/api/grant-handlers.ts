/** `/grants`. */

import type { SomeHandlers } from "./handler.ts";

export const grantHandlers: SomeHandlers<"listGrants" | "createGrant" | "removeGrant"> = {
  listGrants: ({ access }, { caller, query }) => access.grants.list(caller, query.user),
  createGrant: ({ access }, { caller, body }) => access.grants.create(caller, body),
  removeGrant: async ({ access }, { caller, params, noteForAudit }) => {
    const { authId, role, scope } = await access.grants.remove(caller, params.grant);
    noteForAudit({ user: authId, role, scope: `${scope.kind} ${scope.name}`.trim() });
    return null;
  },
};
