/** Names of users, tokens, projects, roles: which there may be. */

import { baseErrors, parseAuthId, parseDatastoreName, parseNamespace } from "@ironcore-backup/base";
import type { Scope } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";

/** The only realm so far: users whose passwords are kept here. */
const REALM = "ibs";
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const PLAIN_NAME_RULE = "1 to 64 letters, digits, '_', '.' and '-', not starting with '.' or '-'";

/** `name@ibs`. @throws NAME_INVALID */
export function parseUserName(text: string): string {
  const [name = "", realm, ...more] = text.split("@");
  if (realm !== REALM || more.length > 0) throw invalid("user name", text, `name@${REALM}`);
  if (!PLAIN_NAME.test(name)) throw invalid("user name", text, PLAIN_NAME_RULE);
  return text;
}

/** What comes behind the "!". @throws NAME_INVALID */
export function parseTokenName(text: string): string {
  return parsePlain("token name", text);
}

/** @throws NAME_INVALID */
export function parseProjectName(text: string): string {
  return parsePlain("project name", text);
}

/** @throws NAME_INVALID */
export function parseRoleName(text: string): string {
  return parsePlain("role name", text);
}

/** Whether users of this name are kept here. */
export function isOwnRealm(authId: string): boolean {
  return userOf(authId).endsWith(`@${REALM}`);
}

/** The user of an auth-id: itself, or whose token it is. */
export function userOf(authId: string): string {
  return authId.split("!", 1)[0] ?? authId;
}

/** The scope in the one form in which it is kept. @throws SCOPE_INVALID, NAME_INVALID */
export function parseScope({ kind, name }: Scope): Scope {
  switch (kind) {
    case "platform":
      if (name !== "") throw serverErrors.SCOPE_INVALID({ detail: "the platform has no name" });
      return { kind, name };
    case "project":
      return { kind, name: parseProjectName(name) };
    case "datastore":
      return { kind, name: parseDatastoreName(name) };
    case "namespace": {
      const colon = name.indexOf(":");
      const datastore = parseDatastoreName(name.slice(0, Math.max(0, colon)));
      const namespace = parseNamespace(name.slice(colon + 1));
      if (namespace === "")
        throw serverErrors.SCOPE_INVALID({ detail: "the root namespace is the datastore itself" });
      return { kind, name: `${datastore}:${namespace}` };
    }
  }
}

/** What somebody claims to be, as far as it can be somebody: other text may be a password in the wrong field. */
export function shownClaim(text: string): string {
  try {
    return parseAuthId(text);
  } catch {
    // Not an error: it is only shown.
    return "(no user name)";
  }
}

function parsePlain(kind: string, text: string): string {
  if (!PLAIN_NAME.test(text)) throw invalid(kind, text, PLAIN_NAME_RULE);
  return text;
}

function invalid(kind: string, text: string, rule: string): Error {
  return baseErrors.NAME_INVALID({ kind, text: text.slice(0, 80), rule });
}
