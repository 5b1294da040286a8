/** A room of access on a store of its own, with people in it. Passwords cost a third of a second each, so most have none. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeClock, createSystemRandom } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { Scope } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { insertDatastoreRecord } from "../state/datastore-records.ts";
import { insertSessionRecord } from "../state/session-records.ts";
import { insertUserRecord } from "../state/user-records.ts";
import { openAccess } from "./access.ts";
import type { Access, Caller } from "./access.ts";
import type { ProofHeaders } from "./proof.ts";
import { hashSecret, makeSessionToken } from "./secret.ts";
import { SESSION_LIFE_MS } from "./session-life.ts";

export const LOCAL_TOKEN = `ibl_${"ab".repeat(32)}`;
export const PLATFORM_SCOPE: Scope = { kind: "platform", name: "" };
const random = createSystemRandom();

export interface AccessHouse {
  readonly clock: FakeClock;
  readonly state: State;
  readonly access: Access;
  /** The same store opened by the next life of the server. */
  reopen(): Promise<Access>;
  /** Who holds the data directory's token. */
  root(): Promise<Caller>;
  /** Makes a user without a password, with these grants. */
  person(name: string, ...grants: readonly (readonly [role: string, scope: Scope])[]): Promise<string>;
  /** The token of a session of the user. */
  session(user: string, via?: "session" | "cookie"): Promise<string>;
  /** The user at a session of their own, with the rights of this moment. */
  as(user: string): Promise<Caller>;
  close(): Promise<void>;
}

export const bearer = (token: string): ProofHeaders => ({
  authorization: `Bearer ${token}`,
  cookie: undefined,
  csrfToken: undefined,
});
export const read = { isChange: false, isUse: true };
export const change = { isChange: true, isUse: true };

export async function anAccessHouse(): Promise<AccessHouse> {
  const clock = createFakeClock();
  const root = mkdtempSync(join(tmpdir(), "ironcore-access-"));
  const state = await openState(join(root, "state.db"));
  const openIt = (): Promise<Access> => openAccess({ clock, random, state }, { localToken: LOCAL_TOKEN });
  const access = await openIt();
  const session: AccessHouse["session"] = async (authId, via = "session") => {
    const token = makeSessionToken(random);
    const now = clock.now();
    const record = { tokenHash: hashSecret(token), authId, via, createdAt: now, usedAt: now };
    await insertSessionRecord(state.database, { ...record, expiresAt: now + SESSION_LIFE_MS });
    return token;
  };
  const localCaller = (): Promise<Caller> => access.admit(bearer(LOCAL_TOKEN), change);
  return {
    clock,
    state,
    access,
    reopen: openIt,
    root: localCaller,
    person: async (name, ...grants) => {
      const authId = `${name}@ibs`;
      const unknown = { comment: undefined, email: undefined, lastLoginAt: undefined };
      const user = { authId, passwordHash: "none", enabled: true, createdAt: clock.now() };
      await insertUserRecord(state.database, { ...user, ...unknown });
      for (const [role, scope] of grants)
        await access.grants.create(await localCaller(), { authId, role, scope });
      return authId;
    },
    session,
    as: async (user) => access.admit(bearer(await session(user)), change),
    close: async () => {
      await state.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export async function aStore(house: AccessHouse, name: string): Promise<Scope> {
  await insertDatastoreRecord(house.state.database, {
    name,
    path: `/${name}`,
    comment: undefined,
    createdAt: 1,
    runningTaskCountMax: undefined,
    identity: undefined,
    mode: "normal",
    modeReason: undefined,
    bandwidthLimitBytesPerSecond: undefined,
    freePercentMin: undefined,
    notificationGroup: undefined,
  });
  return { kind: "datastore", name };
}

export async function aProject(house: AccessHouse, name: string): Promise<Scope> {
  await house.access.projects.create(await house.root(), { name });
  return { kind: "project", name };
}
