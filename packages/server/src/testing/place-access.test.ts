/** What somebody whose grants name one namespace sees of a datastore, and what they can do there: this much and no more. */

import type {
  Datastore,
  Group,
  Login,
  NamespaceRow,
  PrunePlan,
  Snapshot,
  Task,
  TaskList,
} from "@ironcore-backup/protocol";
import { createFakeClock, createSeededRandom, parseNamespace } from "@ironcore-backup/base";
import { createMemoryDisk, createNamespace, openDatastore } from "@ironcore-backup/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalEngine } from "../datastores/local-engine.ts";
import { takeSmallSnapshot } from "../datastores/small-snapshot.testing.ts";
import { aServer, closeAll, send } from "./server-fixture.ts";
import type { Answer, Fixture } from "./server-fixture.ts";

afterEach(closeAll);

const PASSWORD = "a long enough password";
const NAMESPACES = ["", "acme", "acme/web", "other"];

let fixture: Fixture;
let ask: <Body>(method: string, path: string, body?: unknown) => Promise<Answer<Body>>;

/** Of a member who administers `acme` of the datastore `store`, and nothing else. */
beforeEach(async () => {
  const clock = createFakeClock();
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  fixture = await aServer(undefined, { parts: { engine: createLocalEngine(needs) } });
  await make("/datastores", { name: "store", path: "/store" });
  await make("/datastores", { name: "second", path: "/second" });
  const datastore = openDatastore(needs, "/store");
  for (const name of NAMESPACES) {
    const namespace = parseNamespace(name);
    createNamespace(needs, datastore, namespace);
    const place = name === "" ? "" : `${name}/`;
    for (const day of ["01", "02"])
      await takeSmallSnapshot(needs, datastore, `${place}host/web/2026-03-${day}T00:00:00Z`);
  }
  const authId = "anna@ibs";
  await make("/users", { authId, password: PASSWORD });
  const scope = { kind: "namespace", name: "store:acme" };
  await make("/grants", { authId, role: "project-admin", scope });
  const { token = "" } = await make<Login>("/login", { user: authId, password: PASSWORD });
  const target = { url: fixture.server.url, ca: fixture.ca, token };
  ask = (method, path, body) =>
    send(target, method, path, body === undefined ? undefined : JSON.stringify(body));
});

async function make<Body>(path: string, body: unknown): Promise<Body> {
  const made = await fixture.call<Body>("POST", path, { body });
  expect([path, made.status < 300 ? "made" : made.body]).toEqual([path, "made"]);
  return made.body;
}

const codeOf = (answer: Answer<unknown>): string =>
  answer.status < 400 ? String(answer.status) : (answer.body as { error: { code: string } }).error.code;

test("lists show what lies in the namespace and below it, and nothing of the others", async () => {
  const datastores = await ask<Datastore[]>("GET", "/datastores");
  expect(datastores.body).toEqual([
    { name: "store", path: "", status: "online", createdAt: expect.any(Number) as number },
  ]);
  const namespaces = await ask<NamespaceRow[]>("GET", "/datastores/store/namespaces");
  expect(namespaces.body.map(({ namespace }) => namespace)).toEqual(["acme", "acme/web"]);
  const groups = await ask<Group[]>("GET", "/datastores/store/groups");
  expect(groups.body.map(({ group }) => group)).toEqual(["acme/host/web", "acme/web/host/web"]);
  const snapshots = await ask<Snapshot[]>("GET", "/datastores/store/snapshots");
  expect(new Set(snapshots.body.map(({ namespace }) => namespace))).toEqual(new Set(["acme", "acme/web"]));
  for (const list of ["snapshots", "groups"]) {
    expect(codeOf(await ask("GET", `/datastores/store/${list}?namespace=other`))).toBe("FORBIDDEN");
    expect(codeOf(await ask("GET", `/datastores/store/${list}?namespace=acme`))).toBe("200");
  }
  // Of a datastore where nothing is theirs, not even that it exists.
  for (const list of ["snapshots", "groups", "namespaces"])
    for (const datastore of ["second", "nowhere"])
      expect(codeOf(await ask("GET", `/datastores/${datastore}/${list}`))).toBe("DATASTORE_NOT_FOUND");
});

test("changes reach as far as the namespace, whatever the name says", async () => {
  const inside = encodeURIComponent("acme/host/web/2026-03-01T00:00:00Z");
  const outside = encodeURIComponent("other/host/web/2026-03-01T00:00:00Z");
  const body = { notes: "mine", protected: true };
  expect(codeOf(await ask("PATCH", `/datastores/store/snapshots/${inside}`, body))).toBe("200");
  for (const name of [outside, encodeURIComponent("host/web/2026-03-01T00:00:00Z")])
    expect(codeOf(await ask("PATCH", `/datastores/store/snapshots/${name}`, body))).toBe("FORBIDDEN");
  const groups = (group: string): string => `/datastores/store/groups/${encodeURIComponent(group)}`;
  expect(codeOf(await ask("PATCH", groups("acme/web/host/web"), { notes: "mine" }))).toBe("200");
  for (const group of ["other/host/web", "host/web", "acme2/host/web"]) {
    expect(codeOf(await ask("PATCH", groups(group), { notes: "mine" }))).toBe("FORBIDDEN");
    expect(codeOf(await ask("DELETE", groups(group)))).toBe("FORBIDDEN");
    expect(codeOf(await ask("POST", `${groups(group)}/owner`, { owner: "anna@ibs" }))).toBe("FORBIDDEN");
  }
  // Names that lead nowhere, or out of the namespace, are no way around.
  for (const name of ["acme/../host/web", "acme//host/web", "../host/web", "acme/host"])
    expect(["FORBIDDEN", "NAME_INVALID"]).toContain(codeOf(await ask("DELETE", groups(name))));
  const namespaces = "/datastores/store/namespaces";
  expect(codeOf(await ask("POST", namespaces, { namespace: "acme/new" }))).toBe("201");
  expect(codeOf(await ask("POST", namespaces, { namespace: "acmenew" }))).toBe("FORBIDDEN");
  expect(codeOf(await ask("DELETE", `${namespaces}/${encodeURIComponent("acme/new")}`))).toBe("204");
  expect(codeOf(await ask("PATCH", `${namespaces}/other`, { retention: null }))).toBe("FORBIDDEN");
  expect(codeOf(await ask("PATCH", "/datastores/store", { retention: { keepLast: 1 } }))).toBe("FORBIDDEN");
  const all = await fixture.call<Snapshot[]>("GET", "/datastores/store/snapshots");
  expect(
    all.body.filter(({ protected: isProtected }) => isProtected).map(({ snapshot }) => snapshot),
  ).toEqual(["acme/host/web/2026-03-01T00:00:00Z"]);
});

test("a prune and its plan look at no more than the namespace", async () => {
  const retention = { keepLast: 1 };
  const plan = await ask<PrunePlan>("POST", "/prune-plans", {
    datastore: "store",
    namespace: "acme",
    retention,
  });
  expect(plan.body.groups.map(({ group, removeCount }) => [group, removeCount])).toEqual([
    ["acme/host/web", 1],
    ["acme/web/host/web", 1],
  ]);
  for (const scope of [{}, { namespace: "" }, { namespace: "other" }, { group: "host/web" }])
    for (const path of ["/prune-plans", "/prunes"])
      expect(codeOf(await ask("POST", path, { datastore: "store", ...scope }))).toBe("FORBIDDEN");
  // Both at once is no way to have one asked and the other done.
  const both = { datastore: "store", namespace: "acme", group: "host/web" };
  expect(codeOf(await ask("POST", "/prune-plans", both))).toBe("PRUNE_SCOPE_INVALID");
  expect(codeOf(await ask("POST", "/prunes", both))).toBe("PRUNE_SCOPE_INVALID");
});

test("a retention of one's own takes the right to forget, the one that was set does not", async () => {
  await make("/roles", { name: "pruner", privileges: ["prune.start", "snapshot.read"] });
  await make("/users", { authId: "paul@ibs", password: PASSWORD });
  const scope = { kind: "datastore", name: "store" };
  await make("/grants", { authId: "paul@ibs", role: "pruner", scope });
  const { token = "" } = await make<Login>("/login", { user: "paul@ibs", password: PASSWORD });
  const start = async (body: object): Promise<string> =>
    codeOf(await fixture.call("POST", "/prunes", { body: { datastore: "store", ...body }, token }));
  expect(await start({ retention: { keepLast: 1 } })).toBe("FORBIDDEN");
  expect(await start({})).toBe("202");
});

test("a datastore and a namespace that jobs work on are not removed, and the jobs are named as far as they may be known", async () => {
  await make("/jobs", { name: "platform-verify", type: "verify", datastore: "store", namespace: "acme/web" });
  await make("/jobs", { name: "platform-gc", type: "gc", datastore: "second" });
  const nested = `/datastores/store/namespaces/${encodeURIComponent("acme/web")}`;
  const whole = await fixture.call<{ error: { code: string; message: string } }>(
    "DELETE",
    "/datastores/second",
  );
  expect(whole.body.error).toMatchObject({
    code: "PLACE_HAS_JOBS",
    message: expect.stringContaining("platform-gc"),
  });
  const told = await fixture.call<{ error: { code: string; message: string } }>("DELETE", nested);
  expect(told.body.error).toMatchObject({
    code: "PLACE_HAS_JOBS",
    message: "store:acme/web is what these jobs work on: platform-verify",
  });
  const hidden = await ask<{ error: { message: string } }>("DELETE", nested);
  expect(hidden.body.error.message).toBe("store:acme/web is what these jobs work on: 1 of other projects");
  expect((await fixture.call("DELETE", "/jobs/platform-gc")).status).toBe(204);
  expect((await fixture.call("DELETE", "/datastores/second")).status).toBe(204);
});

test("a workload is backed up by hand in its own name by who may run in its project and back up there", async () => {
  const workload = { name: "site", kind: "files", paths: ["/wait"], tags: ["prod"] };
  await make("/workloads", workload);
  const start = (body: object) => ["POST", "/workloads/site/backups", body] as const;
  // Anna administers a namespace; the workload is the platform's.
  expect(codeOf(await ask(...start({ datastore: "store", namespace: "acme" })))).toBe("WORKLOAD_NOT_FOUND");
  const { upid } = await make<{ upid: string }>("/workloads/site/backups", {
    datastore: "store",
    namespace: "acme",
    full: true,
  });
  const task = await fixture.call<Task>("GET", `/tasks/${encodeURIComponent(upid)}`);
  expect(task.body).toMatchObject({
    type: "backup",
    workload: "site",
    source: "/wait",
    target: "store:acme/host/site",
  });
  const listed = await fixture.call<TaskList>("GET", "/tasks?workload=site");
  expect(listed.body.tasks.map((one) => one.upid)).toEqual([upid]);
  expect((await fixture.call("POST", `/tasks/${encodeURIComponent(upid)}/cancel`)).status).toBe(202);
});
