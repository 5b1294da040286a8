/**
 * Grants: who has which role where. Nobody gives or takes more than they have on the whole scope, and to give needs
 * `grant.manage` there. To one's own API tokens one may give of one's own without it: a token never has more than its
 * owner. The last enabled platform administrator keeps the grant.
 */

import { randomHex } from "@ironcore-backup/base";
import type { Grant, GrantCreate, Privilege, Scope } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { listDatastoreRecords } from "../state/datastore-records.ts";
import {
  countGrantRecords,
  deleteGrantRecord,
  deleteGrantRecordsOn,
  findGrantRecord,
  insertGrantRecord,
  listGrantRecords,
} from "../state/grant-records.ts";
import type { GrantRecord } from "../state/grant-records.ts";
import { findProjectRecord } from "../state/project-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import { findTokenRecord } from "../state/token-records.ts";
import { findUserRecord } from "../state/user-records.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { parseScope, userOf } from "./access-name.ts";
import type { Caller } from "./caller.ts";
import { assertMay, hasAll, mayDo, resourceOf } from "./rights.ts";
import { isPlatformRole } from "./role-table.ts";
import { privilegesOfRole } from "./roles.ts";
import { isSelf, keepAdministrator } from "./users.ts";

const GRANT_COUNT_MAX = 50_000;
const GRANT_ID_SIZE_BYTES = 8;

export interface Grants {
  /** Those that the caller may see: their own, their tokens', and those on what they may read grants of. */
  list(caller: Caller, user: string | undefined): Promise<Grant[]>;
  /** @throws FORBIDDEN, GRANT_EXCEEDS, GRANT_EXISTS, ROLE_NOT_FOUND, SCOPE_INVALID, *_NOT_FOUND */
  create(caller: Caller, request: GrantCreate): Promise<Grant>;
  /** @returns what was taken back. @throws GRANT_NOT_FOUND, FORBIDDEN, GRANT_EXCEEDS, LAST_ADMINISTRATOR */
  remove(caller: Caller, id: string): Promise<Grant>;
  /** A datastore came or went: an earlier one's grants do not hold on it. */
  forgetDatastore(name: string): Promise<void>;
  /** A namespace was removed: another one may come under its name. */
  forgetNamespace(datastore: string, namespace: string): Promise<void>;
}

export function createGrants(needs: AccessNeeds): Grants {
  const { state, revocations } = needs;
  return {
    list: async (caller, user) => {
      const grants = await listGrantRecords(state.database, user === undefined ? {} : { holder: user });
      return grants.filter((grant) => isVisible(caller, grant));
    },
    create: (caller, request) => createGrant(needs, caller, request),
    remove: (caller, id) => removeGrant(needs, caller, id),
    forgetNamespace: async (datastore, namespace) => {
      await deleteGrantRecordsOn(state.database, { kind: "namespace", name: `${datastore}:${namespace}` });
      await state.flush();
      revocations.tell(undefined);
    },
    forgetDatastore: async (name) => {
      await deleteGrantRecordsOn(state.database, { kind: "datastore", name });
      await state.flush();
      revocations.tell(undefined);
    },
  };
}

async function createGrant(needs: AccessNeeds, caller: Caller, request: GrantCreate): Promise<Grant> {
  const { state, random, clock, revocations } = needs;
  const scope = parseScope(request.scope);
  const record: GrantRecord = {
    id: randomHex(random, GRANT_ID_SIZE_BYTES),
    authId: request.authId,
    role: request.role,
    scope,
    createdAt: clock.now(),
    createdBy: caller.authId,
  };
  await state.database.transaction().execute(async (database) => {
    if (!isOwnToken(caller, record.authId)) assertMay(caller, "grant.manage", resourceOf(scope));
    const privileges = await privilegesOfRole(database, record.role);
    assertHas(caller, privileges, scope);
    if (isPlatformRole(record.role) && scope.kind !== "platform")
      throw serverErrors.SCOPE_INVALID({ detail: `${record.role} is granted on the platform` });
    await assertScopeExists(database, scope);
    await assertHolderExists(database, record.authId);
    await assertRoom(database, record);
    await insertGrantRecord(database, record);
  });
  await state.flush();
  revocations.tell(userOf(record.authId));
  return record;
}

async function removeGrant(needs: AccessNeeds, caller: Caller, id: string): Promise<Grant> {
  const { state, revocations } = needs;
  const removed = await state.database.transaction().execute(async (database) => {
    const grant = await findGrantRecord(database, id);
    if (grant === undefined || !isVisible(caller, grant)) throw serverErrors.GRANT_NOT_FOUND({ grant: id });
    if (!isOwnToken(caller, grant.authId)) {
      assertMay(caller, "grant.manage", resourceOf(grant.scope));
      assertHas(caller, await privilegesOfRole(database, grant.role), grant.scope);
    }
    await keepAdministrator(database, grant.authId, () => deleteGrantRecord(database, id));
    return grant;
  });
  await state.flush();
  revocations.tell(userOf(removed.authId));
  return removed;
}

/** Of a person at their own account: a token does not give to other tokens. */
function isOwnToken(caller: Caller, holder: string): boolean {
  return holder.includes("!") && isSelf(caller, userOf(holder));
}

function isVisible(caller: Caller, grant: GrantRecord): boolean {
  if (grant.authId === caller.authId || isSelf(caller, userOf(grant.authId))) return true;
  return mayDo(caller.rights, "grant.read", resourceOf(grant.scope));
}

function assertHas(caller: Caller, privileges: ReadonlySet<Privilege>, scope: Scope): void {
  const missing = [...privileges].find((privilege) => !hasAll(caller.rights, [privilege], scope));
  if (missing !== undefined) throw serverErrors.GRANT_EXCEEDS({ authId: caller.authId, privilege: missing });
}

async function assertScopeExists(database: StateDatabase, { kind, name }: Scope): Promise<void> {
  if (kind === "project" && (await findProjectRecord(database, name)) === undefined)
    throw serverErrors.PROJECT_NOT_FOUND({ project: name });
  if (kind === "platform" || kind === "project") return;
  // A namespace may be granted before the first backup makes it.
  const [datastore = ""] = name.split(":");
  const datastores = await listDatastoreRecords(database);
  if (!datastores.some((known) => known.name === datastore))
    throw serverErrors.DATASTORE_NOT_FOUND({ datastore });
}

async function assertHolderExists(database: StateDatabase, authId: string): Promise<void> {
  if (authId.includes("!")) {
    if ((await findTokenRecord(database, authId)) === undefined)
      throw serverErrors.TOKEN_NOT_FOUND({ token: authId });
  } else if ((await findUserRecord(database, authId)) === undefined) {
    throw serverErrors.USER_NOT_FOUND({ user: authId });
  }
}

async function assertRoom(database: StateDatabase, { authId, role, scope }: GrantRecord): Promise<void> {
  const others = await listGrantRecords(database, { holder: authId, scope, role });
  if (others.some((other) => other.authId === authId)) throw serverErrors.GRANT_EXISTS({ authId, role });
  if ((await countGrantRecords(database)) >= GRANT_COUNT_MAX)
    throw serverErrors.ACCESS_LIMIT_REACHED({ what: "grants", countMax: GRANT_COUNT_MAX });
}
