/** `/metrics` at the door of a real server: who may read it, by which proof, and that its numbers are those of the house. */

import { request } from "node:https";
import type { CreatedApiToken } from "@ironcore-backup/protocol";
import { afterEach, expect, test } from "vitest";
import { anAccessHouse, INSIDERS, OUTSIDERS } from "./access-house.ts";
import { aDatastore, aServer, closeAll, ended, running, start, waitFor } from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

afterEach(closeAll);

interface Scrape {
  readonly status: number;
  readonly type: string | undefined;
  readonly challenge: string | undefined;
  readonly text: string;
}

function scrape(fixture: Fixture, headers: Readonly<Record<string, string>>): Promise<Scrape> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${fixture.server.url}/metrics`,
      { ca: fixture.ca, headers, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers["content-type"],
            challenge: answer.headers["www-authenticate"],
            text,
          }),
        );
      },
    );
    sent.on("error", reject).end();
  });
}

/** The secret of a token that may read the metrics and nothing else. */
async function aScraper(fixture: Fixture): Promise<string> {
  const must = async <Body>(path: string, body: unknown): Promise<Body> => {
    const made = await fixture.call<Body>("POST", path, { body });
    expect([path, made.status]).toEqual([path, 201]);
    return made.body;
  };
  await must("/users", { authId: "monitor@ibs", password: "a long enough password" });
  const { secret } = await must<CreatedApiToken>("/tokens", { user: "monitor@ibs", name: "prom" });
  for (const authId of ["monitor@ibs", "monitor@ibs!prom"])
    await must("/grants", { authId, role: "platform-metrics", scope: { kind: "platform", name: "" } });
  return secret;
}

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

function valueOf(text: string, series: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test("a token reads it in every spelling that Prometheus can send, and nothing else of the API", async () => {
  const fixture = await aServer();
  const secret = await aScraper(fixture);
  for (const headers of [
    bearer(`monitor@ibs!prom:${secret}`),
    bearer(secret),
    basic("monitor@ibs!prom", secret),
    { authorization: `PBSAPIToken=monitor@ibs!prom:${secret}` },
  ]) {
    const { status, type, text } = await scrape(fixture, headers);
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(valueOf(text, 'ironcore_worker_slots{class="worker"}')).toBe(2);
  }
  expect((await fixture.call("GET", "/status", { token: secret })).status).toBe(403);
  // Only here: a browser would send it along by itself.
  expect(
    (await fixture.call("GET", "/whoami", { token: null, headers: basic("monitor@ibs!prom", secret) }))
      .status,
  ).toBe(401);
});

test("who proves nothing is asked to, and a wrong name, secret or a password is no proof", async () => {
  const fixture = await aServer();
  const secret = await aScraper(fixture);
  for (const headers of [
    {},
    bearer(`monitor@ibs!other:${secret}`),
    bearer(`monitor@ibs!prom:${secret}x`),
    bearer("monitor@ibs!prom:"),
    basic("monitor@ibs", "a long enough password"),
    basic("monitor@ibs!other", secret),
    { authorization: "Basic %%%" },
  ]) {
    const { status, challenge, text } = await scrape(fixture, headers);
    expect([headers, status, challenge]).toEqual([headers, 401, "Bearer"]);
    expect(text).not.toContain("ironcore_");
  }
});

test("auditors and above may read it, members of projects may not, and strangers are not known", async () => {
  const house = await anAccessHouse();
  const found: Record<string, number> = {};
  for (const who of [...OUTSIDERS, ...INSIDERS]) {
    const { status, text } = await scrape(house.fixture, house.proofOf(who));
    found[who] = status;
    expect(text.includes("ironcore_")).toBe(status === 200);
  }
  expect(found).toEqual({
    nobody: 401,
    "expired-token": 401,
    "revoked-token": 401,
    "disabled-user": 401,
    "foreign-member": 403,
    "project-reader": 403,
    "project-member": 403,
    "project-admin": 403,
    "platform-auditor": 200,
    "platform-operator": 200,
    "platform-administrator": 200,
    "cookie-without-csrf": 200,
  });
}, 60_000);

test("its numbers are those of the house: tasks as they ended, what runs, what was asked, what is stored", async () => {
  const fixture = await aServer();
  await aDatastore(fixture);
  for (const path of ["/ok", "/ok", "/fail", "/warn"])
    await waitFor(fixture, await start(fixture, path), ended);
  await waitFor(fixture, await start(fixture, "/wait"), running);
  await fixture.call("GET", "/nowhere");
  const { text } = await scrape(fixture, bearer(fixture.token));
  const value = (series: string): number | undefined => valueOf(text, series);
  expect(value('ironcore_tasks_ended_total{type="backup",state="ok"}')).toBe(2);
  expect(value('ironcore_tasks_ended_total{type="backup",state="failed"}')).toBe(1);
  expect(value('ironcore_tasks_ended_total{type="backup",state="warning"}')).toBe(1);
  expect(value('ironcore_tasks_ended_total{type="verify",state="ok"}')).toBe(0);
  expect(value('ironcore_task_errors_total{type="backup",code="TEST_SOURCE_BROKEN"}')).toBe(1);
  expect(value('ironcore_task_duration_seconds_count{type="backup"}')).toBe(4);
  expect(value('ironcore_task_processed_bytes_total{type="backup",datastore="store"}')).toBe(20_000);
  expect(value('ironcore_tasks_running{type="backup"}')).toBe(1);
  expect(value('ironcore_worker_slots_used{class="worker"}')).toBe(1);
  expect(value('ironcore_datastore_up{datastore="store"}')).toBe(1);
  expect(value('ironcore_verified_snapshots{datastore="store",result="corrupt"}')).toBe(0);
  expect(value('ironcore_http_requests_total{route="/api/v1/backups",method="POST",status="2xx"}')).toBe(5);
  expect(text).toMatch(/ironcore_http_requests_total\{route="[^"]*",method="GET",status="4xx"\} 1\n/);
  expect(value("ironcore_state_store_bytes")).toBeGreaterThan(10_000);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e7);
  for (const source of ["jobs", "datastores", "verifications", "protection"])
    expect([source, value(`ironcore_metrics_source_failures_total{source="${source}"}`)]).toEqual([
      source,
      0,
    ]);
  // No names of people, groups, tasks or paths.
  for (const word of ["UPID", "admin@ibs", "host/test", fixture.dataDir]) expect(text).not.toContain(word);
  // Nothing was sent anywhere yet.
  expect(text).toContain("# TYPE ironcore_notification_deliveries gauge");
  expect(text).not.toContain("ironcore_notification_deliveries{");
}, 60_000);
