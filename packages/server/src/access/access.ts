/**
 * Who calls, and what they may do. Nothing is allowed until a grant allows it.
 *
 *   proof.ts    what a request brings: a header, or a cookie with a CSRF token
 *   caller.ts   whom it stands for, with the rights they have at this moment
 *   rights.ts   the one decision: may these rights do this there
 *
 * The store is asked for each request, so what was taken away is gone with the next one; streams that are open already
 * are told through `subscribeRevocations`.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { CodedError, randomHex, secondsOf } from "@ironcore-backup/base";
import type { Privilege, Whoami } from "@ironcore-backup/protocol";
import { PRIVILEGES } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { insertGrantRecord } from "../state/grant-records.ts";
import { findProjectRecord } from "../state/project-records.ts";
import type { TaskVisibility } from "../state/task-visibility.ts";
import { findTokenRecord } from "../state/token-records.ts";
import { countUserRecords, findUserRecord, insertUserRecord } from "../state/user-records.ts";
import type { AccessNeeds } from "./access-needs.ts";
import { isOwnRealm } from "./access-name.ts";
import { createApiTokens } from "./api-tokens.ts";
import type { ApiTokens } from "./api-tokens.ts";
import { createAudit } from "./audit.ts";
import type { Audit } from "./audit.ts";
import { FIRST_ADMINISTRATOR, findCaller, holderOf } from "./caller.ts";
import type { Admission, Caller } from "./caller.ts";
import { createGrants } from "./grants.ts";
import type { Grants } from "./grants.ts";
import { login, logout } from "./login.ts";
import type { LoginSubject, OpenedSession } from "./login.ts";
import { createLoginThrottle } from "./login-throttle.ts";
import { createPasswordGate } from "./password-gate.ts";
import { hashPassword } from "./password.ts";
import { openProjects } from "./projects.ts";
import type { Projects } from "./projects.ts";
import { hasProof } from "./proof.ts";
import type { ProofHeaders } from "./proof.ts";
import { createRevocations } from "./revocations.ts";
import type { RevocationListener } from "./revocations.ts";
import {
  assertMay,
  datastoresWith,
  mayDo,
  maySomewhere,
  mayWithin,
  PLATFORM,
  taskVisibilityOf,
} from "./rights.ts";
import type { Holder, Resource } from "./rights.ts";
import { ADMINISTRATOR_ROLE } from "./role-table.ts";
import { createRoles } from "./roles.ts";
import type { Roles } from "./roles.ts";
import { hashSecret, makePassword } from "./secret.ts";
import { createUsers } from "./users.ts";
import type { Users } from "./users.ts";

export type { Caller } from "./caller.ts";
export type { ProofHeaders } from "./proof.ts";
export type { Resource } from "./rights.ts";

export interface Access {
  /** Whom the request's proof stands for. @throws UNAUTHENTICATED, CSRF_TOKEN_WRONG */
  admit(headers: ProofHeaders, options: Admission): Promise<Caller>;
  /** The same where nobody needs to be anybody: undefined without a proof, or with one that does not hold. */
  recognise(headers: ProofHeaders): Promise<Caller | undefined>;

  may(caller: Caller, privilege: Privilege, resource: Resource): boolean;
  /** @throws FORBIDDEN; for what the caller may not know of, what is thrown when it is not there */
  assertMay(caller: Caller, privilege: Privilege, resource: Resource): void;
  /** What somebody may do now, without a request of theirs. @throws UNAUTHENTICATED when they may nothing any more */
  holderOf(authId: string): Promise<Holder>;
  /** For lists, which then show what the caller may see. @throws FORBIDDEN when that is nowhere */
  assertMaySomewhere(caller: Caller, privilege: Privilege): void;
  /** Whether there is such a user or token; of other realms' names nothing is known here, so they are believed. */
  hasOwner(authId: string): Promise<boolean>;
  /** On the datastore or on any namespace in it. */
  mayWithin(caller: Caller, privilege: Privilege, datastore: string): boolean;
  /** For lists of what lies in a datastore. @throws as `assertMay` on the datastore to whom it was granted nowhere in it */
  assertMayWithin(caller: Caller, privilege: Privilege, datastore: string): void;
  /** Which tasks the caller sees, in lists, in events, one by one. */
  taskVisibility(caller: Caller): TaskVisibility;
  /** Datastores that the caller may read as a whole. */
  visibleDatastores(caller: Caller): "all" | ReadonlySet<string>;
  /**
   * Whose a new task is. Who names a project must have the privilege in it; who names none and may start such tasks in
   * one project only, starts it there.
   * @throws PROJECT_NOT_FOUND, FORBIDDEN, PROJECT_NEEDED when the caller has several
   */
  projectFor(
    caller: Caller,
    wantedProject: string | undefined,
    privilege: Privilege,
  ): Promise<string | undefined>;

  /** @throws LOGIN_FAILED, LOGIN_THROTTLED, LOGIN_BUSY */
  login(subject: LoginSubject): Promise<OpenedSession>;
  /** Ends the caller's session, if it is one. */
  logout(caller: Caller): Promise<void>;
  whoami(caller: Caller): Whoami;
  /** Makes `admin@ibs` when there is nobody yet. The password is returned once and kept nowhere. */
  createFirstAdministrator(): Promise<{ readonly authId: string; readonly password: string } | undefined>;

  readonly users: Users;
  readonly tokens: ApiTokens;
  readonly projects: Projects;
  readonly roles: Roles;
  readonly grants: Grants;
  readonly audit: Audit;
  /** Called whenever somebody may have lost a right or a proof; what is open for them should be asked anew. */
  subscribeRevocations(listener: RevocationListener): () => void;
}

interface Needs {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: State;
}

export async function openAccess(given: Needs, options: { readonly localToken: string }): Promise<Access> {
  const revocations = createRevocations();
  const throttle = createLoginThrottle(given);
  const needs: AccessNeeds = { ...given, revocations, throttle, gate: createPasswordGate() };
  const audit = createAudit(given);
  const localTokenHash = hashSecret(options.localToken);
  const admit: Access["admit"] = (headers, admission) =>
    findCaller(given, headers, { ...admission, localTokenHash });
  return {
    admit,
    recognise: async (headers) => {
      if (!hasProof(headers)) return undefined;
      return admit(headers, { isChange: false, isUse: false }).catch((cause: unknown) => {
        if (cause instanceof CodedError && cause.code === "UNAUTHENTICATED") return undefined;
        throw cause;
      });
    },
    holderOf: (authId) => holderOf(given, authId),
    may: (caller, privilege, resource) => mayDo(caller.rights, privilege, resource),
    assertMay,
    assertMaySomewhere: ({ authId, rights }, privilege) => {
      if (!maySomewhere(rights, privilege)) throw serverErrors.FORBIDDEN({ authId, privilege });
    },
    hasOwner: async (authId) => {
      const { database } = given.state;
      if (!isOwnRealm(authId)) return true;
      const found = authId.includes("!")
        ? await findTokenRecord(database, authId)
        : await findUserRecord(database, authId);
      return found !== undefined;
    },
    mayWithin: ({ rights }, privilege, datastore) => mayWithin(rights, privilege, datastore),
    assertMayWithin: (caller, privilege, datastore) => {
      if (!mayWithin(caller.rights, privilege, datastore))
        assertMay(caller, privilege, { kind: "datastore", datastore });
    },
    taskVisibility: ({ rights }) => taskVisibilityOf(rights),
    visibleDatastores: ({ rights }) => datastoresWith(rights, "datastore.read"),
    projectFor: (caller, wanted, privilege) => projectFor(given.state, caller, { wanted, privilege }),
    login: (subject) => login({ ...needs, audit }, subject),
    logout: (caller) => logout(needs, caller),
    whoami: presentWhoami,
    createFirstAdministrator: () => createFirstAdministrator(needs),
    users: createUsers(needs),
    tokens: createApiTokens(needs),
    projects: await openProjects(needs),
    roles: createRoles(needs),
    grants: createGrants(needs),
    audit,
    subscribeRevocations: (listener) => revocations.subscribe(listener),
  };
}

async function projectFor(
  { database }: State,
  caller: Caller,
  { wanted, privilege }: { readonly wanted: string | undefined; readonly privilege: Privilege },
): Promise<string | undefined> {
  if (wanted !== undefined) {
    assertMay(caller, privilege, { kind: "project", project: wanted });
    if ((await findProjectRecord(database, wanted)) === undefined)
      throw serverErrors.PROJECT_NOT_FOUND({ project: wanted });
    return wanted;
  }
  // Who may do it everywhere does it for nobody in particular.
  if (mayDo(caller.rights, privilege, PLATFORM)) return undefined;
  const projects = caller.rights.flatMap(({ privileges, scope }) =>
    scope.kind === "project" && privileges.has(privilege) ? [scope.name] : [],
  );
  const [first, ...others] = new Set(projects);
  if (others.length > 0) throw serverErrors.PROJECT_NEEDED({ projects: [first, ...others].join(", ") });
  return first;
}

function presentWhoami({ authId, via, rights, csrfToken, expiresAt }: Caller): Whoami {
  const projects = [
    ...new Set(rights.flatMap(({ scope }) => (scope.kind === "project" ? [scope.name] : []))),
  ];
  return {
    authId,
    via,
    grants: rights.map(({ role, scope, privileges }) => ({ role, scope, privileges: [...privileges] })),
    platformPrivileges: PRIVILEGES.filter((privilege) => mayDo(rights, privilege, PLATFORM)),
    projects: projects.toSorted(),
    ...(csrfToken === undefined ? {} : { csrfToken }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

async function createFirstAdministrator(needs: AccessNeeds): ReturnType<Access["createFirstAdministrator"]> {
  const { random, clock, state } = needs;
  if ((await countUserRecords(state.database)) > 0) return undefined;
  const password = makePassword(random);
  const passwordHash = await hashPassword(needs, password);
  const createdAt = secondsOf(clock.now()) * 1000;
  const authId = FIRST_ADMINISTRATOR;
  await state.database.transaction().execute(async (database) => {
    await insertUserRecord(database, {
      authId,
      passwordHash,
      enabled: true,
      createdAt,
      comment: "made at the first start",
      email: undefined,
      lastLoginAt: undefined,
    });
    await insertGrantRecord(database, {
      id: randomHex(random, 8),
      authId,
      role: ADMINISTRATOR_ROLE,
      scope: { kind: "platform", name: "" },
      createdAt,
      createdBy: authId,
    });
  });
  await state.flush();
  return { authId, password };
}
