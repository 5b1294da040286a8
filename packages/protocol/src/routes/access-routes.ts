/** Users, tokens, projects, roles, grants, audit. */

import { Type } from "typebox";
import { calls } from "../call-table.ts";
import {
  ApiTokenCreateSchema,
  ApiTokenSchema,
  AuditListSchema,
  AuditQuerySchema,
  CreatedApiTokenSchema,
  GrantCreateSchema,
  GrantSchema,
  ProjectCreateSchema,
  ProjectSchema,
  ProjectUpdateSchema,
  RoleCreateSchema,
  RoleSchema,
  RoleUpdateSchema,
  UserCreateSchema,
  UserSchema,
  UserUpdateSchema,
} from "../access.ts";
import { NameSchema, strictObject } from "../shapes.ts";
import { nothing, route } from "./route.ts";

const UserParams = strictObject({ user: NameSchema });
const TokenParams = strictObject({ token: NameSchema });
const ProjectParams = strictObject({ project: NameSchema });
const RoleParams = strictObject({ role: NameSchema });
const GrantParams = strictObject({ grant: NameSchema });
const UserQuery = strictObject({ user: Type.Optional(NameSchema) });

export const accessRoutes = {
  listUsers: route({
    ...calls.listUsers,
    summary: "All users",
    status: 200,
    response: Type.Array(UserSchema),
  }),
  createUser: route({
    ...calls.createUser,
    summary: "Creates a user, who may do nothing yet",
    body: UserCreateSchema,
    status: 201,
    response: UserSchema,
  }),
  getUser: route({
    ...calls.getUser,
    summary: "One user",
    params: UserParams,
    status: 200,
    response: UserSchema,
  }),
  updateUser: route({
    ...calls.updateUser,
    summary: "Changes a user; a new password ends their sessions",
    params: UserParams,
    body: UserUpdateSchema,
    status: 200,
    response: UserSchema,
  }),
  removeUser: route({
    ...calls.removeUser,
    summary: "Removes a user with their tokens, sessions and grants",
    params: UserParams,
    status: 204,
    response: nothing,
  }),
  listApiTokens: route({
    ...calls.listApiTokens,
    summary: "API tokens: the caller's own, or of the user that is named",
    query: UserQuery,
    status: 200,
    response: Type.Array(ApiTokenSchema),
  }),
  createApiToken: route({
    ...calls.createApiToken,
    summary: "Creates an API token; its secret is in this answer and nowhere else",
    body: ApiTokenCreateSchema,
    status: 201,
    response: CreatedApiTokenSchema,
    answersSecret: true,
  }),
  removeApiToken: route({
    ...calls.removeApiToken,
    summary: "Revokes an API token at once",
    params: TokenParams,
    status: 204,
    response: nothing,
  }),
  listProjects: route({
    ...calls.listProjects,
    summary: "Projects that the caller may see",
    status: 200,
    response: Type.Array(ProjectSchema),
  }),
  createProject: route({
    ...calls.createProject,
    summary: "Creates a project",
    body: ProjectCreateSchema,
    status: 201,
    response: ProjectSchema,
  }),
  getProject: route({
    ...calls.getProject,
    summary: "One project with its members",
    params: ProjectParams,
    status: 200,
    response: ProjectSchema,
  }),
  updateProject: route({
    ...calls.updateProject,
    summary: "Changes a project",
    params: ProjectParams,
    body: ProjectUpdateSchema,
    status: 200,
    response: ProjectSchema,
  }),
  removeProject: route({
    ...calls.removeProject,
    summary: "Removes a project and its grants; its tasks stay in the history",
    params: ProjectParams,
    status: 204,
    response: nothing,
  }),
  listRoles: route({
    ...calls.listRoles,
    summary: "Built-in and custom roles",
    status: 200,
    response: Type.Array(RoleSchema),
  }),
  createRole: route({
    ...calls.createRole,
    summary: "Creates a custom role",
    body: RoleCreateSchema,
    status: 201,
    response: RoleSchema,
  }),
  updateRole: route({
    ...calls.updateRole,
    summary: "Changes a custom role",
    params: RoleParams,
    body: RoleUpdateSchema,
    status: 200,
    response: RoleSchema,
  }),
  removeRole: route({
    ...calls.removeRole,
    summary: "Removes a custom role that nothing grants",
    params: RoleParams,
    status: 204,
    response: nothing,
  }),
  listGrants: route({
    ...calls.listGrants,
    summary: "Grants that the caller may see",
    query: UserQuery,
    status: 200,
    response: Type.Array(GrantSchema),
  }),
  createGrant: route({
    ...calls.createGrant,
    summary: "Grants a role; nobody grants more than they have",
    body: GrantCreateSchema,
    status: 201,
    response: GrantSchema,
  }),
  removeGrant: route({
    ...calls.removeGrant,
    summary: "Takes a grant back",
    params: GrantParams,
    status: 204,
    response: nothing,
  }),
  listAudit: route({
    ...calls.listAudit,
    summary: "Who changed what, newest first",
    query: AuditQuerySchema,
    status: 200,
    response: AuditListSchema,
  }),
} as const;
