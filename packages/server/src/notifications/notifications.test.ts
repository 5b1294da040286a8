/** What is told of what happens, in which order, how often, and to whom. */

import { expect, test } from "vitest";
import { deleteVerificationRecords, insertVerificationRecords } from "../state/verification-records.ts";
import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import { aRecord } from "../tasks/queue/task-queue.testing.ts";
import { aFolder } from "../tasks/tasks.testing.ts";
import { aJob, aNotificationHouse, failed, HOUR_MS } from "./notifications.testing.ts";

const SIGHT = { userId: "admin@ibs", tasks: EVERYTHING_VISIBLE, audit: true };
const DAY_MS = 24 * HOUR_MS;

test("a failure opens an incident that is told once, folded while it goes on, and told to be over", async () => {
  const house = await aNotificationHouse();
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  const upid = await house.task(failed({ source: "/srv", project: "shop" }));
  expect(chat.got).toMatchObject([
    {
      kind: "single",
      severity: "error",
      title: "Backup of /srv failed",
      group: "ops",
      entryCount: 1,
      entries: [
        {
          event: "backup.failed",
          change: "opened",
          code: "SOURCE_UNREADABLE",
          remedy: "Check the disk.",
          project: "shop",
          datastore: "store",
          count: 1,
          logUrl: `https://backup.example:8007/tasks/${encodeURIComponent(upid)}`,
        },
      ],
    },
  ]);
  await house.pass(HOUR_MS);
  await house.task(failed({ source: "/srv" }));
  expect(chat.got).toHaveLength(1);
  await house.pass(DAY_MS);
  await house.task(failed({ source: "/srv" }));
  const [, reminder] = chat.got;
  expect(reminder?.entries).toMatchObject([{ change: "repeated", count: 3, since: chat.got[0]?.at }]);
  await house.task({ state: "ok", source: "/srv" });
  expect(chat.got[2]).toMatchObject({
    severity: "info",
    title: "Resolved: Backup of /srv failed",
    entries: [{ change: "resolved", count: 3 }],
  });
  const { notices, openCount } = await house.notifications.inbox.list(SIGHT, {});
  expect(openCount).toBe(0);
  expect(notices.filter(({ event }) => event === "backup.failed")).toMatchObject([
    { state: "resolved", count: 3, isRead: false },
  ]);
});

test("a try that is repeated by itself alarms nobody; a restore by hand is a note", async () => {
  const house = await aNotificationHouse();
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  await house.task(failed({ source: "/srv", retriedBy: "UPID:next" }));
  expect(chat.got).toEqual([]);
  await house.task(failed({ type: "restore", source: "host/a" }));
  expect(chat.got).toMatchObject([{ entries: [{ event: "restore.failed", change: "note" }] }]);
});

test("ten thousand failures in a minute are a handful of messages, and none is left out of the count", async () => {
  const house = await aNotificationHouse();
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  const { state } = house;
  // As many triggers would have written them, without ten thousand tasks.
  const occurrence = (at: number) => ({
    event: "backup.failed",
    severity: "error",
    at: house.clock.now(),
    title: `Backup of host-${at} failed`,
    text: "The network is gone",
    audience: "task",
    datastore: "store",
    opens: `datastore|store|task|${at}`,
    isKept: true,
  });
  for (let at = 0; at < 10_000; at += 500)
    await state.database
      .insertInto("notification_signals")
      .values(
        Array.from({ length: 500 }, (_, more) => ({
          kind: "occurrence",
          ref: JSON.stringify(occurrence(at + more)),
        })),
      )
      .execute();
  await house.settle();
  await house.pass(10 * 60_000, 60_000);
  expect(chat.got.length).toBeLessThanOrEqual(7);
  expect(chat.got.reduce((sum, { entryCount }) => sum + entryCount, 0)).toBe(10_000);
  const last = chat.got.at(-1);
  expect(last?.kind).toBe("bundle");
  expect(last?.entries).toHaveLength(50);
  expect(last?.summary).toEqual([{ event: "backup.failed", change: "opened", count: 9995 }]);
  expect(last?.title).toBe("9995 notifications: 9995 × backup.failed");
}, 120_000);

test("a datastore that is offline speaks for what fails because of it", async () => {
  const house = await aNotificationHouse();
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  const online = { name: "store", path: "/store", status: "online", createdAt: 0 } as const;
  house.notifications.datastoreChanged(online);
  await house.settle();
  expect(chat.got).toEqual([]);
  const offline = { ...online, status: "offline", statusReason: "the disk is gone" } as const;
  house.notifications.datastoreChanged(offline);
  house.notifications.datastoreChanged(offline);
  await house.settle();
  for (let at = 0; at < 20; at++) await house.task(failed({ source: `/srv-${at}` }));
  expect(chat.got.map(({ title }) => title)).toEqual(["The datastore store is offline"]);
  house.notifications.datastoreChanged(online);
  await house.settle();
  expect(chat.got[1]).toMatchObject({
    title: "Resolved: The datastore store is offline",
    entries: [{ count: 21 }],
  });
  // What fails now fails for a reason of its own.
  await house.task(failed({ source: "/srv-0" }));
  expect(chat.got[2]?.title).toBe("Backup of /srv-0 failed");
});

test("damage is one incident of its group, told when it is found; what is sound again or gone is over", async () => {
  const house = await aNotificationHouse();
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  const { notifications, state } = house;
  const upid = await house.task({ type: "verify", state: "ok", source: "store" });
  const { task } = aRecord(9_999, { task: { upid, type: "verify", state: "running" } });
  const snapshots = [1, 2, 3].map((day) => `host/web/2026-11-0${day}T00:00:00Z`);
  const say = (code: string, snapshot: string) => {
    const line = { number: 1, at: house.clock.now(), level: "error", code, message: "chunk 4711" } as const;
    notifications.linesLogged(task, [{ ...line, fields: { snapshot } }]);
    return house.settle();
  };
  for (const snapshot of snapshots) await say("SNAPSHOT_CORRUPT", snapshot);
  // Found twice it is still one.
  await say("SNAPSHOT_CORRUPT", snapshots[0] ?? "");
  const open = async () => (await notifications.inbox.list(SIGHT, { state: "open" })).notices;
  expect(await open()).toMatchObject([{ event: "snapshot.damaged", count: 3, code: "SNAPSHOT_CORRUPT" }]);
  expect(chat.got).toHaveLength(1);
  await say("SNAPSHOT_OK", snapshots[0] ?? "");
  const report = { result: "CORRUPT", startedAt: 1, durationMs: 1, chunkCount: 1, readBytes: 1 } as const;
  const rest = { checksumOnlyChunkCount: 0, findings: [], findingCount: 1 };
  await insertVerificationRecords(state.database, {
    datastore: "store",
    upid,
    reports: snapshots.slice(1).map((snapshot) => ({ snapshot, ...report, ...rest })),
  });
  await house.pass(2 * HOUR_MS, HOUR_MS);
  expect(await open()).toHaveLength(1);
  await deleteVerificationRecords(state.database, { datastore: "store", snapshot: snapshots });
  await house.pass(2 * HOUR_MS, HOUR_MS);
  expect(await open()).toEqual([]);
});

test("a job that has not succeeded in its time is overdue by itself, once, until it succeeds", async () => {
  const house = await aNotificationHouse({ jobs: new Map([["nightly", aJob({ project: "shop" })]]) });
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  const { clock, state } = house;
  const dueAt = clock.now();
  const run = { job: "nightly", origin: "schedule", due_at: dueAt, fire_at: dueAt, instant_count: 1 };
  await state.database
    .insertInto("runs")
    .values({
      ...run,
      state: "expected",
      subjects: "[]",
      cause: null,
      message: null,
      asked_by: null,
      started_at: null,
      ended_at: null,
    })
    .execute();
  await house.pass(HOUR_MS - 60_000, 600_000);
  expect(chat.got).toEqual([]);
  await house.pass(2 * HOUR_MS, 600_000);
  expect(chat.got).toMatchObject([
    { title: "The job nightly is overdue", entries: [{ event: "job.overdue", project: "shop" }] },
  ]);
  await state.database.updateTable("runs").set({ state: "late", ended_at: clock.now() }).execute();
  await house.pass(60_000);
  expect(chat.got.map(({ title }) => title)).toEqual([
    "The job nightly is overdue",
    "Resolved: The job nightly is overdue",
  ]);
});

test("a digest gathers until its hour; an acknowledged incident reminds nobody; groups tell what they are set to", async () => {
  const house = await aNotificationHouse();
  const daily = await house.webhook("daily");
  const all = await house.webhook("all");
  await house.groupWithRule("digest", ["daily"], { digest: "daily", digestHour: 7 });
  await house.groupWithRule("everything", ["all"], {
    severityMin: "error",
    include: ["backup.completed"],
    exclude: ["verify.failed"],
    remindHours: 1,
  });
  await house.task({ state: "ok", source: "/a" });
  await house.task(failed({ source: "/b" }));
  await house.task(failed({ type: "verify", source: "store" }));
  await house.task({ state: "warning", source: "/c", warningCount: 3 });
  expect(daily.got).toEqual([]);
  expect(all.got.map(({ title }) => title)).toEqual(["Backup of /a completed", "Backup of /b failed"]);
  const { notices } = await house.notifications.inbox.list(SIGHT, { text: "Backup of /b" });
  await house.pass(2 * HOUR_MS);
  await house.task(failed({ source: "/b" }));
  expect(all.got).toHaveLength(3);
  await house.notifications.inbox.acknowledge(SIGHT, notices[0]?.notice ?? 0);
  await house.pass(2 * HOUR_MS);
  await house.task(failed({ source: "/b" }));
  expect(all.got).toHaveLength(3);
  await house.pass(DAY_MS, 2 * HOUR_MS);
  expect(daily.got).toMatchObject([{ kind: "digest", entryCount: 3, group: "digest" }]);
  expect(daily.got[0]?.entries.map(({ severity }) => severity)).toEqual(["error", "error", "warning"]);
});

test("a heartbeat is silent while something expected did not happen, and one of a job follows its successes", async () => {
  const house = await aNotificationHouse({ jobs: new Map([["nightly", aJob()]]) });
  const { settings } = house.notifications;
  await settings.createTarget({ name: "pulse", kind: "heartbeat", url: "https://pulse", everySeconds: 60 });
  await settings.createTarget({ name: "job", kind: "heartbeat", url: "https://job", job: "nightly" });
  await house.pass(180_000, 30_000);
  expect(house.beats.filter((url) => url === "https://pulse")).toHaveLength(3);
  const offline = { name: "store", path: "/s", status: "offline", createdAt: 0 } as const;
  house.notifications.datastoreChanged(offline);
  await house.settle();
  house.beats.length = 0;
  await house.pass(300_000, 30_000);
  expect(house.beats).toEqual([]);
  const at = house.clock.now();
  const empty = { cause: null, message: null, asked_by: null, started_at: null, ended_at: null };
  await house.state.database
    .insertInto("runs")
    .values({
      job: "nightly",
      origin: "schedule",
      due_at: at,
      fire_at: at,
      instant_count: 1,
      subjects: "[]",
      state: "running",
      ...empty,
    })
    .execute();
  await house.state.database.updateTable("runs").set({ state: "met", ended_at: at }).execute();
  await house.pass(5000);
  expect(house.beats).toEqual(["https://job"]);
});

test("a project's mail server is guarded, the platform's is not", async () => {
  const { settings } = (await aNotificationHouse()).notifications;
  const mail = { kind: "smtp" as const, host: "mail", from: "a@b", to: ["c@d"] };
  const allowed = async (name: string, more: object): Promise<boolean | undefined> => {
    const { target } = await settings.createTarget({ name, ...mail, ...more });
    return settings.open(target).allowPrivate;
  };
  expect(await allowed("platform", {})).toBe(true);
  expect(await allowed("project", { project: "shop" })).toBe(false);
  expect(await allowed("trusted", { project: "shop", allowPrivate: true })).toBe(true);
});

test("another certificate is told once, and the first is no news", async () => {
  const folder = aFolder();
  const titles: string[][] = [];
  for (const fingerprint of ["AA:AA", "AA:AA", "BB:BB", "BB:BB"]) {
    const house = await aNotificationHouse({ folder, fingerprint });
    const { notices } = await house.notifications.inbox.list(SIGHT, { text: "another certificate" });
    titles.push(notices.map(({ text }) => text.slice(0, 28)));
    await house.notifications.close();
    await house.kill();
  }
  const renewed = ["Its fingerprint is now BB:BB"];
  expect(titles).toEqual([[], [], renewed, renewed]);
});

test("secrets are in no answer and not to be read in the store", async () => {
  const house = await aNotificationHouse();
  const { settings } = house.notifications;
  const { target, signingSecret } = await settings.createTarget({
    name: "hook",
    kind: "webhook",
    url: "https://chat.example/services/T0P-S3CRET",
    headers: { "x-key": "h3ader" },
  });
  expect(signingSecret).toBe("whsec_made");
  const shown = await house.notifications.showTarget(target);
  expect(shown).toMatchObject({
    urlShown: "https://chat.example/…",
    secrets: ["url", "signingSecret", "headers.x-key"],
  });
  const rows = JSON.stringify(
    await house.state.database.selectFrom("notification_settings").selectAll().execute(),
  );
  for (const secret of ["T0P-S3CRET", "h3ader", "whsec_made"]) {
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(rows).not.toContain(secret);
  }
  const changed = await settings.updateTarget("hook", { comment: "ours", signingSecret: null });
  expect(settings.open(changed)).toMatchObject({ url: "https://chat.example/services/T0P-S3CRET" });
  expect(settings.open(changed)).not.toHaveProperty("signingSecret");
});
