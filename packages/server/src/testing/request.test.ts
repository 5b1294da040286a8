/** Who may ask what, and what is refused how, on the whole server. */

import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Compile } from "typebox/compile";
import { ErrorResponseSchema, routes } from "@ironcore-backup/protocol";
import type { Login, RouteName, Status, TaskList } from "@ironcore-backup/protocol";
import { fingerprintOf } from "../config/certificate.ts";
import { afterEach, expect, test } from "vitest";
import { aDatastore, aServer, closeAll, ended, start, waitFor } from "./server-fixture.ts";

afterEach(closeAll);

test("a second server refuses the data directory of a running one", async () => {
  const fixture = await aServer();
  await expect(aServer(fixture.dataDir)).rejects.toMatchObject({ code: "DATA_DIRECTORY_IN_USE" });
});

test("the first administrator signs in with the printed password, and the session ends with logout", async () => {
  const fixture = await aServer();
  const { authId = "", password = "" } = fixture.server.firstAdministrator ?? {};
  const login = await fixture.call<Login>("POST", "/login", {
    body: { user: authId, password },
    token: null,
  });
  expect(login.status).toBe(200);
  const { token = "" } = login.body;
  expect((await fixture.call("GET", "/whoami", { token })).body).toMatchObject({
    authId: "admin@ibs",
    via: "session",
    grants: [{ role: "platform-administrator", scope: { kind: "platform", name: "" } }],
    projects: [],
  });
  expect((await fixture.call("POST", "/logout", { token })).status).toBe(204);
  expect((await fixture.call("GET", "/whoami", { token })).status).toBe(401);
  const log = readFileSync(join(fixture.dataDir, "logs", "server.jsonl"), "utf8");
  for (const secret of [password, token, fixture.token]) expect(log).not.toContain(secret);
});

test("wrong passwords are refused alike for known and unknown users, and soon slowed down", async () => {
  const fixture = await aServer();
  const guess = (user: string) =>
    fixture.call("POST", "/login", { body: { user, password: "x" }, token: null });
  expect(await guess("nobody@ibs")).toMatchObject({ status: 401, body: { error: { code: "LOGIN_FAILED" } } });
  for (let at = 0; at < 4; at++) await guess("admin@ibs");
  const slowed = await guess("admin@ibs");
  expect(slowed).toMatchObject({ status: 429, body: { error: { code: "LOGIN_THROTTLED" } } });
  expect(Number(slowed.headers["retry-after"])).toBeGreaterThan(0);
});

test("hostile requests are refused in the one error shape", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const shape = Compile(ErrorResponseSchema);
  const backup = { datastore: "store", paths: ["/x"] };
  const cases: readonly (readonly [number, string, string, { body?: unknown; raw?: string }])[] = [
    [400, "GET", "/tasks?limit=0", {}],
    [400, "GET", "/tasks?limit=1e99", {}],
    [400, "GET", "/tasks?misspelt=1", {}],
    [400, "GET", "/tasks?cursor=%27%20or%201", {}],
    [400, "GET", "/tasks?limit=1&limit=2", {}],
    [400, "POST", "/backups", { raw: "{" }],
    [400, "POST", "/backups", { raw: '{"__proto__": {"x": 1}, "datastore": "store", "paths": ["/x"]}' }],
    [400, "POST", "/backups", { body: [] }],
    [400, "POST", "/backups", { body: { ...backup, extra: 1 } }],
    [400, "POST", "/backups", { body: { ...backup, paths: [] } }],
    [400, "POST", "/backups", { body: { ...backup, paths: ["relative"] } }],
    [400, "POST", "/backups", { body: { ...backup, namespace: "../.." } }],
    [400, "POST", "/backups", { body: { ...backup, id: "a/b" } }],
    [404, "POST", "/backups", { body: { ...backup, datastore: "nowhere" } }],
    [413, "POST", "/backups", { raw: `{"datastore":"${"x".repeat(2_000_000)}"}` }],
    [404, "GET", "/tasks/UPID:x", {}],
    [404, "GET", `/tasks/${encodeURIComponent("../../etc/passwd")}`, {}],
    [404, "GET", "/datastores/nowhere", {}],
    [404, "GET", "/nothing", {}],
    [400, "GET", "/tasks/%ff", {}],
  ];
  for (const [status, method, path, options] of cases) {
    const answer = await fixture.call(method, path, options);
    expect([method, path, answer.status]).toEqual([method, path, status]);
    expect(shape.Check(answer.body), JSON.stringify(answer.body)).toBe(true);
  }
});

test("every answer fits its route's schema, with nothing beside it", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  const upid = await start(fixture, "/ok");
  await waitFor(fixture, upid, ended);
  const upidPath = encodeURIComponent(upid);
  const answers: Partial<Record<RouteName, unknown>> = {
    ping: (await fixture.call("GET", "/ping", { token: null })).body,
    getStatus: (await fixture.call<Status>("GET", "/status")).body,
    listDatastores: (await fixture.call("GET", "/datastores")).body,
    getDatastore: (await fixture.call("GET", "/datastores/store")).body,
    listSnapshots: (await fixture.call("GET", "/datastores/store/snapshots")).body,
    listTasks: (await fixture.call<TaskList>("GET", "/tasks")).body,
    getTask: (await fixture.call("GET", `/tasks/${upidPath}`)).body,
    getTaskLog: (await fixture.call("GET", `/tasks/${upidPath}/log`)).body,
    whoami: (await fixture.call("GET", "/whoami")).body,
  };
  for (const [name, body] of Object.entries(answers)) {
    const schema = Compile(routes[name as RouteName].response);
    expect(
      schema.Check(body),
      `${name}: ${JSON.stringify(body)} ${JSON.stringify(schema.Errors(body))}`,
    ).toBe(true);
  }
});

test("private files are private and the certificate is what the fingerprint says", async () => {
  const fixture = await aServer();
  for (const name of [".", "local-token", "tls/key.pem", "server.json", "logs/server.jsonl"]) {
    expect([name, statSync(join(fixture.dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  }
  expect(fingerprintOf(new X509Certificate(fixture.ca).raw)).toBe(fixture.server.fingerprint);
  expect(JSON.parse(readFileSync(join(fixture.dataDir, "server.json"), "utf8"))).toMatchObject({
    url: fixture.server.url,
    fingerprint: fixture.server.fingerprint,
  });
});
