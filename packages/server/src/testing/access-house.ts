/**
 * A server with two projects and everybody who could come to its door: strangers with nothing or with proofs that hold no
 * more, a member of the other project, readers, members and administrators of this one, and the platform's people.
 * What is secret to the other project says so.
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type {
  CreatedApiToken,
  DeliveryList,
  Grant,
  Inbox,
  Login,
  StartedTask,
  WorkerOverview,
} from "@ironcore-backup/protocol";
import type { Senders } from "../senders/sender.ts";
import { aServer, clock, ended, running, waitFor } from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

export const SECRET_MARK = "SECRET";
const SLOT_COUNT = 2;
const PASSWORD = "a long enough password";

export const OUTSIDERS = ["nobody", "expired-token", "revoked-token", "disabled-user"] as const;
export const INSIDERS = [
  "foreign-member",
  "project-reader",
  "project-member",
  "project-admin",
  "platform-auditor",
  "platform-operator",
  "platform-administrator",
  "cookie-without-csrf",
] as const;
export type Outsider = (typeof OUTSIDERS)[number];
export type Insider = (typeof INSIDERS)[number];

const NOWHERE = { outcome: "unreachable", response: "not in this house" } as const;
/** Nothing leaves the house. */
const SENDERS: Senders = {
  send: () => Promise.resolve(NOWHERE),
  beat: () => Promise.resolve(NOWHERE),
  pushMetrics: () => Promise.resolve(NOWHERE),
  check: () => undefined,
  makeSigningSecret: () => `whsec_${SECRET_MARK}`,
  preview: () => ({}),
};

export interface AccessHouse {
  readonly fixture: Fixture;
  proofOf(who: Insider | Outsider): Readonly<Record<string, string>>;
  /** Things of the project `mine` and of the platform, by the parameter that names them. */
  readonly names: Readonly<Record<string, string>>;
  /** What a refused caller must not be able to tell from the names above: of the same form, and nowhere. */
  readonly missing: Readonly<Record<string, string>>;
  /** Asks as who holds the data directory's token. */
  make<Body>(path: string, body: unknown): Promise<Body>;
  /** A grant that may be taken back. */
  aGrant(): Promise<string>;
  /** A job that may be run or removed. */
  aJob(): Promise<string>;
  /** A queued task, which stays so: all slots are busy. */
  aTask(): Promise<string>;
  /** An open incident of the project. */
  aNotice(): string;
  /** A notification target that nothing names. */
  aTarget(): Promise<string>;
}

// Long because it makes one of everything that a route can be about.
export async function anAccessHouse(): Promise<AccessHouse> {
  const fixture = await aServer(undefined, {
    slotCounts: { worker: SLOT_COUNT },
    parts: { senders: SENDERS },
  });
  const make = async <Body>(path: string, body: unknown): Promise<Body> => {
    const made = await fixture.call<Body>("POST", path, { body });
    expect([path, made.status < 300 ? "made" : made.body]).toEqual([path, "made"]);
    return made.body;
  };
  await makeThings(make);
  const proofs = await makePeople(fixture, make);
  const backup = { datastore: "store", project: "mine", paths: ["/ok", `/${SECRET_MARK}-path`] };
  const { upid } = await make<StartedTask>("/backups", { ...backup, id: "done" });
  await waitFor(fixture, upid, ended);
  let taskCount = 0;
  const aTask = async (): Promise<string> =>
    (await make<StartedTask>("/backups", { ...backup, id: `w${++taskCount}`, paths: ["/wait"] })).upid;
  for (let slot = 0; slot < SLOT_COUNT; slot++) await waitFor(fixture, await aTask(), running);
  const { workers } = (await fixture.call<WorkerOverview>("GET", "/workers")).body;
  const worker = workers.find((one) => one.class === "gc")?.name ?? "";
  let roleCount = 0;
  const aGrant = async (): Promise<string> => {
    const name = `role-${++roleCount}`;
    await make("/roles", { name, privileges: ["task.read"] });
    const grant = { authId: "someone@ibs", role: name, scope: { kind: "project", name: "mine" } };
    return (await make<Grant>("/grants", grant)).id;
  };
  let jobCount = 0;
  const aJob = async (): Promise<string> => {
    const name = `job-${++jobCount}`;
    await make("/jobs", { name, project: "mine", type: "verify", datastore: "store", comment: SECRET_MARK });
    return name;
  };
  let targetCount = 0;
  const aTarget = async (): Promise<string> => {
    const name = `target-${++targetCount}`;
    const secrets = { url: `https://hook.example/${SECRET_MARK}`, token: SECRET_MARK };
    await make("/notification-targets", {
      name,
      project: "mine",
      kind: "webhook",
      comment: SECRET_MARK,
      ...secrets,
    });
    return name;
  };
  const target = await aTarget();
  await make("/notification-groups", {
    name: "list",
    project: "mine",
    targets: [target],
    comment: SECRET_MARK,
  });
  await make("/notification-rules", {
    name: "rule",
    project: "mine",
    groups: ["list"],
    comment: SECRET_MARK,
  });
  const aNotice = await createNotices(fixture);
  const names = {
    target,
    list: "list",
    rule: "rule",
    notice: aNotice(),
    delivery: await aDelivery(fixture),
    workload: "web",
    job: await aJob(),
    datastore: "store",
    snapshot: "host/done/2024-05-01T12:00:00Z",
    namespace: "space",
    group: "host/done",
    upid,
    worker,
    user: "someone@ibs",
    token: "someone@ibs!cron",
    project: "mine",
    role: "custom",
    grant: await aGrant(),
  };
  return {
    fixture,
    proofOf: (who) => proofs[who],
    names,
    missing: {
      target: "torget-1",
      list: "lost",
      rule: "rude",
      notice: "987654",
      delivery: "987654",
      workload: "wab",
      job: "jib-1",
      datastore: "shore",
      snapshot: "host/gone/2024-05-01T12:00:00Z",
      namespace: "shade",
      group: "host/gone",
      upid: anotherUpid(upid),
      worker: worker.replace("gc", "qc"),
      user: "nemo999@ibs",
      token: "someone@ibs!iron",
      project: "nine",
      role: "rustic",
      grant: "0123456789abcdef",
    },
    make,
    aGrant,
    aJob,
    aTask,
    aNotice,
    aTarget,
  };
}

const NOTICE_COUNT = 60;

/** Incidents of the project, made all at once as the store would have noted them, and handed out one by one. */
async function createNotices({ dataDir, call }: Fixture): Promise<() => string> {
  const database = new DatabaseSync(join(dataDir, "state.db"));
  const insert = database.prepare("insert into notification_signals (kind, ref) values ('occurrence', ?)");
  for (let at = 0; at < NOTICE_COUNT; at++)
    insert.run(
      JSON.stringify({
        event: "backup.failed",
        severity: "error",
        at: 1_700_000_000_000,
        title: `${SECRET_MARK} of host ${at}`,
        text: SECRET_MARK,
        audience: "task",
        project: "mine",
        opens: `job|x|${at}`,
        isKept: true,
      }),
    );
  database.close();
  const open = async (): Promise<Inbox["notices"]> =>
    (await call<Inbox>("GET", "/inbox?state=open&limit=1000&severityMin=error")).body.notices;
  const deadlineMs = clock.elapsedMs() + 20_000;
  while ((await open()).length < NOTICE_COUNT) {
    expect(clock.elapsedMs()).toBeLessThan(deadlineMs);
    await clock.sleep(100);
  }
  const left = (await open()).map(({ notice }) => String(notice));
  return () => left.pop() ?? "0";
}

/** The first message that was made. */
async function aDelivery(fixture: Fixture): Promise<string> {
  const { body } = await fixture.call<DeliveryList>("GET", "/notification-deliveries");
  return String(body.deliveries[0]?.delivery ?? 0);
}

async function makeThings(make: AccessHouse["make"]): Promise<void> {
  for (const name of ["store", "gone"])
    await make("/datastores", { name, path: `/stores/${SECRET_MARK}-${name}`, comment: SECRET_MARK });
  for (const name of ["mine", "gone"]) await make("/projects", { name, comment: SECRET_MARK });
  await make("/datastores/store/namespaces", { namespace: "space" });
  await make("/workloads", { name: "web", project: "mine", kind: "files", paths: [`/${SECRET_MARK}`] });
  await make("/datastores", { name: "other", path: "/stores/other" });
  await make("/projects", { name: "theirs" });
  for (const name of ["custom", "gone"]) await make("/roles", { name, privileges: ["task.read"] });
  const secret = { comment: `${SECRET_MARK}-user`, email: `${SECRET_MARK}@example` };
  for (const name of ["someone", "gone"])
    await make("/users", { authId: `${name}@ibs`, password: PASSWORD, ...secret });
  await make("/tokens", { user: "someone@ibs", name: "cron", comment: `${SECRET_MARK}-token` });
}

const ON_PLATFORM = { kind: "platform", name: "" };

async function makePeople(
  fixture: Fixture,
  make: AccessHouse["make"],
): Promise<Readonly<Record<Insider | Outsider, Readonly<Record<string, string>>>>> {
  const aPerson = async (name: string, role: string, scopes: readonly object[]): Promise<string> => {
    const authId = `${name}@ibs`;
    await make("/users", { authId, password: PASSWORD });
    for (const scope of scopes) await make("/grants", { authId, role, scope });
    const { token = "" } = await make<Login>("/login", { user: authId, password: PASSWORD });
    return token;
  };
  const inProject = (project: string, datastore: string) => [
    { kind: "project", name: project },
    { kind: "datastore", name: datastore },
  ];
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const person = async (role: string, scopes: readonly object[] = inProject("mine", "store")) =>
    bearer(await aPerson(role, role, scopes));
  const foreign = await aPerson("foreign", "project-admin", inProject("theirs", "other"));
  const proofs = {
    nobody: {},
    "foreign-member": bearer(foreign),
    "project-reader": await person("project-reader"),
    "project-member": await person("project-member"),
    "project-admin": await person("project-admin"),
    "platform-auditor": await person("platform-auditor", [ON_PLATFORM]),
    "platform-operator": await person("platform-operator", [ON_PLATFORM]),
    "platform-administrator": await person("platform-administrator", [ON_PLATFORM]),
    "disabled-user": bearer(await aPerson("disabled", "platform-administrator", [ON_PLATFORM])),
    "expired-token": bearer(await aToken(make, "expired")),
    "revoked-token": bearer(await aToken(make, "revoked")),
    "cookie-without-csrf": { cookie: await aCookie(fixture) },
  };
  await fixture.call("PATCH", "/users/disabled%40ibs", { body: { enabled: false } });
  const revoked = await fixture.call("DELETE", `/tokens/${encodeURIComponent("admin@ibs!revoked")}`);
  expect(revoked.status).toBe(204);
  expireToken(fixture, "admin@ibs!expired");
  return proofs;
}

/** With all rights of its owner. */
async function aToken(make: AccessHouse["make"], name: string): Promise<string> {
  const { secret, token } = await make<CreatedApiToken>("/tokens", { name });
  await make("/grants", { authId: token.authId, role: "platform-administrator", scope: ON_PLATFORM });
  return secret;
}

async function aCookie(fixture: Fixture): Promise<string> {
  const body = { user: "platform-administrator@ibs", password: PASSWORD, via: "cookie" };
  const { headers } = await fixture.call("POST", "/login", { body, token: null });
  const [cookie = ""] = headers["set-cookie"] ?? [];
  expect(cookie).toMatch(
    /^__Host-ibs=[A-Za-z0-9_-]+; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict$/,
  );
  return cookie.split(";", 1)[0] ?? "";
}

/** Tokens are made with an expiry in the future; time passes in the store. */
function expireToken(fixture: Fixture, authId: string): void {
  const database = new DatabaseSync(join(fixture.dataDir, "state.db"));
  database.prepare("update api_tokens set expires_at = 1 where auth_id = ?").run(authId);
  database.close();
}

/** The same time, kind and user with another number. */
function anotherUpid(upid: string): string {
  const parts = upid.split(":");
  parts[4] = "7FFFFFF0";
  return parts.join(":");
}
