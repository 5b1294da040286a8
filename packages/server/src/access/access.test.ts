import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSystemRandom } from "@ironcore-backup/base";
import {
  aProject,
  aStore,
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

describe("users", () => {
  test("names have one pattern and the realm of this server", async () => {
    const root = await house.root();
    for (const authId of [
      "ann",
      "ann@pam",
      "a b@ibs",
      "ann@ibs!x",
      "../x@ibs",
      "@ibs",
      `${"a".repeat(65)}@ibs`,
    ])
      await expect(house.access.users.create(root, { authId, password: "0123456789" })).rejects.toEqual(
        refused("NAME_INVALID"),
      );
  });

  test("people read and change themselves, knowing their password; others do not exist for them", async () => {
    const root = await house.root();
    await house.access.users.create(root, { authId: "ann@ibs", password: "first password" });
    await house.person("bob");
    const ann = await house.as("ann@ibs");
    const { users } = house.access;
    expect(await users.get(ann, "ann@ibs")).toMatchObject({ authId: "ann@ibs", enabled: true });
    for (const user of ["bob@ibs", "nobody@ibs"])
      await expect(users.get(ann, user)).rejects.toMatchObject({
        code: "USER_NOT_FOUND",
        message: `There is no user ${user}`,
      });
    const password = "second password";
    await expect(users.update(ann, "ann@ibs", { password })).rejects.toEqual(refused("PASSWORD_WRONG"));
    await expect(users.update(ann, "ann@ibs", { password, oldPassword: "guess" })).rejects.toEqual(
      refused("PASSWORD_WRONG"),
    );
    await expect(users.update(ann, "ann@ibs", { enabled: true })).rejects.toEqual(refused("FORBIDDEN"));
    const other = await house.session("ann@ibs");
    const own = await house.session("ann@ibs");
    const caller = await house.access.admit(bearer(own), change);
    await users.update(caller, "ann@ibs", { password, oldPassword: "first password", email: "ann@example" });
    await house.access.admit(bearer(own), read);
    await expect(house.access.admit(bearer(other), read)).rejects.toEqual(refused("UNAUTHENTICATED"));
  });

  test("who found a session open may not guess the password without end", async () => {
    await house.person("ann");
    const ann = await house.as("ann@ibs");
    const guess = (): Promise<unknown> =>
      house.access.users.update(ann, "ann@ibs", { password: "0123456789", oldPassword: "x" });
    for (let at = 0; at < 5; at++) await expect(guess()).rejects.toEqual(refused("PASSWORD_WRONG"));
    await expect(guess()).rejects.toEqual(refused("LOGIN_THROTTLED"));
  });

  test("who manages users does not manage those who may do more", async () => {
    await house.access.roles.create(await house.root(), {
      name: "helpdesk",
      privileges: ["user.read", "user.manage", "token.manage"],
    });
    await house.person("help", ["helpdesk", PLATFORM_SCOPE]);
    await house.person("boss", ["platform-administrator", PLATFORM_SCOPE]);
    await house.person("ann");
    const help = await house.as("help@ibs");
    const { users, tokens } = house.access;
    const outranked = refused("USER_OUTRANKS");
    await expect(users.update(help, "boss@ibs", { password: "0123456789" })).rejects.toEqual(outranked);
    await expect(users.update(help, "boss@ibs", { enabled: false })).rejects.toEqual(outranked);
    await expect(users.remove(help, "boss@ibs")).rejects.toEqual(outranked);
    await expect(tokens.create(help, { user: "boss@ibs", name: "x" })).rejects.toEqual(outranked);
    await users.update(help, "ann@ibs", { enabled: false });
    await tokens.create(help, { user: "ann@ibs", name: "x" });
    await users.remove(help, "ann@ibs");
    expect((await users.list(help)).map((user) => user.authId)).toEqual(["boss@ibs", "help@ibs"]);
  });

  test("what a removed user had, a new one of the same name has not", async () => {
    const project = await aProject(house, "web");
    await house.person("ann", ["project-admin", project]);
    const { secret } = await house.access.tokens.create(await house.as("ann@ibs"), { name: "cron" });
    await house.access.users.remove(await house.root(), "ann@ibs");
    await house.person("ann");
    expect((await house.as("ann@ibs")).rights).toEqual([]);
    await expect(house.access.admit(bearer(secret), read)).rejects.toEqual(refused("UNAUTHENTICATED"));
    expect(await house.access.grants.list(await house.root(), undefined)).toEqual([]);
  });
});

describe("the last administrator", () => {
  test("is not removed, disabled or stripped, by nobody; the one before the last is", async () => {
    const role = "platform-administrator";
    await house.person("one", [role, PLATFORM_SCOPE]);
    await house.person("two", [role, PLATFORM_SCOPE]);
    const { users, grants } = house.access;
    const root = await house.root();
    await users.update(root, "two@ibs", { enabled: false });
    const [grant] = await grants.list(root, "one@ibs");
    const last = refused("LAST_ADMINISTRATOR");
    await expect(users.update(root, "one@ibs", { enabled: false })).rejects.toEqual(last);
    await expect(users.remove(root, "one@ibs")).rejects.toEqual(last);
    await expect(grants.remove(root, grant?.id ?? "")).rejects.toEqual(last);
    // Nothing of it was half done.
    expect(house.access.may(await house.as("one@ibs"), "user.manage", PLATFORM)).toBe(true);
    await users.update(root, "two@ibs", { enabled: true });
    await users.remove(root, "one@ibs");
  });

  test("a token of an administrator is no administrator", async () => {
    await house.person("one", ["platform-administrator", PLATFORM_SCOPE]);
    await house.access.tokens.create(await house.as("one@ibs"), { name: "cron" });
    const toToken = { authId: "one@ibs!cron", role: "platform-administrator", scope: PLATFORM_SCOPE };
    await house.access.grants.create(await house.as("one@ibs"), toToken);
    await expect(house.access.users.remove(await house.root(), "one@ibs")).rejects.toEqual(
      refused("LAST_ADMINISTRATOR"),
    );
  });
});

describe("grants and roles", () => {
  test("a project's administrator gives what they have, where they have it, and takes it back", async () => {
    const web = await aProject(house, "web");
    const shop = await aProject(house, "shop");
    await house.person("ann", ["project-admin", web]);
    await house.person("bob");
    const { grants } = house.access;
    const ann = await house.as("ann@ibs");
    const give = (role: string, scope: typeof web) => grants.create(ann, { authId: "bob@ibs", role, scope });
    const made = await give("project-member", web);
    await expect(give("project-member", web)).rejects.toEqual(refused("GRANT_EXISTS"));
    await expect(give("project-member", shop)).rejects.toEqual(refused("PROJECT_NOT_FOUND"));
    await expect(give("project-member", { kind: "project", name: "none" })).rejects.toEqual(
      refused("PROJECT_NOT_FOUND"),
    );
    await expect(give("project-reader", PLATFORM_SCOPE)).rejects.toEqual(refused("FORBIDDEN"));
    await expect(give("platform-auditor", web)).rejects.toEqual(refused("GRANT_EXCEEDS"));
    await expect(give("no-such-role", web)).rejects.toEqual(refused("ROLE_NOT_FOUND"));
    await grants.remove(ann, made.id);
    expect((await house.as("bob@ibs")).rights).toEqual([]);
    const { members } = await house.access.projects.get(ann, "web");
    expect(members).toEqual([{ authId: "ann@ibs", role: "project-admin" }]);
  });

  test("grants of others on what one may not read do not exist, also not to be taken back", async () => {
    const web = await aProject(house, "web");
    const shop = await aProject(house, "shop");
    await house.person("ann", ["project-admin", web]);
    await house.person("bob", ["project-admin", shop]);
    const ann = await house.as("ann@ibs");
    const [foreign] = await house.access.grants.list(await house.root(), "bob@ibs");
    expect((await house.access.grants.list(ann, undefined)).map((grant) => grant.authId)).toEqual([
      "ann@ibs",
    ]);
    expect(await house.access.grants.list(ann, "bob@ibs")).toEqual([]);
    for (const id of [foreign?.id ?? "", "0123456789abcdef"])
      await expect(house.access.grants.remove(ann, id)).rejects.toMatchObject({
        code: "GRANT_NOT_FOUND",
        message: `There is no grant ${id}`,
      });
  });

  test("a custom role never holds more than its maker, before and after a change", async () => {
    const { roles } = house.access;
    const root = await house.root();
    await roles.create(root, { name: "granter", privileges: ["grant.manage", "grant.read", "task.read"] });
    await roles.create(root, { name: "strong", privileges: ["snapshot.forget"] });
    await house.person("ann", ["granter", PLATFORM_SCOPE]);
    const ann = await house.as("ann@ibs");
    const exceeds = refused("GRANT_EXCEEDS");
    const strong = { name: "mine", privileges: ["snapshot.forget" as const] };
    await expect(roles.create(ann, strong)).rejects.toEqual(exceeds);
    await expect(roles.update(ann, "granter", { privileges: ["user.manage"] })).rejects.toEqual(exceeds);
    await expect(roles.update(ann, "strong", { privileges: ["task.read"] })).rejects.toEqual(exceeds);
    await roles.create(ann, { name: "watcher", privileges: ["task.read"] });
    await expect(roles.update(root, "project-admin", { comment: "x" })).rejects.toEqual(
      refused("ROLE_BUILT_IN"),
    );
    await expect(roles.remove(root, "granter")).rejects.toEqual(refused("ROLE_IN_USE"));
    await roles.remove(ann, "watcher");
    for (const name of ["platform-king", "project-thing"])
      await expect(roles.create(root, { name, privileges: ["task.read"] })).rejects.toEqual(
        refused("ROLE_BUILT_IN"),
      );
  });

  test("scopes are checked and kept in one form, and grants on a datastore go with it", async () => {
    const store = await aStore(house, "store");
    const root = await house.root();
    await house.person("ann", ["project-member", store]);
    const give = (kind: "platform" | "datastore" | "namespace", name: string) =>
      house.access.grants.create(root, { authId: "ann@ibs", role: "project-reader", scope: { kind, name } });
    await expect(give("platform", "x")).rejects.toEqual(refused("SCOPE_INVALID"));
    await expect(give("namespace", "store:")).rejects.toEqual(refused("SCOPE_INVALID"));
    await expect(give("namespace", "store")).rejects.toEqual(refused("NAME_INVALID"));
    await expect(give("namespace", "store:../x")).rejects.toEqual(refused("NAME_INVALID"));
    await expect(give("datastore", "other")).rejects.toEqual(refused("DATASTORE_NOT_FOUND"));
    await give("namespace", "store:a/b");
    expect((await house.as("ann@ibs")).rights).toHaveLength(2);
    await house.access.grants.forgetDatastore("store");
    expect((await house.as("ann@ibs")).rights).toEqual([]);
  });
});

describe("projects", () => {
  test("the limit is the platform's to set, the comment the project's own; both outlive a restart", async () => {
    const web = await aProject(house, "web");
    await house.person("ann", ["project-admin", web]);
    const ann = await house.as("ann@ibs");
    const { projects } = house.access;
    expect(await projects.update(ann, "web", { comment: "shop" })).toMatchObject({ comment: "shop" });
    await expect(projects.update(ann, "web", { runningTaskCountMax: 9 })).rejects.toEqual(
      refused("FORBIDDEN"),
    );
    await projects.update(await house.root(), "web", { runningTaskCountMax: 2 });
    expect(projects.runningTaskCountMaxOf("web")).toBe(2);
    expect((await house.reopen()).projects.runningTaskCountMaxOf("web")).toBe(2);
    await projects.update(await house.root(), "web", { runningTaskCountMax: null });
    expect(projects.runningTaskCountMaxOf("web")).toBeUndefined();
    await expect(projects.remove(ann, "web")).rejects.toEqual(refused("FORBIDDEN"));
    await projects.remove(await house.root(), "web");
    expect((await house.as("ann@ibs")).rights).toEqual([]);
  });

  test("a task is in the project that is named, or in the only one there is", async () => {
    const web = await aProject(house, "web");
    const shop = await aProject(house, "shop");
    await house.person("one", ["project-member", web]);
    await house.person("two", ["project-member", web], ["project-reader", shop]);
    await house.person("three", ["project-member", web], ["project-operator", shop]);
    const projectFor = async (user: string, wanted?: string) =>
      house.access.projectFor(await house.as(`${user}@ibs`), wanted, "backup.start");
    expect(await projectFor("one")).toBe("web");
    expect(await projectFor("two")).toBe("web");
    await expect(projectFor("three")).rejects.toEqual(refused("PROJECT_NEEDED"));
    expect(await projectFor("three", "shop")).toBe("shop");
    await expect(projectFor("two", "shop")).rejects.toEqual(refused("FORBIDDEN"));
    for (const name of ["shop", "none"])
      await expect(projectFor("one", name)).rejects.toMatchObject({
        code: "PROJECT_NOT_FOUND",
        message: `There is no project ${name}`,
      });
    const root = await house.root();
    expect(await house.access.projectFor(root, undefined, "backup.start")).toBeUndefined();
    await expect(house.access.projectFor(root, "none", "backup.start")).rejects.toEqual(
      refused("PROJECT_NOT_FOUND"),
    );
  });
});

test("whoever lost a right or a proof is told of, so that open streams are looked at again", async () => {
  const heard: (string | undefined)[] = [];
  const end = house.access.subscribeRevocations((user) => heard.push(user));
  const web = await aProject(house, "web");
  await house.person("ann", ["project-member", web]);
  const ann = await house.as("ann@ibs");
  heard.length = 0;
  await house.access.tokens.create(ann, { name: "cron" });
  await house.access.tokens.remove(ann, "ann@ibs!cron");
  await house.access.logout(ann);
  await house.access.users.update(await house.root(), "ann@ibs", { enabled: false });
  await house.access.projects.remove(await house.root(), "web");
  expect(heard).toEqual(["ann@ibs", "ann@ibs", "ann@ibs", undefined]);
  end();
  await house.access.users.remove(await house.root(), "ann@ibs");
  expect(heard).toHaveLength(4);
});

test("a password fits its hash and no other, also after its letters were composed differently", async () => {
  const stored = await hashPassword({ random: createSystemRandom() }, "caf\u00e9");
  expect(await passwordMatches("cafe\u0301", stored)).toBe(true);
  expect(await passwordMatches("cafe", stored)).toBe(false);
  expect(await passwordMatches("x", "plain text")).toBe(false);
});
