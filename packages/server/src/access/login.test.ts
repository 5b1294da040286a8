import { afterEach, beforeEach, expect, test } from "vitest";
import type { CodedError } from "@ironcore-backup/base";
import { anAccessHouse, bearer, read } from "./access.testing.ts";
import type { AccessHouse } from "./access.testing.ts";
import { createLoginThrottle } from "./login-throttle.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import { createPasswordGate } from "./password-gate.ts";

let house: AccessHouse;
beforeEach(async () => {
  house = await anAccessHouse();
});
afterEach(() => house.close());

const login = (user: string, password: string, address = "1.2.3.4", via: "token" | "cookie" = "token") =>
  house.access.login({
    request: { user, password, via },
    address,
    addressKey: address,
    requestId: "r1",
  });

test("the first administrator is made once, with a password that is stored nowhere, and signs in with it", async () => {
  const made = await house.access.createFirstAdministrator();
  expect(made?.authId).toBe("admin@ibs");
  expect(made?.password).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
  expect(await house.access.createFirstAdministrator()).toBeUndefined();
  const rows = await house.state.database.selectFrom("users").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(made?.password);
  expect(rows[0]?.password_hash).toMatch(
    /^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
  );
  const { token = "" } = (await login("admin@ibs", made?.password ?? "")).login;
  const caller = await house.access.admit(bearer(token), read);
  expect(house.access.whoami(caller)).toMatchObject({
    authId: "admin@ibs",
    via: "session",
    grants: [{ role: "platform-administrator" }],
  });
  const stored = await house.state.database.selectFrom("sessions").selectAll().execute();
  expect(JSON.stringify(stored)).not.toContain(token);
  const [user] = await house.access.users.list(await house.root());
  expect(user?.lastLoginAt).toBe(house.clock.now());
});

test("for a browser the session comes as a cookie's token and the answer has none", async () => {
  const { password = "" } = (await house.access.createFirstAdministrator()) ?? {};
  const { login: answer, cookieToken } = await login("admin@ibs", password, "1.2.3.4", "cookie");
  expect(Object.keys(answer).toSorted()).toEqual(["authId", "csrfToken", "expiresAt"]);
  const cookie = `__Host-ibs=${cookieToken}`;
  const headers = { authorization: undefined, cookie, csrfToken: answer.csrfToken };
  expect(await house.access.admit(headers, { isChange: true, isUse: true })).toMatchObject({ via: "cookie" });
  await house.access.logout(await house.access.admit(headers, read));
  await expect(house.access.admit(headers, read)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("every login is written down, done or refused, and no password that was typed as a name", async () => {
  const { password = "" } = (await house.access.createFirstAdministrator()) ?? {};
  await login("admin@ibs", password);
  await expect(login("admin@ibs", "wrong")).rejects.toMatchObject({ code: "LOGIN_FAILED" });
  await expect(login("my secret password", "admin")).rejects.toMatchObject({ code: "LOGIN_FAILED" });
  const { entries } = await house.access.audit.list({});
  expect(entries.map(({ authId, action, outcome, address }) => [authId, action, outcome, address])).toEqual([
    ["(no user name)", "login.failed", "refused", "1.2.3.4"],
    ["admin@ibs", "login.failed", "refused", "1.2.3.4"],
    ["admin@ibs", "login.done", "done", "1.2.3.4"],
  ]);
  expect(JSON.stringify(entries)).not.toContain("secret");
});

test("a disabled account fails as a wrong password does", async () => {
  const { password = "" } = (await house.access.createFirstAdministrator()) ?? {};
  await house.person("other", ["platform-administrator", { kind: "platform", name: "" }]);
  await house.access.users.update(await house.root(), "admin@ibs", { enabled: false });
  const refusal = (user: string, text: string): Promise<CodedError> =>
    login(user, text).then(
      () => expect.fail("it must be refused"),
      (thrown: CodedError) => thrown,
    );
  const right = await refusal("admin@ibs", password);
  const wrong = await refusal("admin@ibs", "wrong");
  const nobody = await refusal("nobody@ibs", "wrong");
  expect(right.toJSON()).toEqual(wrong.toJSON());
  expect(wrong.toJSON()).toEqual(nobody.toJSON());
});

const waitOf = async (throttle: LoginThrottle, account: string, address: string): Promise<number> => {
  try {
    await throttle.begin(account, address);
    return 0;
  } catch (thrown) {
    return (thrown as { context: { waitSeconds: number } }).context.waitSeconds; // A LOGIN_THROTTLED.
  }
};

test("five failures are free, then each doubles the wait up to five minutes, also over a restart", async () => {
  const waits: number[] = [];
  for (let at = 0; at < 16; at++) {
    // Each time the throttle of a server that was just started.
    const throttle = createLoginThrottle(house);
    expect(await waitOf(throttle, "a@ibs", "1.1.1.1")).toBe(0);
    const seconds = await waitOf(createLoginThrottle(house), "a@ibs", "1.1.1.1");
    if (seconds > 0) waits.push(seconds);
    else at++; // Two tries were counted.
    house.clock.advance(seconds * 1000);
  }
  expect(waits.slice(0, 4)).toEqual([1, 2, 4, 8]);
  expect(Math.max(...waits)).toBe(300);
});

test("guesses that come together do not pass the gate together", async () => {
  const throttle = createLoginThrottle(house);
  const tries = await Promise.all(Array.from({ length: 20 }, () => waitOf(throttle, "a@ibs", "1.1.1.1")));
  expect(tries.filter((wait) => wait === 0)).toHaveLength(5);
});

test("guessing from elsewhere does not lock out an address that signed in before", async () => {
  const throttle = createLoginThrottle(house);
  await throttle.begin("a@ibs", "10.0.0.1");
  await throttle.succeeded("a@ibs", "10.0.0.1");
  for (let at = 0; at < 30; at++) await waitOf(throttle, "a@ibs", `9.9.9.${at}`);
  expect(await waitOf(throttle, "a@ibs", "8.8.8.8")).toBeGreaterThan(0);
  expect(await waitOf(createLoginThrottle(house), "a@ibs", "10.0.0.1")).toBe(0);
});

test("one address that guesses at many accounts is slowed down for all of them", async () => {
  const throttle = createLoginThrottle(house);
  for (let at = 0; at < 5; at++) await throttle.begin(`user-${at}@ibs`, "9.9.9.9");
  expect(await waitOf(throttle, "new@ibs", "9.9.9.9")).toBeGreaterThan(0);
  expect(await waitOf(throttle, "new@ibs", "8.8.8.8")).toBe(0);
});

test("what was refused unseen is told with the next try that is looked at", async () => {
  const throttle = createLoginThrottle(house);
  for (let at = 0; at < 5; at++) await throttle.begin("a@ibs", "1.1.1.1");
  for (let at = 0; at < 7; at++) expect(await waitOf(throttle, "a@ibs", "1.1.1.1")).toBe(1);
  house.clock.advance(1000);
  expect(await throttle.begin("a@ibs", "1.1.1.1")).toMatchObject({ throttledCount: 7 });
});

test("a clock that was set back makes nobody wait longer than the longest wait", async () => {
  const throttle = createLoginThrottle(house);
  for (let at = 0; at < 5; at++) await throttle.begin("a@ibs", "1.1.1.1");
  house.clock.advance(-86_400_000);
  expect(await waitOf(throttle, "a@ibs", "1.1.1.1")).toBe(1);
});

test("two passwords are hashed at once, some wait, the rest is sent away", async () => {
  const gate = createPasswordGate();
  let runningCount = 0;
  let mostCount = 0;
  const releases: (() => void)[] = [];
  const work = async (): Promise<string> => {
    mostCount = Math.max(mostCount, ++runningCount);
    await new Promise<void>((resolve) => releases.push(resolve));
    runningCount--;
    return "done";
  };
  const tries = Array.from({ length: 60 }, () => gate.run(work).catch(({ code }: CodedError) => code));
  for (let ended = 0; ended < 52; ended++) {
    while (releases.length === 0) await Promise.resolve();
    releases.shift()?.();
    await Promise.resolve();
  }
  const ends = await Promise.all(tries);
  expect(ends.filter((end) => end === "LOGIN_BUSY")).toHaveLength(8);
  expect(ends.filter((end) => end === "done")).toHaveLength(52);
  expect(mostCount).toBe(2);
});
