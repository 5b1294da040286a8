/** `/roles`. */

import type { SomeHandlers } from "./handler.ts";

export const roleHandlers: SomeHandlers<"listRoles" | "createRole" | "updateRole" | "removeRole"> = {
  listRoles: ({ access }) => access.roles.list(),
  createRole: ({ access }, { caller, body }) => access.roles.create(caller, body),
  updateRole: ({ access }, { caller, params, body }) => access.roles.update(caller, params.role, body),
  removeRole: async ({ access }, { caller, params }) => {
    await access.roles.remove(caller, params.role);
    return null;
  },
};
