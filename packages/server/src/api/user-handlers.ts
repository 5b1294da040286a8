/** `/users`. */

import type { SomeHandlers } from "./handler.ts";

export const userHandlers: SomeHandlers<
  "listUsers" | "createUser" | "getUser" | "updateUser" | "removeUser"
> = {
  listUsers: ({ access }, { caller }) => access.users.list(caller),
  createUser: ({ access }, { caller, body }) => access.users.create(caller, body),
  getUser: ({ access }, { caller, params }) => access.users.get(caller, params.user),
  updateUser: ({ access }, { caller, params, body }) => access.users.update(caller, params.user, body),
  removeUser: async ({ access }, { caller, params }) => {
    await access.users.remove(caller, params.user);
    return null;
  },
};
