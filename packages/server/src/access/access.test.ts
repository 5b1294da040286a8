import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { openState } from "../state/database.ts";
import type { State } from "../state/database.ts";
import { createAccess } from "./access.ts";
import { createLoginThrottle } from "./login-throttle.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { mayDo, PRIVILEGES } from "./privilege.ts";

const clock = createFakeClock();
const random = createSeededRandom(7);
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

const open = () => createAccess({ clock, random, state }, { localToken });
const bearer = (token: string): string => `Bearer ${token}`;

test("the first administrator is made once, with a password that is stored nowhere", async () => {
  const access = open();
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
  const access = open();
  const { password = "" } = (await access.createFirstAdministrator()) ?? {};
  const { token, expiresAt } = await access.login({ user: "admin@ibs", password, address: "1.2.3.4" });
  expect(expiresAt - clock.now()).toBe(12 * 3_600_000);
  const stored = JSON.stringify(await state.database.selectFrom("sessions").selectAll().execute());
  expect(stored).not.toContain(token);
  expect(await access.authenticate(bearer(token))).toMatchObject({ authId: "admin@ibs", via: "session" });
  clock.advance(12 * 3_600_000);
  await expect(access.authenticate(bearer(token))).rejects.toThrow("the session has expired");
});

test("a user who is switched off is out at once, with a session and with the password", async () => {
  const access = open();
  const { password = "" } = (await access.createFirstAdministrator()) ?? {};
  const { token } = await access.login({ user: "admin@ibs", password, address: "a" });
  await state.database.updateTable("users").set({ enabled: 0 }).execute();
  await expect(access.authenticate(bearer(token))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  await expect(access.login({ user: "admin@ibs", password, address: "a" })).rejects.toMatchObject({
    code: "LOGIN_FAILED",
  });
});

test("a stored role that this version does not know allows nothing", async () => {
  const access = open();
  const { password = "" } = (await access.createFirstAdministrator()) ?? {};
  const { token } = await access.login({ user: "admin@ibs", password, address: "a" });
  await state.database.updateTable("users").set({ role: "superuser" }).execute();
  await expect(access.authenticate(bearer(token))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "Basic YWRtaW46eA==",
  `bearer ${localToken}`,
  `Bearer ${localToken} x`,
  `Bearer ${"x".repeat(300)}`,
])("refuses the header %j", async (header) => {
  await expect(open().authenticate(header)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("the local token stands for the first administrator", async () => {
  expect(await open().authenticate(bearer(localToken))).toMatchObject({
    authId: "admin@ibs",
    via: "local-token",
  });
});

test("an administrator may do everything there is a word for", () => {
  expect(PRIVILEGES.every((privilege) => mayDo("administrator", privilege))).toBe(true);
});

test("a password fits its hash and no other, also after its letters were composed differently", async () => {
  const stored = await hashPassword({ random }, "caf\u00e9");
  expect(await passwordMatches("cafe\u0301", stored)).toBe(true);
  expect(await passwordMatches("cafe", stored)).toBe(false);
  expect(await passwordMatches("x", "plain text")).toBe(false);
});

test("five failures are free, then each doubles the wait up to five minutes", () => {
  const throttle = createLoginThrottle({ clock });
  const wait = (): number => {
    try {
      throttle.assertMayTry("a@ibs", "1.1.1.1");
      return 0;
    } catch (thrown) {
      return (thrown as { context: { waitSeconds: number } }).context.waitSeconds; // A LOGIN_THROTTLED.
    }
  };
  const waits = Array.from({ length: 20 }, () => {
    throttle.failed("a@ibs", "1.1.1.1");
    const seconds = wait();
    clock.advance(seconds * 1000);
    expect(wait()).toBe(0);
    return seconds;
  });
  expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 1, 2, 4, 8]);
  expect(Math.max(...waits)).toBe(300);
});

test("guessing from elsewhere does not lock out an address that signed in before", () => {
  const throttle = createLoginThrottle({ clock });
  throttle.succeeded("a@ibs", "10.0.0.1");
  for (let at = 0; at < 30; at++) throttle.failed("a@ibs", `9.9.9.${at}`);
  expect(() => throttle.assertMayTry("a@ibs", "10.0.0.1")).not.toThrow();
  expect(() => throttle.assertMayTry("a@ibs", "8.8.8.8")).toThrow("Too many failed logins");
});
