/**
 * Who calls, and what they may do. Nothing is allowed until something here allows it.
 *
 * Two proofs so far, both sent as `Authorization: Bearer …`: the local token of the data directory, which stands for the
 * first administrator, and a session token from a login. Tokens are compared by their SHA-256, so neither the store nor the time of a comparison tells one.
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock, Random } from "@ironcore-backup/base";
import { secondsOf } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  deleteExpiredSessionRecords,
  deleteSessionRecord,
  findSessionRecord,
  insertSessionRecord,
} from "../state/session-records.ts";
import { countUserRecords, findUserRecord, insertUserRecord } from "../state/user-records.ts";
import { createLoginThrottle } from "./login-throttle.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { mayDo } from "./privilege.ts";
import type { Privilege, Role } from "./privilege.ts";

const FIRST_ADMINISTRATOR = "admin@ibs";
const SESSION_LIFE_MS = 12 * 3_600_000;
const TOKEN_LENGTH_MAX = 256;

export interface Caller {
  readonly authId: string;
  readonly role: Role;
  readonly via: "local-token" | "session";
  readonly tokenHash: string;
}

export interface Access {
  /** @param authorization  the request's header. @throws UNAUTHENTICATED */
  authenticate(authorization: string | undefined): Promise<Caller>;
  /** @throws FORBIDDEN */
  assertMay(caller: Caller, privilege: Privilege): void;
  /** @throws LOGIN_FAILED, LOGIN_THROTTLED */
  login(subject: {
    readonly user: string;
    readonly password: string;
    readonly address: string;
  }): Promise<{ readonly token: string; readonly authId: string; readonly expiresAt: number }>;
  logout(caller: Caller): Promise<void>;
  /** Makes `admin@ibs` when there is nobody yet. The password is returned once and kept nowhere. */
  createFirstAdministrator(): Promise<{ readonly authId: string; readonly password: string } | undefined>;
}

interface Needs {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: State;
}

export function createAccess(needs: Needs, options: { readonly localToken: string }): Access {
  const throttle = createLoginThrottle(needs);
  const localTokenHash = hashToken(options.localToken);
  return {
    authenticate: async (authorization) => {
      const token = parseBearer(authorization);
      const tokenHash = hashToken(token);
      if (sameHash(tokenHash, localTokenHash)) {
        return { authId: FIRST_ADMINISTRATOR, role: "administrator", via: "local-token", tokenHash };
      }
      return authenticateSession(needs, tokenHash);
    },
    assertMay: (caller, privilege) => {
      if (!mayDo(caller.role, privilege)) throw serverErrors.FORBIDDEN({ authId: caller.authId, privilege });
    },
    login: async ({ user, password, address }) => {
      throttle.assertMayTry(user, address);
      // Counted before the slow comparison: parallel guesses must not all pass the gate together.
      throttle.failed(user, address);
      if (!(await userMatches(needs, user, password))) throw serverErrors.LOGIN_FAILED({});
      throttle.succeeded(user, address);
      return openSession(needs, user);
    },
    logout: async (caller) => {
      await deleteSessionRecord(needs.state.database, caller.tokenHash);
      await needs.state.flush();
    },
    createFirstAdministrator: () => createFirstAdministrator(needs),
  };
}

function parseBearer(authorization: string | undefined): string {
  const match = /^Bearer ([A-Za-z0-9_.~+/=-]+)$/.exec(authorization ?? "");
  const token = match?.[1];
  if (token === undefined) {
    const reason =
      authorization === undefined ? "the request carries no token" : "the request carries no bearer token";
    throw serverErrors.UNAUTHENTICATED({ reason });
  }
  if (token.length > TOKEN_LENGTH_MAX)
    throw serverErrors.UNAUTHENTICATED({ reason: "the token is not one of ours" });
  return token;
}

async function authenticateSession(needs: Needs, tokenHash: string): Promise<Caller> {
  const session = await findSessionRecord(needs.state.database, tokenHash);
  if (session === undefined) throw serverErrors.UNAUTHENTICATED({ reason: "the token is not known" });
  if (session.expiresAt <= needs.clock.now())
    throw serverErrors.UNAUTHENTICATED({ reason: "the session has expired" });
  const user = await findUserRecord(needs.state.database, session.authId);
  if (user === undefined || !user.enabled)
    throw serverErrors.UNAUTHENTICATED({ reason: "the account is not active" });
  if (user.role !== "administrator")
    throw serverErrors.UNAUTHENTICATED({ reason: "the account has no role" });
  return { authId: user.authId, role: user.role, via: "session", tokenHash };
}

/** An unknown user costs as much time as a wrong password, so the answer's time names nobody. */
async function userMatches(needs: Needs, authId: string, password: string): Promise<boolean> {
  const user = await findUserRecord(needs.state.database, authId);
  if (user === undefined) {
    await hashPassword(needs, password);
    return false;
  }
  return (await passwordMatches(password, user.passwordHash)) && user.enabled;
}

async function openSession(needs: Needs, authId: string): Promise<Awaited<ReturnType<Access["login"]>>> {
  const { database } = needs.state;
  const now = needs.clock.now();
  const token = `ibs_${Buffer.from(needs.random.bytes(32)).toString("base64url")}`;
  const expiresAt = now + SESSION_LIFE_MS;
  await deleteExpiredSessionRecords(database, now);
  await insertSessionRecord(database, { tokenHash: hashToken(token), authId, createdAt: now, expiresAt });
  await needs.state.flush();
  return { token, authId, expiresAt };
}

async function createFirstAdministrator(needs: Needs): ReturnType<Access["createFirstAdministrator"]> {
  if ((await countUserRecords(needs.state.database)) > 0) return undefined;
  const password = makePassword(needs.random);
  await insertUserRecord(needs.state.database, {
    authId: FIRST_ADMINISTRATOR,
    role: "administrator",
    passwordHash: await hashPassword(needs, password),
    enabled: true,
    createdAt: secondsOf(needs.clock.now()) * 1000,
  });
  await needs.state.flush();
  return { authId: FIRST_ADMINISTRATOR, password };
}

/** Twenty letters and digits in four groups, without those that look alike: about 99 bits. */
function makePassword(random: Random): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  const group = (): string =>
    Array.from({ length: 5 }, () => letters[random.integer(0, letters.length - 1)]).join("");
  return [group(), group(), group(), group()].join("-");
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function sameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
