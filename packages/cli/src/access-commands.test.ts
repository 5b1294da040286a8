import { writeFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { run } from "./command-run.testing.ts";

const folder = mkdtempSync(join(tmpdir(), "ironcore-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const user = { authId: "eve@ibs", enabled: true, createdAt: NOW };
const project = { name: "shop", createdAt: NOW, members: [{ authId: "eve@ibs", role: "project-member" }] };
const grant = {
  id: "g1",
  authId: "eve@ibs",
  role: "project-member",
  scope: { kind: "project", name: "shop" },
  createdAt: NOW,
  createdBy: "admin@ibs",
};

test("a user's password comes from the first line of a file and never from the command line", async () => {
  const path = join(folder, "password");
  writeFileSync(path, "correct horse battery\nsecond line\n");
  const { exitCode, out, calls } = await run(["user", "create", "eve@ibs", "--password-file", path], {
    answers: { createUser: () => user },
  });
  expect(exitCode).toBe(0);
  expect(calls[0]?.input.body).toEqual({ authId: "eve@ibs", password: "correct horse battery" });
  expect(out).toContain("may do nothing yet");
  expect(out).not.toContain("correct horse");
});

test("an empty comment takes the comment away, nothing to change is refused", async () => {
  const { calls } = await run(["user", "update", "eve@ibs", "--disable", "--comment", ""], {
    answers: { updateUser: () => user },
  });
  expect(calls[0]?.input).toMatchObject({
    params: { user: "eve@ibs" },
    body: { enabled: false, comment: null },
  });
  const nothing = await run(["user", "update", "eve@ibs"]);
  expect(nothing).toMatchObject({ exitCode: 2 });
  expect(nothing.calls).toEqual([]);
});

test("a token's expiry counts from now on, and its secret is printed once", async () => {
  const token = { authId: "eve@ibs!ci", enabled: true, createdAt: NOW };
  const { out, calls } = await run(["token", "create", "ci", "--user", "eve@ibs", "--expires", "90d"], {
    answers: { createApiToken: () => ({ token, secret: "ibs_secret" }) },
  });
  expect(calls[0]?.input.body).toEqual({ name: "ci", user: "eve@ibs", expiresAt: NOW + 90 * DAY_MS });
  expect(out.match(/ibs_secret/g)).toHaveLength(1);
});

test.each([
  [["--project", "shop"], { kind: "project", name: "shop" }],
  [["--datastore", "main"], { kind: "datastore", name: "main" }],
  [["--namespace", "main:shop/web"], { kind: "namespace", name: "main:shop/web" }],
  [["--platform"], { kind: "platform", name: "" }],
])("grant add %j grants there and nowhere else", async (words, scope) => {
  const { exitCode, calls } = await run(["grant", "add", "eve@ibs", "project-member", ...words], {
    answers: { createGrant: () => ({ ...grant, scope }) },
  });
  expect(exitCode).toBe(0);
  expect(calls[0]?.input.body).toEqual({ authId: "eve@ibs", role: "project-member", scope });
});

test.each([[[]], [["--platform", "--project", "shop"]]])(
  "grant add with %j as its place is refused before anything is asked",
  async (words) => {
    const { exitCode, err, calls } = await run(["grant", "add", "eve@ibs", "project-admin", ...words]);
    expect(exitCode).toBe(2);
    expect(err).toContain("exactly one of --project");
    expect(calls).toEqual([]);
  },
);

test("a limit of tasks is a number or none", async () => {
  const answers = { updateProject: () => project, updateDatastore: () => ({}) };
  const { calls } = await run(["project", "update", "shop", "--tasks", "3"], { answers });
  expect(calls[0]?.input.body).toEqual({ runningTaskCountMax: 3 });
  const none = await run(["project", "update", "shop", "--tasks", "none"], { answers });
  expect(none.calls[0]?.input.body).toEqual({ runningTaskCountMax: null });
  expect(await run(["project", "update", "shop", "--tasks", "0"])).toMatchObject({ exitCode: 2 });
});

test("a role's privileges are words that there are", async () => {
  const role = { name: "restorer", builtIn: false, privileges: ["snapshot.read", "snapshot.restore"] };
  const { calls } = await run(
    ["role", "create", "restorer", "--privilege", "snapshot.read", "snapshot.restore"],
    { answers: { createRole: () => role } },
  );
  expect(calls[0]?.input.body).toEqual({
    name: "restorer",
    privileges: ["snapshot.read", "snapshot.restore"],
  });
  const unknown = await run(["role", "create", "restorer", "--privilege", "fly"]);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.err).toContain("Allowed choices");
});

test("the audit log is fetched page by page up to the limit, and control characters do not reach the terminal", async () => {
  const entry = (id: number) => ({
    id,
    at: NOW,
    authId: "eve\u001b[31m@ibs",
    address: "10.0.0.1",
    action: "login.failed",
    subject: "eve@ibs",
    outcome: "refused",
    detail: {},
  });
  const cursors: unknown[] = [];
  const { out, exitCode } = await run(["audit", "--limit", "1500", "--action", "login"], {
    answers: {
      listAudit: ({ query }) => {
        const { cursor, limit } = query as { cursor?: string; limit: number };
        cursors.push(cursor);
        const entries = Array.from({ length: limit }, (_, i) => entry(i + 1));
        return { entries, nextCursor: "more" };
      },
    },
  });
  expect(exitCode).toBe(0);
  expect(cursors).toEqual([undefined, "more"]);
  expect(out.split("\n").filter((line) => line.includes("login.failed"))).toHaveLength(1500);
  expect(out).not.toContain("\u001b");
});

test("worker list shows slots, what runs and what waits", async () => {
  const worker = {
    name: "backup-1/worker",
    node: "backup-1",
    class: "worker",
    state: "draining",
    detail: "drained by admin@ibs: kernel update",
    slotCount: 2,
    usedSlotCount: 1,
    heardAt: NOW,
    startedAt: NOW,
    processCount: 1,
    rssBytes: 200 * 1024 * 1024,
    runs: [{ upid: "UPID:x:", type: "backup", target: "main:host/web-1", pid: 42, startedAt: NOW }],
    version: "1",
  };
  const queue = [{ class: "worker", type: "backup", queuedCount: 3, runningCount: 1, oldestQueuedAt: NOW }];
  const { out } = await run(["worker", "list"], {
    answers: { listWorkers: () => ({ workers: [worker], queue }) },
  });
  expect(out).toContain("1 of 2");
  expect(out).toContain("kernel update");
  expect(out).toContain("UPID:x:");
  expect(out).toMatch(/worker +backup +3 /);
});

test("a paused scheduler says who paused it and why", async () => {
  const paused = { paused: true, pausedBy: "admin@ibs", pausedAt: NOW, reason: "moving disks" };
  const { out, calls } = await run(["scheduler", "pause", "--reason", "moving disks"], {
    answers: { pauseScheduler: () => paused },
  });
  expect(calls[0]?.input.body).toEqual({ reason: "moving disks" });
  expect(out).toMatch(/paused by admin@ibs since .*: moving disks/);
});

test("what answers nothing tells programs that it was done", async () => {
  const { out } = await run(["user", "remove", "eve@ibs", "--output-format", "json"], {
    answers: { removeUser: () => null },
  });
  expect(JSON.parse(out)).toEqual({ done: true });
});

test("a task is started with its place in the queue", async () => {
  const { calls } = await run(
    [
      "verify",
      "--datastore",
      "main",
      "--project",
      "shop",
      "--priority",
      "high",
      "--retries",
      "3",
      "--retry-delay",
      "2m",
    ],
    { answers: { startVerify: () => ({ upid: "UPID:x:" }) } },
  );
  expect(calls[0]?.input.body).toEqual({
    datastore: "main",
    project: "shop",
    priority: "high",
    retryPolicy: { countMax: 3, delaySeconds: 120 },
  });
});
