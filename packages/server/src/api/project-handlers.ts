/** `/projects`. */

import type { SomeHandlers } from "./handler.ts";

export const projectHandlers: SomeHandlers<
  "listProjects" | "createProject" | "getProject" | "updateProject" | "removeProject"
> = {
  listProjects: ({ access }, { caller }) => access.projects.list(caller),
  createProject: ({ access }, { caller, body }) => access.projects.create(caller, body),
  getProject: ({ access }, { caller, params }) => access.projects.get(caller, params.project),
  updateProject: async ({ access, workers }, { caller, params, body }) => {
    const project = await access.projects.update(caller, params.project, body);
    // A higher limit lets waiting tasks start.
    workers.wake();
    return project;
  },
  removeProject: async ({ access }, { caller, params }) => {
    await access.projects.remove(caller, params.project);
    return null;
  },
};
