/** Who a request's proof stands for, with the rights that they have at this moment. Asked of the store for each request. */

import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { listGrantsOf } from "../state/grant-records.ts";
import type { GrantWithPrivileges } from "../state/grant-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import { deleteSessionRecord, findSessionRecord, touchSessionRecord } from "../state/session-records.ts";
import type { SessionRecord } from "../state/session-records.ts";
import { findTokenRecord, findTokenRecordBySecret, touchTokenRecord } from "../state/token-records.ts";
import { findUserRecord } from "../state/user-records.ts";
import { userOf } from "./access-name.ts";
import { parseProof } from "./proof.ts";
import type { ProofHeaders } from "./proof.ts";
import { commonRights } from "./rights.ts";
import type { Holder, Rights } from "./rights.ts";
import { ADMINISTRATOR_ROLE, BUILT_IN_PRIVILEGES, isBuiltInRole } from "./role-table.ts";
import { csrfTokenOf, hashSecret, isSameText } from "./secret.ts";
import { SESSION_IDLE_MS } from "./session-life.ts";

/** Whom the local token of the data directory stands for. */
export const FIRST_ADMINISTRATOR = "admin@ibs";
/** "Last used" is written this often at most. */
const USE_GRAIN_MS = 60_000;

export interface Caller {
  /** `user@realm`, or `user@realm!token` */
  readonly authId: string;
  /** The user, also of a token. */
  readonly userId: string;
  readonly via: "local-token" | "session" | "cookie" | "api-token";
  /** As they were when the request came. */
  readonly rights: Rights;
  /** SHA-256 of what was brought. */
  readonly tokenHash: string;
  /** When the proof is good no more; absent: it has no end. */
  readonly expiresAt: number | undefined;
  /** With a cookie only. */
  readonly csrfToken: string | undefined;
}

export interface Admission {
  /** The request changes something. With a cookie it then needs the CSRF token. */
  readonly isChange: boolean;
  /** False for what goes on by itself, like an open stream: it keeps no session from idling out. */
  readonly isUse: boolean;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
}

/** @throws UNAUTHENTICATED, CSRF_TOKEN_WRONG */
export async function findCaller(
  needs: Needs,
  headers: ProofHeaders,
  options: Admission & { readonly localTokenHash: string },
): Promise<Caller> {
  const proof = parseProof(headers);
  const tokenHash = hashSecret(proof.secret);
  if (proof.kind === "cookie") {
    const csrfToken = csrfTokenOf(proof.secret);
    const caller = await callerOfSession(needs, { tokenHash, via: "cookie", csrfToken }, options);
    if (options.isChange && !isSameText(headers.csrfToken ?? "", csrfToken))
      throw serverErrors.CSRF_TOKEN_WRONG({});
    return caller;
  }
  if (proof.kind === "bearer" && isSameText(tokenHash, options.localTokenHash)) return localCaller(tokenHash);
  if (proof.kind === "bearer" && proof.secret.startsWith("ibs_"))
    return callerOfSession(needs, { tokenHash, via: "session", csrfToken: undefined }, options);
  return callerOfToken(
    needs,
    { tokenHash, named: proof.kind === "named-token" ? proof.authId : undefined },
    options,
  );
}

/** What the user may do now. */
export async function rightsOf(database: StateDatabase, authId: string): Promise<Rights> {
  return (await listGrantsOf(database, [authId])).flatMap(rightOf);
}

/**
 * What somebody may do now, without a request of theirs: a job runs with its owner's rights.
 * @throws UNAUTHENTICATED when the user is disabled or gone, or the token expired or revoked
 */
export async function holderOf({ clock, state }: Needs, authId: string): Promise<Holder> {
  const { database } = state;
  const token = authId.includes("!") ? await findTokenRecord(database, authId) : undefined;
  if (authId.includes("!") && token === undefined)
    throw serverErrors.UNAUTHENTICATED({ reason: `there is no token ${authId}` });
  if (token?.expiresAt !== undefined && token.expiresAt <= clock.now())
    throw serverErrors.UNAUTHENTICATED({ reason: `the token ${authId} has expired` });
  const userId = userOf(authId);
  await assertActive(database, userId);
  const rights = await rightsOf(database, userId);
  return {
    authId,
    rights: token === undefined ? rights : commonRights(await rightsOf(database, authId), rights),
  };
}

/** Who can read the data directory can do everything anyway, whatever the grants of the administrator are. */
export function localRights(): Rights {
  const privileges = BUILT_IN_PRIVILEGES[ADMINISTRATOR_ROLE];
  return [{ role: ADMINISTRATOR_ROLE, scope: { kind: "platform", name: "" }, privileges }];
}

function localCaller(tokenHash: string): Caller {
  return {
    authId: FIRST_ADMINISTRATOR,
    userId: FIRST_ADMINISTRATOR,
    via: "local-token",
    rights: localRights(),
    tokenHash,
    expiresAt: undefined,
    csrfToken: undefined,
  };
}

async function callerOfSession(
  needs: Needs,
  {
    tokenHash,
    via,
    csrfToken,
  }: Pick<Caller, "tokenHash" | "csrfToken"> & { readonly via: SessionRecord["via"] },
  { isUse }: Admission,
): Promise<Caller> {
  const { database } = needs.state;
  const now = needs.clock.now();
  const session = await findSessionRecord(database, tokenHash);
  // A cookie's token in a header would be a way around its CSRF token.
  if (session === undefined || session.via !== via)
    throw serverErrors.UNAUTHENTICATED({ reason: "the token is not known" });
  if (session.expiresAt <= now || session.usedAt + SESSION_IDLE_MS[via] <= now) {
    await deleteSessionRecord(database, tokenHash);
    throw serverErrors.UNAUTHENTICATED({ reason: "the session has expired" });
  }
  await assertActive(database, session.authId);
  if (isUse && now - session.usedAt >= USE_GRAIN_MS) await touchSessionRecord(database, tokenHash, now);
  const { authId, expiresAt } = session;
  const rights = await rightsOf(database, authId);
  return { authId, userId: authId, via, rights, tokenHash, expiresAt, csrfToken };
}

async function callerOfToken(
  needs: Needs,
  { tokenHash, named }: { readonly tokenHash: string; readonly named: string | undefined },
  { isUse }: Admission,
): Promise<Caller> {
  const { database } = needs.state;
  const now = needs.clock.now();
  const token = await findTokenRecordBySecret(database, tokenHash);
  if (token === undefined || (named !== undefined && named !== token.authId))
    throw serverErrors.UNAUTHENTICATED({ reason: "the token is not known" });
  if (token.expiresAt !== undefined && token.expiresAt <= now)
    throw serverErrors.UNAUTHENTICATED({ reason: "the API token has expired" });
  const { authId, userId, expiresAt } = token;
  await assertActive(database, userId);
  if (isUse && now - (token.usedAt ?? 0) >= USE_GRAIN_MS) await touchTokenRecord(database, authId, now);
  const grants = await listGrantsOf(database, [authId, userId]);
  const rightsOfHolder = (holder: string): Rights =>
    grants.filter((grant) => grant.authId === holder).flatMap(rightOf);
  const rights = commonRights(rightsOfHolder(authId), rightsOfHolder(userId));
  return { authId, userId, via: "api-token", rights, tokenHash, expiresAt, csrfToken: undefined };
}

async function assertActive(database: StateDatabase, userId: string): Promise<void> {
  const user = await findUserRecord(database, userId);
  if (user === undefined || !user.enabled)
    throw serverErrors.UNAUTHENTICATED({ reason: "the account is not active" });
}

/** A role that this version does not know allows nothing. */
function rightOf({ role, scope, privileges }: GrantWithPrivileges): Rights {
  if (isBuiltInRole(role)) return [{ role, scope, privileges: BUILT_IN_PRIVILEGES[role] }];
  return privileges === undefined ? [] : [{ role, scope, privileges: new Set(privileges) }];
}
