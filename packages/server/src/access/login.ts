/** Signing in with a password, and out. Every try is written down, done or refused. */

import type { Login, LoginRequest } from "@ironcore-backup/protocol";
import { CodedError } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import {
  deleteExpiredSessionRecords,
  deleteOldestSessionRecords,
  deleteSessionRecord,
  insertSessionRecord,
} from "../state/session-records.ts";
import { findUserRecord, updateUserRecord } from "../state/user-records.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { shownClaim } from "./access-name.ts";
import type { Audit } from "./audit.ts";
import type { Caller } from "./caller.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { csrfTokenOf, hashSecret, makeSessionToken } from "./secret.ts";
import { SESSION_COUNT_MAX, SESSION_LIFE_MS } from "./session-life.ts";

export interface LoginSubject {
  readonly request: LoginRequest;
  readonly address: string;
  /** What failures are counted by: one household may have many addresses. */
  readonly addressKey: string;
  readonly requestId: string;
}

export interface OpenedSession {
  readonly login: Login;
  /** For the cookie, when that was asked for. */
  readonly cookieToken: string | undefined;
}

type LoginNeeds = AccessNeeds & { readonly audit: Audit };

/** @throws LOGIN_FAILED, LOGIN_THROTTLED, LOGIN_BUSY */
export async function login(needs: LoginNeeds, subject: LoginSubject): Promise<OpenedSession> {
  const { user, password, via } = subject.request;
  const note = {
    authId: shownClaim(user),
    address: subject.address,
    requestId: subject.requestId,
    subject: shownClaim(user),
  };
  const { throttledCount } = await needs.throttle.begin(user, subject.addressKey);
  try {
    const isRight = await needs.gate.run(() => userMatches(needs, user, password));
    if (!isRight) throw serverErrors.LOGIN_FAILED({});
  } catch (cause) {
    await needs.throttle.failed(user, subject.addressKey);
    const code = cause instanceof CodedError ? cause.code : "INTERNAL_ERROR";
    // Tries that came too early are not written down one by one: a guesser must not fill the log.
    await needs.audit.record({
      ...note,
      action: "login.failed",
      outcome: "refused",
      detail: { code, ...(throttledCount === 0 ? {} : { throttledCount }) },
    });
    throw cause;
  }
  await needs.throttle.succeeded(user, subject.addressKey);
  const opened = await openSession(needs, user, via === "cookie" ? "cookie" : "session");
  const detail = { via: opened.cookieToken === undefined ? "token" : "cookie" };
  await needs.audit.record({ ...note, action: "login.done", outcome: "done", detail });
  return opened;
}

export async function logout({ state, revocations }: AccessNeeds, caller: Caller): Promise<void> {
  await deleteSessionRecord(state.database, caller.tokenHash);
  await state.flush();
  revocations.tell(caller.userId);
}

/** An unknown user costs as much time as a wrong password, so the answer's time names nobody. */
async function userMatches(needs: AccessNeeds, authId: string, password: string): Promise<boolean> {
  const user = await findUserRecord(needs.state.database, authId);
  if (user === undefined) {
    await hashPassword(needs, password);
    return false;
  }
  return (await passwordMatches(password, user.passwordHash)) && user.enabled;
}

async function openSession(
  { clock, random, state }: AccessNeeds,
  authId: string,
  via: "session" | "cookie",
): Promise<OpenedSession> {
  const now = clock.now();
  const token = makeSessionToken(random);
  const expiresAt = now + SESSION_LIFE_MS;
  const record = { tokenHash: hashSecret(token), authId, via, createdAt: now, expiresAt, usedAt: now };
  await state.database.transaction().execute(async (database) => {
    // The password was compared a moment ago: the account may have been disabled meanwhile.
    const user = await findUserRecord(database, authId);
    if (user?.enabled !== true) throw serverErrors.LOGIN_FAILED({});
    await deleteExpiredSessionRecords(database, now);
    await insertSessionRecord(database, record);
    await deleteOldestSessionRecords(database, authId, SESSION_COUNT_MAX);
    await updateUserRecord(database, authId, { lastLoginAt: now });
  });
  await state.flush();
  if (via === "session") return { login: { token, authId, expiresAt }, cookieToken: undefined };
  return { login: { csrfToken: csrfTokenOf(token), authId, expiresAt }, cookieToken: token };
}
