/** Users, projects, roles, grants, tokens, sessions and the audit log as they travel. No secret is ever in an answer but once. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CommentSchema, InstantSchema, NameSchema, pageQuery, strictObject, words } from "./shapes.ts";
import { RunningTaskCountMaxSchema } from "./datastore.ts";
import { PRIVILEGES, SCOPE_KINDS } from "./access-words.ts";

export const PrivilegeSchema = words(PRIVILEGES);

export const LoginRequestSchema = strictObject(
  {
    /** `admin@ibs` */
    user: NameSchema,
    password: Type.String({ minLength: 1, maxLength: 1024 }),
    /** `cookie`: for a browser. The session comes as a cookie that no script can read, and the answer has no token. */
    via: Type.Optional(words(["token", "cookie"])),
  },
  "LoginRequest",
);
export type LoginRequest = Static<typeof LoginRequestSchema>;

export const LoginSchema = strictObject(
  {
    /** Shown once; the server keeps its hash. Absent with a cookie. */
    token: Type.Optional(Type.String()),
    /** To be sent back as `X-CSRF-Token` with every change; only with a cookie. */
    csrfToken: Type.Optional(Type.String()),
    authId: Type.String(),
    expiresAt: InstantSchema,
  },
  "Login",
);
export type Login = Static<typeof LoginSchema>;

/** Where a grant holds: everywhere, in a project, on a datastore, in a namespace of one (`DATASTORE:NAMESPACE`). */
export const ScopeSchema = strictObject(
  {
    kind: words(SCOPE_KINDS),
    /** Project, datastore, or `DATASTORE:NAMESPACE`; empty for the platform. */
    name: Type.String({ maxLength: 512 }),
  },
  "Scope",
);
export type Scope = Static<typeof ScopeSchema>;

export const GrantSchema = strictObject(
  {
    id: Type.String(),
    /** A user, or a token of one, whose rights are then this grant and never more than its owner's. */
    authId: Type.String(),
    role: Type.String(),
    scope: ScopeSchema,
    createdAt: InstantSchema,
    createdBy: Type.String(),
  },
  "Grant",
);
export type Grant = Static<typeof GrantSchema>;

export const GrantCreateSchema = strictObject(
  { authId: NameSchema, role: NameSchema, scope: ScopeSchema },
  "GrantCreate",
);
export type GrantCreate = Static<typeof GrantCreateSchema>;

export const WhoamiSchema = strictObject(
  {
    authId: Type.String(),
    /** How the caller proved it. */
    via: words(["local-token", "session", "cookie", "api-token"]),
    grants: Type.Array(
      strictObject({ role: Type.String(), scope: ScopeSchema, privileges: Type.Array(PrivilegeSchema) }),
    ),
    /** What the caller may do everywhere. */
    platformPrivileges: Type.Array(PrivilegeSchema),
    /** Projects with a grant of the caller's own. */
    projects: Type.Array(Type.String()),
    /** With a cookie session only, so that a reloaded page can go on. */
    csrfToken: Type.Optional(Type.String()),
    expiresAt: Type.Optional(InstantSchema),
  },
  "Whoami",
);
export type Whoami = Static<typeof WhoamiSchema>;

export const UserSchema = strictObject(
  {
    authId: Type.String(),
    enabled: Type.Boolean(),
    comment: Type.Optional(Type.String()),
    email: Type.Optional(Type.String()),
    createdAt: InstantSchema,
    lastLoginAt: Type.Optional(InstantSchema),
  },
  "User",
);
export type User = Static<typeof UserSchema>;
const PasswordSchema = Type.String({ minLength: 10, maxLength: 1024 });
export const UserCreateSchema = strictObject(
  {
    authId: NameSchema,
    password: PasswordSchema,
    comment: Type.Optional(CommentSchema),
    email: Type.Optional(Type.String({ maxLength: 320 })),
  },
  "UserCreate",
);
export type UserCreate = Static<typeof UserCreateSchema>;
export const UserUpdateSchema = strictObject(
  {
    enabled: Type.Optional(Type.Boolean()),
    comment: Type.Optional(Type.Union([CommentSchema, Type.Null()])),
    email: Type.Optional(Type.Union([Type.String({ maxLength: 320 }), Type.Null()])),
    /** Ends every session of the user. Somebody who changes their own must know the old one. */
    password: Type.Optional(PasswordSchema),
    oldPassword: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  "UserUpdate",
);
export type UserUpdate = Static<typeof UserUpdateSchema>;

export const ApiTokenSchema = strictObject(
  {
    /** `user@realm!name` */
    authId: Type.String(),
    enabled: Type.Boolean(),
    comment: Type.Optional(Type.String()),
    createdAt: InstantSchema,
    expiresAt: Type.Optional(InstantSchema),
    lastUsedAt: Type.Optional(InstantSchema),
  },
  "ApiToken",
);
export type ApiToken = Static<typeof ApiTokenSchema>;
export const ApiTokenCreateSchema = strictObject(
  {
    /** Owner; absent: the caller. */
    user: Type.Optional(NameSchema),
    name: NameSchema,
    expiresAt: Type.Optional(InstantSchema),
    comment: Type.Optional(CommentSchema),
  },
  "ApiTokenCreate",
);
export type ApiTokenCreate = Static<typeof ApiTokenCreateSchema>;
export const CreatedApiTokenSchema = strictObject(
  {
    token: ApiTokenSchema,
    /** Shown this once; sent as `Authorization: Bearer SECRET`. */
    secret: Type.String(),
  },
  "CreatedApiToken",
);
export type CreatedApiToken = Static<typeof CreatedApiTokenSchema>;

export const ProjectSchema = strictObject(
  {
    name: Type.String(),
    comment: Type.Optional(Type.String()),
    createdAt: InstantSchema,
    runningTaskCountMax: Type.Optional(RunningTaskCountMaxSchema),
    members: Type.Array(strictObject({ authId: Type.String(), role: Type.String() })),
  },
  "Project",
);
export type Project = Static<typeof ProjectSchema>;
export const ProjectCreateSchema = strictObject(
  {
    name: NameSchema,
    comment: Type.Optional(CommentSchema),
    runningTaskCountMax: Type.Optional(RunningTaskCountMaxSchema),
  },
  "ProjectCreate",
);
export type ProjectCreate = Static<typeof ProjectCreateSchema>;
export const ProjectUpdateSchema = strictObject(
  {
    comment: Type.Optional(Type.Union([CommentSchema, Type.Null()])),
    runningTaskCountMax: Type.Optional(Type.Union([RunningTaskCountMaxSchema, Type.Null()])),
  },
  "ProjectUpdate",
);
export type ProjectUpdate = Static<typeof ProjectUpdateSchema>;

export const RoleSchema = strictObject(
  {
    name: Type.String(),
    /** Comes with the product and cannot be changed. */
    builtIn: Type.Boolean(),
    comment: Type.Optional(Type.String()),
    privileges: Type.Array(PrivilegeSchema),
  },
  "Role",
);
export type Role = Static<typeof RoleSchema>;
export const RoleCreateSchema = strictObject(
  {
    name: NameSchema,
    comment: Type.Optional(CommentSchema),
    privileges: Type.Array(PrivilegeSchema, { minItems: 1, maxItems: PRIVILEGES.length }),
  },
  "RoleCreate",
);
export type RoleCreate = Static<typeof RoleCreateSchema>;
export const RoleUpdateSchema = strictObject(
  {
    comment: Type.Optional(Type.Union([CommentSchema, Type.Null()])),
    privileges: Type.Optional(Type.Array(PrivilegeSchema, { minItems: 1, maxItems: PRIVILEGES.length })),
  },
  "RoleUpdate",
);
export type RoleUpdate = Static<typeof RoleUpdateSchema>;

/** One change or login. What was changed is named, values that are secret are not there. */
export const AuditEntrySchema = strictObject(
  {
    id: Type.Integer({ minimum: 1 }),
    at: InstantSchema,
    /** Who did it; for a failed login, who it claimed to be. */
    authId: Type.String(),
    address: Type.String(),
    requestId: Type.Optional(Type.String()),
    /** `user.created`, `login.failed`, `task.cancelled` … */
    action: Type.String(),
    /** What it was done to. */
    subject: Type.String(),
    outcome: words(["done", "refused"]),
    detail: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  },
  "AuditEntry",
);
export type AuditEntry = Static<typeof AuditEntrySchema>;
export const AuditQuerySchema = strictObject({
  user: Type.Optional(NameSchema),
  action: Type.Optional(Type.String({ maxLength: 64 })),
  since: Type.Optional(InstantSchema),
  until: Type.Optional(InstantSchema),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  ...pageQuery,
});
export type AuditQuery = Static<typeof AuditQuerySchema>;
export const AuditListSchema = strictObject(
  {
    entries: Type.Array(AuditEntrySchema),
    nextCursor: Type.Optional(Type.String()),
  },
  "AuditList",
);
export type AuditList = Static<typeof AuditListSchema>;
