/** Who has which role where. */

import type { ExpressionBuilder } from "kysely";
import { SCOPE_KINDS } from "@ironcore-backup/protocol";
import type { Privilege, Scope, ScopeKind } from "@ironcore-backup/protocol";
import { parsePrivileges } from "./role-records.ts";
import type { GrantRow, StateDatabase, StateTables } from "./schema.ts";

export interface GrantRecord {
  readonly id: string;
  readonly authId: string;
  readonly role: string;
  readonly scope: Scope;
  readonly createdAt: number;
  readonly createdBy: string;
}

export interface GrantFilter {
  /** A user with all their tokens, or one token. */
  readonly holder?: string;
  readonly scope?: Scope;
  readonly role?: string;
}

export async function listGrantRecords(
  database: StateDatabase,
  { holder, scope, role }: GrantFilter = {},
): Promise<GrantRecord[]> {
  let query = database.selectFrom("grants").selectAll().orderBy("auth_id").orderBy("grant_id");
  if (holder !== undefined)
    query = query.where((e) => e.or([e("auth_id", "=", holder), tokensOf(e, holder)]));
  if (scope !== undefined)
    query = query.where("scope_kind", "=", scope.kind).where("scope_name", "=", scope.name);
  if (role !== undefined) query = query.where("role", "=", role);
  return (await query.execute()).map(recordFromRow);
}

/** A grant with what a custom role allows; undefined for a role that has no record. */
export interface GrantWithPrivileges extends GrantRecord {
  readonly privileges: readonly Privilege[] | undefined;
}

/** What every request asks: the grants of these, their custom roles read with them. */
export async function listGrantsOf(
  database: StateDatabase,
  authIds: readonly string[],
): Promise<GrantWithPrivileges[]> {
  const rows = await database
    .selectFrom("grants")
    .leftJoin("roles", "roles.name", "grants.role")
    .selectAll("grants")
    .select("roles.privileges")
    .where("auth_id", "in", authIds)
    .execute();
  return rows.map((row) => ({
    ...recordFromRow(row),
    privileges: row.privileges === null ? undefined : parsePrivileges(row.privileges),
  }));
}

export async function findGrantRecord(database: StateDatabase, id: string): Promise<GrantRecord | undefined> {
  const row = await database.selectFrom("grants").selectAll().where("grant_id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : recordFromRow(row);
}

export async function countGrantRecords(database: StateDatabase): Promise<number> {
  const row = await database
    .selectFrom("grants")
    .select((e) => e.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function insertGrantRecord(database: StateDatabase, record: GrantRecord): Promise<void> {
  await database
    .insertInto("grants")
    .values({
      grant_id: record.id,
      auth_id: record.authId,
      role: record.role,
      scope_kind: record.scope.kind,
      scope_name: record.scope.name,
      created_at: record.createdAt,
      created_by: record.createdBy,
    })
    .execute();
}

export async function deleteGrantRecord(database: StateDatabase, id: string): Promise<void> {
  await database.deleteFrom("grants").where("grant_id", "=", id).execute();
}

/** Of a user with all their tokens, or of one token. */
export async function deleteGrantRecordsOf(database: StateDatabase, holder: string): Promise<void> {
  await database
    .deleteFrom("grants")
    .where((e) => e.or([e("auth_id", "=", holder), tokensOf(e, holder)]))
    .execute();
}

/** On a project, or on a datastore with its namespaces. */
export async function deleteGrantRecordsOn(
  database: StateDatabase,
  { kind, name }: { readonly kind: "project" | "datastore" | "namespace"; readonly name: string },
): Promise<void> {
  await database.deleteFrom("grants").where("scope_kind", "=", kind).where("scope_name", "=", name).execute();
  if (kind !== "datastore") return;
  await database
    .deleteFrom("grants")
    .where("scope_kind", "=", "namespace")
    .where("scope_name", ">=", `${name}:`)
    .where("scope_name", "<", `${name};`) // The character after the colon: everything that begins with it lies between.
    .execute();
}

/** Who is enabled and holds this role on the whole platform; tokens are not counted. */
export async function countEnabledHolders(database: StateDatabase, role: string): Promise<number> {
  const row = await database
    .selectFrom("grants")
    .innerJoin("users", "users.auth_id", "grants.auth_id")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("role", "=", role)
    .where("scope_kind", "=", "platform")
    .where("enabled", "=", 1)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** A user's tokens are named `USER!NAME`: they lie between "!" and the character after it. */
function tokensOf(e: ExpressionBuilder<StateTables, "grants">, user: string) {
  return e.and([e("auth_id", ">=", `${user}!`), e("auth_id", "<", `${user}"`)]);
}

function recordFromRow(row: GrantRow): GrantRecord {
  return {
    id: row.grant_id,
    authId: row.auth_id,
    role: row.role,
    scope: { kind: scopeKindOf(row.scope_kind), name: row.scope_name },
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

/** A kind that this version does not know must not become a wider one: such a namespace is nowhere. */
function scopeKindOf(text: string): ScopeKind {
  return SCOPE_KINDS.find((kind) => kind === text) ?? "namespace";
}
