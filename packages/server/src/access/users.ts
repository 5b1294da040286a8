/**
 * Users. Who manages users can sign in as any of them by setting a password, so nobody manages one who may do more than
 * they themselves: otherwise `user.manage` would be every privilege.
 *
 * A person may always read themselves, and change their own password (knowing the old one) and mail address. An API token
 * may do so only where it was granted: a lost one must not become an account.
 */

import type { User, UserCreate, UserUpdate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { countEnabledHolders, deleteGrantRecordsOf } from "../state/grant-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import { deleteSessionRecordsOf } from "../state/session-records.ts";
import {
  countUserRecords,
  deleteUserRecord,
  findUserRecord,
  insertUserRecord,
  listUserRecords,
  updateUserRecord,
} from "../state/user-records.ts";
import type { UserChange, UserRecord } from "../state/user-records.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { parseUserName } from "./access-name.ts";
import { rightsOf } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { assertMay, hasAllOf, mayDo, PLATFORM } from "./rights.ts";
import type { Rights } from "./rights.ts";
import { ADMINISTRATOR_ROLE } from "./role-table.ts";

const USER_COUNT_MAX = 10_000;
/** What people change of themselves. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["password", "oldPassword", "email"]);

export interface Users {
  /** @throws FORBIDDEN */
  list(caller: Caller): Promise<User[]>;
  /** @throws USER_NOT_FOUND, also for whom the caller may not know of */
  get(caller: Caller, authId: string): Promise<User>;
  /** @throws FORBIDDEN, NAME_INVALID, USER_EXISTS */
  create(caller: Caller, request: UserCreate): Promise<User>;
  /** @throws USER_NOT_FOUND, FORBIDDEN, USER_OUTRANKS, PASSWORD_WRONG, LOGIN_THROTTLED, LAST_ADMINISTRATOR */
  update(caller: Caller, authId: string, request: UserUpdate): Promise<User>;
  /** @throws USER_NOT_FOUND, FORBIDDEN, USER_OUTRANKS, LAST_ADMINISTRATOR */
  remove(caller: Caller, authId: string): Promise<void>;
}

export function createUsers(needs: AccessNeeds): Users {
  const { state } = needs;
  return {
    list: async (caller) => {
      assertMay(caller, "user.read", PLATFORM);
      return (await listUserRecords(state.database)).map(presentUser);
    },
    get: async (caller, authId) => presentUser(await getVisible(state.database, caller, authId)),
    create: (caller, request) => createUser(needs, caller, request),
    update: (caller, authId, request) => updateUser(needs, caller, { authId, request }),
    remove: (caller, authId) => removeUser(needs, caller, authId),
  };
}

/** A person at their own account. */
export function isSelf(caller: Caller, authId: string): boolean {
  return caller.via !== "api-token" && caller.userId === authId;
}

/** @throws USER_OUTRANKS */
export function assertOutranks(caller: Caller, authId: string, rights: Rights): void {
  if (!hasAllOf(caller.rights, rights))
    throw serverErrors.USER_OUTRANKS({ authId: caller.authId, user: authId });
}

/**
 * Takes something away, in a transaction: when nobody is left who may do everything, it throws and nothing was taken.
 * @throws LAST_ADMINISTRATOR
 */
export async function keepAdministrator(
  database: StateDatabase,
  user: string,
  take: () => Promise<void>,
): Promise<void> {
  const countBefore = await countEnabledHolders(database, ADMINISTRATOR_ROLE);
  await take();
  const count = await countEnabledHolders(database, ADMINISTRATOR_ROLE);
  if (countBefore > 0 && count === 0) throw serverErrors.LAST_ADMINISTRATOR({ user });
}

async function createUser(needs: AccessNeeds, caller: Caller, request: UserCreate): Promise<User> {
  assertMay(caller, "user.manage", PLATFORM);
  const authId = parseUserName(request.authId);
  const passwordHash = await needs.gate.run(() => hashPassword(needs, request.password));
  const record: UserRecord = {
    authId,
    passwordHash,
    enabled: true,
    createdAt: needs.clock.now(),
    comment: request.comment,
    email: request.email,
    lastLoginAt: undefined,
  };
  await needs.state.database.transaction().execute(async (database) => {
    if ((await findUserRecord(database, authId)) !== undefined)
      throw serverErrors.USER_EXISTS({ user: authId });
    if ((await countUserRecords(database)) >= USER_COUNT_MAX)
      throw serverErrors.ACCESS_LIMIT_REACHED({ what: "users", countMax: USER_COUNT_MAX });
    // What an earlier user of this name left behind is not theirs.
    await deleteGrantRecordsOf(database, authId);
    await insertUserRecord(database, record);
  });
  await needs.state.flush();
  return presentUser(record);
}

async function updateUser(
  needs: AccessNeeds,
  caller: Caller,
  { authId, request }: { readonly authId: string; readonly request: UserUpdate },
): Promise<User> {
  const { state, revocations } = needs;
  const known = await getVisible(state.database, caller, authId);
  const isOwnChange = isSelf(caller, authId) && Object.keys(request).every((field) => OWN_FIELDS.has(field));
  if (!isOwnChange) assertMay(caller, "user.manage", PLATFORM);
  // The local token is the machine's owner, who has lost the password more often than not.
  if (request.password !== undefined && isSelf(caller, authId) && caller.via !== "local-token")
    await assertOldPassword(needs, known, request.oldPassword);
  const change = await changeOf(needs, request);
  const isEnding = request.password !== undefined || request.enabled === false;
  const updated = await state.database.transaction().execute(async (database) => {
    await getVisible(database, caller, authId);
    if (!isOwnChange) assertOutranks(caller, authId, await rightsOf(database, authId));
    await keepAdministrator(database, authId, () => updateUserRecord(database, authId, change));
    // The session that set the new password goes on; whoever else knew the old one is out.
    if (isEnding) await deleteSessionRecordsOf(database, authId, isOwnChange ? caller.tokenHash : "");
    return getVisible(database, caller, authId);
  });
  await state.flush();
  if (isEnding) revocations.tell(authId);
  return presentUser(updated);
}

async function changeOf(needs: AccessNeeds, request: UserUpdate): Promise<UserChange> {
  const { password, comment, email, enabled } = request;
  return {
    ...(password === undefined
      ? {}
      : { passwordHash: await needs.gate.run(() => hashPassword(needs, password)) }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(comment === undefined ? {} : { comment: comment ?? undefined }),
    ...(email === undefined ? {} : { email: email ?? undefined }),
  };
}

/** Whoever found a session open must not guess the password either. */
async function assertOldPassword(
  { gate, throttle }: AccessNeeds,
  { authId, passwordHash }: UserRecord,
  oldPassword: string | undefined,
): Promise<void> {
  if (oldPassword === undefined) throw serverErrors.PASSWORD_WRONG({});
  const place = `password change of ${authId}`;
  await throttle.begin(place, place);
  if (!(await gate.run(() => passwordMatches(oldPassword, passwordHash)))) {
    await throttle.failed(place, place);
    throw serverErrors.PASSWORD_WRONG({});
  }
  await throttle.succeeded(place, place);
}

async function removeUser(needs: AccessNeeds, caller: Caller, authId: string): Promise<void> {
  const { state, revocations } = needs;
  await state.database.transaction().execute(async (database) => {
    await getVisible(database, caller, authId);
    assertMay(caller, "user.manage", PLATFORM);
    assertOutranks(caller, authId, await rightsOf(database, authId));
    await keepAdministrator(database, authId, async () => {
      await deleteGrantRecordsOf(database, authId);
      await deleteUserRecord(database, authId);
    });
  });
  await state.flush();
  revocations.tell(authId);
}

/** Names of users are told to nobody who does not manage or audit them. */
async function getVisible(database: StateDatabase, caller: Caller, authId: string): Promise<UserRecord> {
  const isVisible = isSelf(caller, authId) || mayDo(caller.rights, "user.read", PLATFORM);
  const record = isVisible ? await findUserRecord(database, authId) : undefined;
  if (record === undefined) throw serverErrors.USER_NOT_FOUND({ user: authId });
  return record;
}

function presentUser({ authId, enabled, createdAt, comment, email, lastLoginAt }: UserRecord): User {
  return {
    authId,
    enabled,
    createdAt,
    ...(comment === undefined ? {} : { comment }),
    ...(email === undefined ? {} : { email }),
    ...(lastLoginAt === undefined ? {} : { lastLoginAt }),
  };
}
