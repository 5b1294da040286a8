import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSystemRandom } from "@ironcore-backup/base";
import {
  aProject,
  anAccessHouse,
  bearer,
  change,
  LOCAL_TOKEN,
  PLATFORM_SCOPE,
  read,
} from "./access.testing.ts";
import type { AccessHouse } from "./access.testing.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { PLATFORM } from "./rights.ts";

let house: AccessHouse;
beforeEach(async () => {
  house = await anAccessHouse();
});
afterEach(() => house.close());

const refused = (code: string) => expect.objectContaining({ code });

describe("proofs", () => {
  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Basic YWRtaW46eA==",
    `bearer ${LOCAL_TOKEN}`,
    `Bearer ${LOCAL_TOKEN} x`,
    `Bearer ${LOCAL_TOKEN}0`,
    `Bearer ${"x".repeat(300)}`,
    `Bearer ${"x".repeat(3000)}`,
    `PBSAPIToken=admin@ibs!x:${LOCAL_TOKEN}`,
  ])("refuses the header %j", async (authorization) => {
    const headers = { authorization, cookie: undefined, csrfToken: undefined };
    await expect(house.access.admit(headers, read)).rejects.toEqual(refused("UNAUTHENTICATED"));
    expect(await house.access.recognise(headers)).toBeUndefined();
  });

  test("the local token stands for the first administrator and may do everything", async () => {
    const caller = await house.root();
    expect(caller).toMatchObject({ authId: "admin@ibs", via: "local-token" });
    expect(house.access.may(caller, "grant.manage", PLATFORM)).toBe(true);
  });

  test("a cookie reads without a CSRF token and changes with it", async () => {
    await house.person("ann");
    const cookie = `theme=dark; __Host-ibs=${await house.session("ann@ibs", "cookie")}`;
    const headers = { authorization: undefined, cookie, csrfToken: undefined };
    const caller = await house.access.admit(headers, read);
    expect(caller).toMatchObject({ authId: "ann@ibs", via: "cookie" });
    for (const csrfToken of [undefined, "", "x", `${caller.csrfToken}x`])
      await expect(house.access.admit({ ...headers, csrfToken }, change)).rejects.toEqual(
        refused("CSRF_TOKEN_WRONG"),
      );
    const csrfToken = house.access.whoami(caller).csrfToken;
    expect(await house.access.admit({ ...headers, csrfToken }, change)).toMatchObject({ authId: "ann@ibs" });
  });

  test("a cookie's token is no bearer token, nor the other way round: that would be a way around CSRF tokens", async () => {
    await house.person("ann");
    const ofCookie = await house.session("ann@ibs", "cookie");
    const ofProgram = await house.session("ann@ibs");
    await expect(house.access.admit(bearer(ofCookie), read)).rejects.toEqual(refused("UNAUTHENTICATED"));
    const asCookie = { authorization: undefined, cookie: `__Host-ibs=${ofProgram}`, csrfToken: undefined };
    await expect(house.access.admit(asCookie, read)).rejects.toEqual(refused("UNAUTHENTICATED"));
  });

  test("a browser's session ends after two idle hours, and an open stream does not keep it alive", async () => {
    await house.person("ann");
    const cookie = `__Host-ibs=${await house.session("ann@ibs", "cookie")}`;
    const headers = { authorization: undefined, cookie, csrfToken: undefined };
    const hour = 3_600_000;
    house.clock.advance(1.5 * hour);
    await house.access.admit(headers, read);
    house.clock.advance(1.5 * hour);
    await house.access.admit(headers, { isChange: false, isUse: false });
    house.clock.advance(0.6 * hour);
    await expect(house.access.admit(headers, read)).rejects.toThrow("the session has expired");
  });

  test("a session lives twelve hours, however often it is used", async () => {
    await house.person("ann");
    const token = await house.session("ann@ibs");
    for (let hour = 0; hour < 11; hour++) {
      house.clock.advance(3_600_000);
      await house.access.admit(bearer(token), read);
    }
    house.clock.advance(3_600_000);
    await expect(house.access.admit(bearer(token), read)).rejects.toThrow("the session has expired");
  });

  test("a user who is disabled is out at once, with every proof", async () => {
    await house.person("ann");
    const token = await house.session("ann@ibs");
    const { secret } = await house.access.tokens.create(await house.as("ann@ibs"), { name: "cron" });
    await house.access.users.update(await house.root(), "ann@ibs", { enabled: false });
    for (const proof of [token, secret])
      await expect(house.access.admit(bearer(proof), read)).rejects.toEqual(refused("UNAUTHENTICATED"));
    await house.access.users.update(await house.root(), "ann@ibs", { enabled: true });
    // The session was ended, the token was only asleep.
    await expect(house.access.admit(bearer(token), read)).rejects.toEqual(refused("UNAUTHENTICATED"));
    await house.access.admit(bearer(secret), read);
  });

  test("a stored role that this version does not know allows nothing", async () => {
    await house.person("ann", ["platform-auditor", PLATFORM_SCOPE]);
    await house.state.database.updateTable("grants").set({ role: "platform-superuser" }).execute();
    expect((await house.as("ann@ibs")).rights).toEqual([]);
  });
});

describe("API tokens", () => {
  test("the secret is told once and kept as a hash, found by its prefix, and good in both spellings", async () => {
    await house.person("ann");
    const made = await house.access.tokens.create(await house.as("ann@ibs"), { name: "cron" });
    expect(made.secret).toMatch(/^ibt_[A-Za-z0-9_-]{43}$/);
    const stored = await house.state.database.selectFrom("api_tokens").selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain(made.secret);
    const field = { ...bearer(""), authorization: `PBSAPIToken=ann@ibs!cron:${made.secret}` };
    for (const headers of [bearer(made.secret), field])
      expect(await house.access.admit(headers, change)).toMatchObject({
        authId: "ann@ibs!cron",
        userId: "ann@ibs",
        via: "api-token",
      });
    const misnamed = { ...field, authorization: `PBSAPIToken=bob@ibs!cron:${made.secret}` };
    await expect(house.access.admit(misnamed, read)).rejects.toEqual(refused("UNAUTHENTICATED"));
  });

  test("a token may do nothing by itself, then what its owner gives it, and no more when the owner may less", async () => {
    const project = await aProject(house, "web");
    const ann = await house.person("ann", ["project-member", project]);
    const { secret } = await house.access.tokens.create(await house.as(ann), { name: "cron" });
    const mayRead = async (): Promise<boolean> =>
      house.access.may(await house.access.admit(bearer(secret), read), "project.read", {
        kind: "project",
        project: "web",
      });
    expect(await mayRead()).toBe(false);
    const toToken = { authId: `${ann}!cron`, role: "project-reader", scope: project };
    await house.access.grants.create(await house.as(ann), toToken);
    expect(await mayRead()).toBe(true);
    const [grant] = await house.access.grants.list(await house.root(), ann);
    expect(grant?.authId).toBe(ann);
    await house.access.grants.remove(await house.root(), grant?.id ?? "");
    expect(await mayRead()).toBe(false);
  });

  test("an expired or revoked token is refused with the next request", async () => {
    await house.person("ann");
    const ann = await house.as("ann@ibs");
    const expiresAt = house.clock.now() + 1000;
    const short = await house.access.tokens.create(ann, { name: "short", expiresAt });
    const other = await house.access.tokens.create(ann, { name: "other" });
    house.clock.advance(1000);
    await expect(house.access.admit(bearer(short.secret), read)).rejects.toThrow("has expired");
    expect((await house.access.tokens.list(ann, undefined)).map((one) => [one.authId, one.enabled])).toEqual([
      ["ann@ibs!other", true],
      ["ann@ibs!short", false],
    ]);
    await house.access.tokens.remove(ann, "ann@ibs!other");
    await expect(house.access.admit(bearer(other.secret), read)).rejects.toThrow("not known");
    const past = house.access.tokens.create(ann, { name: "past", expiresAt });
    await expect(past).rejects.toEqual(refused("TOKEN_EXPIRY_PAST"));
  });

  test("a lost token makes no tokens, changes no password and gives no rights, whoever owns it", async () => {
    await house.person("ann", ["platform-administrator", PLATFORM_SCOPE]);
    const { secret } = await house.access.tokens.create(await house.as("ann@ibs"), { name: "cron" });
    await house.person("bob", ["platform-administrator", PLATFORM_SCOPE]);
    const thief = await house.access.admit(bearer(secret), change);
    const { tokens, users, grants } = house.access;
    await expect(tokens.create(thief, { name: "more" })).rejects.toEqual(refused("USER_NOT_FOUND"));
    await expect(users.update(thief, "ann@ibs", { password: "0123456789" })).rejects.toEqual(
      refused("USER_NOT_FOUND"),
    );
    const role = "platform-administrator";
    const toItself = { authId: "ann@ibs!cron", role, scope: PLATFORM_SCOPE };
    await expect(grants.create(thief, toItself)).rejects.toEqual(refused("FORBIDDEN"));
  });

  test("use is noted by the minute", async () => {
    await house.person("ann");
    const ann = await house.as("ann@ibs");
    const { secret } = await house.access.tokens.create(ann, { name: "cron" });
    const usedAt = async () => (await house.access.tokens.list(ann, undefined))[0]?.lastUsedAt;
    expect(await usedAt()).toBeUndefined();
    const at = house.clock.now();
    await house.access.admit(bearer(secret), read);
    house.clock.advance(59_999);
    await house.access.admit(bearer(secret), read);
    expect(await usedAt()).toBe(at);
    house.clock.advance(1);
    await house.access.admit(bearer(secret), read);
    expect(await usedAt()).toBe(at + 60_000);
  });
});

test("a password fits its hash and no other, also after its letters were composed differently", async () => {
  const stored = await hashPassword({ random: createSystemRandom() }, "caf\u00e9");
  expect(await passwordMatches("cafe\u0301", stored)).toBe(true);
  expect(await passwordMatches("cafe", stored)).toBe(false);
  expect(await passwordMatches("x", "plain text")).toBe(false);
});
