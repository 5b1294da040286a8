import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock, createSystemRandom } from "@ironcore-backup/base";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { openAccess } from "./access.ts";
import type { Access, Caller } from "./access.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import type { ProofHeaders } from "./proof.ts";

const clock = createFakeClock();
const random = createSystemRandom();
const localToken = `ibl_${"ab".repeat(32)}`;
let root = "";
let state: State;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "ironcore-access-"));
  state = await openState(join(root, "state.db"));
});
afterEach(async () => {
  await state.close();
  rmSync(root, { recursive: true, force: true });
});

const open = (): Promise<Access> => openAccess({ clock, random, state }, { localToken });

const bearer = (token: string): ProofHeaders => ({
  authorization: `Bearer ${token}`,
  cookie: undefined,
  csrfToken: undefined,
});
const admit = (access: Access, headers: ProofHeaders, isChange = false): Promise<Caller> =>
  access.admit(headers, { isChange, isUse: true });
const login = (access: Access, user: string, password: string, via: "token" | "cookie" = "token") =>
  access.login({
    request: { user, password, via },
    address: "1.2.3.4",
    addressKey: "1.2.3.4",
    requestId: "r1",
  });

/** The first administrator's password. */
async function first(access: Access): Promise<string> {
  return (await access.createFirstAdministrator())?.password ?? "";
}

test("the first administrator is made once, with a password that is stored nowhere", async () => {
  const access = await open();
  const made = await access.createFirstAdministrator();
  expect(made?.authId).toBe("admin@ibs");
  expect(made?.password).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  expect(await access.createFirstAdministrator()).toBeUndefined();
  const rows = await state.database.selectFrom("users").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(made?.password);
  expect(rows[0]?.password_hash).toMatch(
    /^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
});

test("a session lives twelve hours and is stored as a hash only", async () => {
  const access = await open();
  const { login: answer } = await login(access, "admin@ibs", await first(access));
  const { token = "", expiresAt } = answer;
  expect(expiresAt - clock.now()).toBe(12 * 3_600_000);
  const stored = JSON.stringify(await state.database.selectFrom("sessions").selectAll().execute());
  expect(stored).not.toContain(token);
  expect(await admit(access, bearer(token))).toMatchObject({ authId: "admin@ibs", via: "session" });
  clock.advance(12 * 3_600_000);
  await expect(admit(access, bearer(token))).rejects.toThrow("the session has expired");
});

test("a password fits its hash and no other, also after its letters were composed differently", async () => {
  const stored = await hashPassword({ random }, "caf\u00e9");
  expect(await passwordMatches("cafe\u0301", stored)).toBe(true);
  expect(await passwordMatches("cafe", stored)).toBe(false);
  expect(await passwordMatches("x", "plain text")).toBe(false);
});
