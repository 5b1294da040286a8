/** What the door does for every route: repeated requests, limits, health, what answers carry, what the log says. */

import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import { HealthSchema } from "@ironcore-backup/protocol";
import type { AuditList, CreatedApiToken, Health, StartedTask, TaskList } from "@ironcore-backup/protocol";
import { afterEach, expect, test } from "vitest";
import { aDatastore, aServer, closeAll } from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

afterEach(closeAll);

const backup = { datastore: "store", id: "test", paths: ["/ok"] };

async function aPerson(fixture: Fixture, role: string): Promise<string> {
  const authId = "anna@ibs";
  const must = async <Body>(path: string, body: unknown): Promise<Body> => {
    const made = await fixture.call<Body>("POST", path, { body });
    expect([path, made.status]).toEqual([path, 201]);
    return made.body;
  };
  await must("/users", { authId, password: "a long enough password" });
  const { secret } = await must<CreatedApiToken>("/tokens", { user: authId, name: "test" });
  // A token has what it and its owner have been granted both.
  for (const holder of [authId, `${authId}!test`])
    await must("/grants", { authId: holder, role, scope: { kind: "platform", name: "" } });
  return secret;
}

test("a repeated request starts one task, also over a restart, and is told apart from another one", async () => {
  const first = await aServer();
  await aDatastore(first);
  const again = (fixture: Fixture, body: unknown = backup) =>
    fixture.call<StartedTask>("POST", "/backups", { body, headers: { "idempotency-key": "nightly-7" } });
  const [one, two] = await Promise.all([again(first), again(first)]);
  expect([one.status, two.body]).toEqual([202, one.body]);
  expect(new Set([one, two].map(({ headers }) => headers["idempotent-replayed"]))).toEqual(
    new Set(["true", undefined]),
  );
  const { dataDir } = first;
  await first.server.stop();
  const second = await aServer(dataDir);
  expect((await again(second)).body).toEqual(one.body);
  expect(await again(second, { ...backup, id: "other" })).toMatchObject({
    status: 409,
    body: { error: { code: "IDEMPOTENCY_KEY_REUSED" } },
  });
  expect((await second.call<TaskList>("GET", "/tasks")).body.tasks).toHaveLength(1);
});

test("a token's secret is not kept for a repeated request, and is nowhere in the state store", async () => {
  const fixture = await aServer();
  const ask = () =>
    fixture.call<CreatedApiToken>("POST", "/tokens", {
      body: { name: "once" },
      headers: { "idempotency-key": "k" },
    });
  const { secret } = (await ask()).body;
  expect(await ask()).toMatchObject({
    status: 409,
    body: { error: { code: "IDEMPOTENCY_ANSWER_NOT_KEPT" } },
  });
  for (const name of ["state.db", "state.db-wal"])
    expect(readFileSync(join(fixture.dataDir, name)).includes(secret)).toBe(false);
});

test("who asks too much is told to wait, and others and the local token are not", async () => {
  // So slow that the bucket does not fill while the test runs, however slow the machine is.
  const rule = (name: string, burstCount: number) => ({ name, burstCount, perSecond: 0.001 });
  const rateRules = {
    reads: rule("reads", 4),
    changes: rule("changes", 2),
    open: rule("open", 3),
    refusedProofs: rule("proofs", 2),
  };
  const fixture = await aServer(undefined, { parts: { rateRules } });
  const token = await aPerson(fixture, "platform-administrator");
  const statuses = async (count: number, method: string, path: string, given: string | null) => {
    const found = [];
    for (let at = 0; at < count; at++)
      found.push(
        (await fixture.call(method, path, { body: method === "GET" ? undefined : {}, token: given })).status,
      );
    return found;
  };
  expect(await statuses(3, "PATCH", "/datastores/nowhere", token)).toEqual([404, 404, 429]);
  expect(await statuses(5, "GET", "/whoami", token)).toEqual([200, 200, 200, 200, 429]);
  expect(await statuses(4, "GET", "/ping", null)).toEqual([200, 200, 200, 429]);
  expect(await statuses(3, "GET", "/whoami", "ibs_wrong")).toEqual([401, 401, 429]);
  expect(await statuses(9, "GET", "/whoami", fixture.token)).toEqual(Array(9).fill(200));
  const refused = await fixture.call("GET", "/whoami", { token });
  expect(refused).toMatchObject({ status: 429, body: { error: { code: "RATE_LIMITED", retry: "later" } } });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(900);
});

test("health and readiness answer everybody, and tell details to who may look", async () => {
  const fixture = await aServer();
  const shape = Compile(HealthSchema);
  for (const path of ["/health", "/ready"]) {
    const open = await fixture.call<Health>("GET", path, { token: null });
    expect([open.status, open.body]).toEqual([200, { status: "ok", checks: [] }]);
    const told = await fixture.call<Health>("GET", path);
    expect(shape.Check(told.body)).toBe(true);
    expect(told.body.checks.length).toBeGreaterThan(0);
  }
  const checks = (await fixture.call<Health>("GET", "/ready")).body.checks.map(({ name }) => name);
  expect(checks).toEqual(
    expect.arrayContaining(["state-store", "data-directory", "log-directory", "workers"]),
  );
});

test("a server whose task logs cannot be written is alive and not ready", async () => {
  const fixture = await aServer();
  const path = join(fixture.dataDir, "tasks");
  renameSync(path, `${path}-away`);
  expect((await fixture.call("GET", "/health")).status).toBe(200);
  const ready = await fixture.call<Health>("GET", "/ready");
  expect([ready.status, ready.body.status]).toEqual([503, "failing"]);
  expect(ready.body.checks.filter(({ ok }) => !ok)).toMatchObject([{ name: "task-logs" }]);
  expect((await fixture.call("GET", "/ready", { token: null })).body).toEqual({
    status: "failing",
    checks: [],
  });
  renameSync(`${path}-away`, path);
});

test("one id names a request in its answer, in the log and in the audit log", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const { headers } = await fixture.call("PATCH", "/datastores/store", {
    body: { comment: "x" },
    headers: { "x-request-id": "forged" },
  });
  const requestId = String(headers["x-request-id"]);
  const lines = readFileSync(join(fixture.dataDir, "logs", "server.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.filter((line) => line["requestId"] === requestId)).toMatchObject([
    {
      service: "api",
      method: "PATCH",
      path: "/api/v1/datastores/store",
      status: 200,
      authId: "admin@ibs",
      message: "request",
    },
  ]);
  const audit = (await fixture.call<AuditList>("GET", "/audit")).body.entries;
  expect(audit.find((entry) => entry.requestId === requestId)).toMatchObject({
    subject: "store",
    outcome: "done",
  });
});

test("a refused request says its code in head, body and log", async () => {
  const fixture = await aServer();
  const { headers, body } = await fixture.call<{ requestId: string }>("GET", "/datastores/nowhere");
  expect(headers["x-error-code"]).toBe("DATASTORE_NOT_FOUND");
  const log = readFileSync(join(fixture.dataDir, "logs", "server.jsonl"), "utf8").split("\n");
  expect(log.find((line) => line.includes(body.requestId))).toContain('"code":"DATASTORE_NOT_FOUND"');
});

test("every answer forbids framing, guessing of types, caching and other origins", async () => {
  const fixture = await aServer();
  for (const path of ["/ping", "/status", "/nothing", "/docs"]) {
    expect((await fixture.call("GET", path)).headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "strict-transport-security": "max-age=31536000",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
  }
});
