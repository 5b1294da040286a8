import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aProject, aStore, anAccessHouse, bearer, change, PLATFORM_SCOPE, read } from "./access.testing.ts";
import type { AccessHouse } from "./access.testing.ts";
import { PLATFORM } from "./rights.ts";

let house: AccessHouse;
beforeEach(async () => {
  house = await anAccessHouse();
});
afterEach(() => house.close());

const refused = (code: string) => expect.objectContaining({ code });

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
