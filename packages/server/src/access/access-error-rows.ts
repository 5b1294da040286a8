/** What access refuses, and what is wrong with what access was asked to keep. */

import { errorEntry } from "@ironcore-backup/base";

export const accessErrorRows = {
  UNAUTHENTICATED: errorEntry(
    "never",
    (c: { reason: string }) => `Not signed in: ${c.reason}`,
    "Sign in with `ironcore-backup login`, or run the command as the user who runs the server.",
  ),
  CSRF_TOKEN_WRONG: errorEntry(
    "never",
    (_c: Record<never, never>) =>
      "A change that is signed in by a cookie needs the session's X-CSRF-Token, and this request has none or another",
    "Read `csrfToken` from GET /api/v1/whoami and send it as X-CSRF-Token. In a browser: load the page again.",
  ),
  FORBIDDEN: errorEntry(
    "never",
    (c: { authId: string; privilege: string }) => `${c.authId} may not do this: it needs ${c.privilege}`,
    "`ironcore-backup whoami` shows what you may do. Ask an administrator for a grant with this privilege.",
  ),
  LOGIN_FAILED: errorEntry(
    "never",
    (_c: Record<never, never>) => "The user name or the password is wrong",
    "Check both; the account may also be disabled. The first administrator's password was printed when the server first started.",
  ),
  LOGIN_THROTTLED: errorEntry(
    "later",
    (c: { waitSeconds: number }) => `Too many failed logins; the next try is allowed in ${c.waitSeconds} s`,
    "Wait, then try again with the right password.",
  ),
  LOGIN_BUSY: errorEntry(
    "later",
    (c: { waitSeconds: number }) =>
      `More logins are waiting than can be checked; try again in ${c.waitSeconds} s`,
    "Try again shortly. If it goes on, many clients sign in with passwords: give programs API tokens.",
  ),
  USER_NOT_FOUND: errorEntry(
    "never",
    (c: { user: string }) => `There is no user ${c.user}`,
    "`ironcore-backup user list` shows the users there are. Names end with their realm: `name@ibs`.",
  ),
  USER_EXISTS: errorEntry(
    "never",
    (c: { user: string }) => `There is a user ${c.user} already`,
    "Choose another name, or change the one there is with `ironcore-backup user update`.",
  ),
  USER_OUTRANKS: errorEntry(
    "never",
    (c: { authId: string; user: string }) => `${c.user} may do things that ${c.authId} may not`,
    "Only somebody with at least the same rights changes or removes this user, or makes tokens in its name.",
  ),
  PASSWORD_WRONG: errorEntry(
    "never",
    (_c: Record<never, never>) => "The old password is missing or wrong",
    "Send the present password as `oldPassword`. An administrator can set a new one without it.",
  ),
  LAST_ADMINISTRATOR: errorEntry(
    "never",
    (c: { user: string }) => `${c.user} is the last enabled platform administrator`,
    "Make somebody else a platform administrator first.",
  ),
  TOKEN_NOT_FOUND: errorEntry(
    "never",
    (c: { token: string }) => `There is no API token ${c.token}`,
    "`ironcore-backup token list` shows the tokens there are. Their names are `user@ibs!name`.",
  ),
  TOKEN_EXISTS: errorEntry(
    "never",
    (c: { token: string }) => `There is an API token ${c.token} already`,
    "Choose another name, or revoke the old one with `ironcore-backup token remove`. Its secret cannot be shown again.",
  ),
  TOKEN_EXPIRY_PAST: errorEntry(
    "never",
    (c: { expiresAt: number }) => `The expiry ${new Date(c.expiresAt).toISOString()} is not in the future`,
    "Give an instant in the future, or none for a token that does not expire.",
  ),
  PROJECT_NOT_FOUND: errorEntry(
    "never",
    (c: { project: string }) => `There is no project ${c.project}`,
    "`ironcore-backup project list` shows the projects there are.",
  ),
  PROJECT_EXISTS: errorEntry(
    "never",
    (c: { project: string }) => `There is a project ${c.project} already`,
    "Choose another name, or change the one there is with `ironcore-backup project update`.",
  ),
  PROJECT_NAME_USED: errorEntry(
    "never",
    (c: { project: string }) => `The history holds tasks of a removed project ${c.project}`,
    "Choose another name: members of a new project would see the old one's tasks.",
  ),
  PROJECT_IN_USE: errorEntry(
    "later",
    (c: { project: string; upid: string }) => `The project ${c.project} is used by ${c.upid}`,
    "Wait for the task, or cancel it, then remove the project again.",
  ),
  PROJECT_NEEDED: errorEntry(
    "never",
    (c: { projects: string }) => `It is not clear whose task this is; you work in ${c.projects}`,
    "Name one of them as `project` (`--project` on the command line).",
  ),
  ROLE_NOT_FOUND: errorEntry(
    "never",
    (c: { role: string }) => `There is no role ${c.role}`,
    "`ironcore-backup role list` shows the roles there are.",
  ),
  ROLE_EXISTS: errorEntry(
    "never",
    (c: { role: string }) => `There is a role ${c.role} already`,
    "Choose another name, or change the one there is with `ironcore-backup role update`.",
  ),
  ROLE_BUILT_IN: errorEntry(
    "never",
    (c: { role: string }) => `The role ${c.role} comes with the product and cannot be changed`,
    "Make a custom role with the privileges that are wanted.",
  ),
  ROLE_IN_USE: errorEntry(
    "later",
    (c: { role: string; grantCount: number }) => `The role ${c.role} is granted ${c.grantCount} times`,
    "`ironcore-backup grant list` shows the grants. Take them back, then remove the role again.",
  ),
  GRANT_NOT_FOUND: errorEntry(
    "never",
    (c: { grant: string }) => `There is no grant ${c.grant}`,
    "`ironcore-backup grant list` shows the grants there are with their ids.",
  ),
  GRANT_EXISTS: errorEntry(
    "never",
    (c: { authId: string; role: string }) => `${c.authId} has the role ${c.role} there already`,
    "Nothing needs to be done.",
  ),
  GRANT_EXCEEDS: errorEntry(
    "never",
    (c: { authId: string; privilege: string }) =>
      `${c.authId} cannot give or take ${c.privilege} there without having it`,
    "Nobody grants more than they have. Ask somebody with this privilege on the whole scope.",
  ),
  SCOPE_INVALID: errorEntry(
    "never",
    (c: { detail: string }) => `The scope does not fit: ${c.detail}`,
    'Scopes are {"kind": "platform", "name": ""}, or a project, a datastore, or a namespace as `DATASTORE:NAMESPACE`. Platform roles are granted on the platform.',
  ),
  ACCESS_LIMIT_REACHED: errorEntry(
    "never",
    (c: { what: string; countMax: number }) => `There are ${c.countMax} ${c.what} already, which is the most`,
    "Remove what is not needed any more.",
  ),
};
