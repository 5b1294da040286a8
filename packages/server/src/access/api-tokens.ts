/**
 * API tokens: what programs sign in with. A token may do nothing until it is granted something, and then never more than
 * its owner. People manage their own; those of others need `token.manage`, and to make one in somebody's name, all of
 * their rights too. Tokens do not make tokens, unless that was granted to them.
 */

import type { ApiToken, ApiTokenCreate, CreatedApiToken } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { deleteGrantRecordsOf } from "../state/grant-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import {
  deleteTokenRecord,
  findTokenRecord,
  insertTokenRecord,
  listTokenRecords,
} from "../state/token-records.ts";
import type { TokenRecord } from "../state/token-records.ts";
import { findUserRecord } from "../state/user-records.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { parseTokenName, userOf } from "./access-name.ts";
import { rightsOf } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { assertMay, mayDo, PLATFORM } from "./rights.ts";
import { hashSecret, makeApiTokenSecret } from "./secret.ts";
import { assertOutranks, isSelf } from "./users.ts";

const TOKENS_PER_USER_MAX = 100;

export interface ApiTokens {
  /** @param user  absent: the caller. @throws USER_NOT_FOUND */
  list(caller: Caller, user: string | undefined): Promise<ApiToken[]>;
  /** @throws USER_NOT_FOUND, FORBIDDEN, USER_OUTRANKS, NAME_INVALID, TOKEN_EXISTS, TOKEN_EXPIRY_PAST */
  create(caller: Caller, request: ApiTokenCreate): Promise<CreatedApiToken>;
  /** At once: the next request with it is refused. @throws TOKEN_NOT_FOUND, FORBIDDEN */
  remove(caller: Caller, authId: string): Promise<void>;
}

export function createApiTokens(needs: AccessNeeds): ApiTokens {
  const { database } = needs.state;
  return {
    list: async (caller, user = caller.userId) => {
      await assertOwnerVisible(database, caller, user);
      const owner = await findUserRecord(database, user);
      const now = needs.clock.now();
      const present = (record: TokenRecord): ApiToken =>
        presentToken(record, owner?.enabled === true && (record.expiresAt ?? Infinity) > now);
      return (await listTokenRecords(database, user)).map(present);
    },
    create: (caller, request) => createToken(needs, caller, request),
    remove: (caller, authId) => removeToken(needs, caller, authId),
  };
}

async function createToken(
  needs: AccessNeeds,
  caller: Caller,
  { user = caller.userId, name, expiresAt, comment }: ApiTokenCreate,
): Promise<CreatedApiToken> {
  const { clock, random, state } = needs;
  const authId = `${user}!${parseTokenName(name)}`;
  if (expiresAt !== undefined && expiresAt <= clock.now())
    throw serverErrors.TOKEN_EXPIRY_PAST({ expiresAt });
  const secret = makeApiTokenSecret(random);
  const record: TokenRecord = {
    authId,
    userId: user,
    secretHash: hashSecret(secret),
    comment,
    createdAt: clock.now(),
    expiresAt,
    usedAt: undefined,
  };
  await state.database.transaction().execute(async (database) => {
    await assertOwnerVisible(database, caller, user);
    if (!isSelf(caller, user)) {
      assertMay(caller, "token.manage", PLATFORM);
      assertOutranks(caller, user, await rightsOf(database, user));
    }
    const others = await listTokenRecords(database, user);
    if (others.some((other) => other.authId === authId)) throw serverErrors.TOKEN_EXISTS({ token: authId });
    if (others.length >= TOKENS_PER_USER_MAX)
      throw serverErrors.ACCESS_LIMIT_REACHED({ what: `tokens of ${user}`, countMax: TOKENS_PER_USER_MAX });
    await insertTokenRecord(database, record);
  });
  await state.flush();
  return { token: presentToken(record, true), secret };
}

async function removeToken(needs: AccessNeeds, caller: Caller, authId: string): Promise<void> {
  const { state, revocations } = needs;
  const user = userOf(authId);
  await state.database.transaction().execute(async (database) => {
    const isOwn = isSelf(caller, user);
    const isVisible = isOwn || mayDo(caller.rights, "user.read", PLATFORM);
    const record = isVisible ? await findTokenRecord(database, authId) : undefined;
    if (record === undefined) throw serverErrors.TOKEN_NOT_FOUND({ token: authId });
    if (!isOwn) assertMay(caller, "token.manage", PLATFORM);
    await deleteGrantRecordsOf(database, authId);
    await deleteTokenRecord(database, authId);
  });
  await state.flush();
  revocations.tell(user);
}

async function assertOwnerVisible(database: StateDatabase, caller: Caller, user: string): Promise<void> {
  if (isSelf(caller, user)) {
    // The local token stands for the first administrator, who may have been removed.
    if ((await findUserRecord(database, user)) !== undefined) return;
  } else if (mayDo(caller.rights, "user.read", PLATFORM)) {
    if ((await findUserRecord(database, user)) !== undefined) return;
  }
  throw serverErrors.USER_NOT_FOUND({ user });
}

function presentToken(
  { authId, comment, createdAt, expiresAt, usedAt }: TokenRecord,
  enabled: boolean,
): ApiToken {
  return {
    authId,
    enabled,
    createdAt,
    ...(comment === undefined ? {} : { comment }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(usedAt === undefined ? {} : { lastUsedAt: usedAt }),
  };
}
