/**
 * Roles: the built-in ones of `role-table.ts`, and custom ones beside them. A custom role may be granted anywhere, to
 * anybody, its maker too; so whoever makes or changes one must have all of its privileges on the whole platform, before
 * and after.
 */

import { BUILT_IN_ROLES } from "@ironcore-backup/protocol";
import type { Privilege, Role, RoleCreate, RoleUpdate } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { listGrantRecords } from "../state/grant-records.ts";
import {
  deleteRoleRecord,
  findRoleRecord,
  insertRoleRecord,
  listRoleRecords,
  updateRoleRecord,
} from "../state/role-records.ts";
import type { RoleRecord } from "../state/role-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { parseRoleName } from "./access-name.ts";
import type { Caller } from "./caller.ts";
import { assertMay, hasAll, PLATFORM } from "./rights.ts";
import { BUILT_IN_PRIVILEGES, isBuiltInRole, isPlatformRole } from "./role-table.ts";

const ROLE_COUNT_MAX = 500;
const PLATFORM_SCOPE = { kind: "platform", name: "" } as const;

export interface Roles {
  list(): Promise<Role[]>;
  /** @throws FORBIDDEN, GRANT_EXCEEDS, NAME_INVALID, ROLE_EXISTS */
  create(caller: Caller, request: RoleCreate): Promise<Role>;
  /** @throws FORBIDDEN, GRANT_EXCEEDS, ROLE_NOT_FOUND, ROLE_BUILT_IN */
  update(caller: Caller, name: string, request: RoleUpdate): Promise<Role>;
  /** @throws FORBIDDEN, ROLE_NOT_FOUND, ROLE_BUILT_IN, ROLE_IN_USE */
  remove(caller: Caller, name: string): Promise<void>;
}

export function createRoles(needs: AccessNeeds): Roles {
  const { state, revocations, clock } = needs;
  const change = async (work: (database: StateDatabase) => Promise<RoleRecord>): Promise<Role> => {
    const record = await state.database.transaction().execute(work);
    await state.flush();
    revocations.tell(undefined);
    return presentRole(record);
  };
  return {
    list: async () => [...builtInRoles(), ...(await listRoleRecords(state.database)).map(presentRole)],
    create: (caller, { comment, privileges, name }) =>
      change(async (database) => {
        assertMay(caller, "grant.manage", PLATFORM);
        const record: RoleRecord = {
          name: parseCustomName(name),
          comment,
          privileges: [...new Set(privileges)],
          createdAt: clock.now(),
        };
        assertHas(caller, record.privileges);
        await assertRoom(database, record.name);
        await insertRoleRecord(database, record);
        return record;
      }),
    update: (caller, name, { comment, privileges }) =>
      change(async (database) => {
        assertMay(caller, "grant.manage", PLATFORM);
        const known = await getCustom(database, name);
        assertHas(caller, [...known.privileges, ...(privileges ?? [])]);
        const record: RoleRecord = {
          ...known,
          ...(comment === undefined ? {} : { comment: comment ?? undefined }),
          ...(privileges === undefined ? {} : { privileges: [...new Set(privileges)] }),
        };
        await updateRoleRecord(database, record);
        return record;
      }),
    remove: async (caller, name) => {
      await change(async (database) => {
        assertMay(caller, "grant.manage", PLATFORM);
        const known = await getCustom(database, name);
        const grants = await listGrantRecords(database, { role: name });
        if (grants.length > 0) throw serverErrors.ROLE_IN_USE({ role: name, grantCount: grants.length });
        await deleteRoleRecord(database, name);
        return known;
      });
    },
  };
}

/** What a role allows. @throws ROLE_NOT_FOUND */
export async function privilegesOfRole(
  database: StateDatabase,
  name: string,
): Promise<ReadonlySet<Privilege>> {
  if (isBuiltInRole(name)) return BUILT_IN_PRIVILEGES[name];
  const record = await findRoleRecord(database, name);
  if (record === undefined) throw serverErrors.ROLE_NOT_FOUND({ role: name });
  return new Set(record.privileges);
}

async function getCustom(database: StateDatabase, name: string): Promise<RoleRecord> {
  if (isBuiltInRole(name)) throw serverErrors.ROLE_BUILT_IN({ role: name });
  const record = await findRoleRecord(database, name);
  if (record === undefined) throw serverErrors.ROLE_NOT_FOUND({ role: name });
  return record;
}

/** Names of later built-in roles are kept free. */
function parseCustomName(text: string): string {
  const name = parseRoleName(text);
  if (isPlatformRole(name) || name.startsWith("project-")) throw serverErrors.ROLE_BUILT_IN({ role: name });
  return name;
}

async function assertRoom(database: StateDatabase, name: string): Promise<void> {
  const others = await listRoleRecords(database);
  if (others.some((other) => other.name === name)) throw serverErrors.ROLE_EXISTS({ role: name });
  if (others.length >= ROLE_COUNT_MAX)
    throw serverErrors.ACCESS_LIMIT_REACHED({ what: "custom roles", countMax: ROLE_COUNT_MAX });
}

function assertHas(caller: Caller, privileges: readonly Privilege[]): void {
  const missing = privileges.find((privilege) => !hasAll(caller.rights, [privilege], PLATFORM_SCOPE));
  if (missing !== undefined) throw serverErrors.GRANT_EXCEEDS({ authId: caller.authId, privilege: missing });
}

function builtInRoles(): Role[] {
  return BUILT_IN_ROLES.map((name) => ({
    name,
    builtIn: true,
    privileges: [...BUILT_IN_PRIVILEGES[name]],
  }));
}

function presentRole({ name, comment, privileges }: RoleRecord): Role {
  return {
    name,
    builtIn: false,
    ...(comment === undefined ? {} : { comment }),
    privileges: [...privileges],
  };
}
