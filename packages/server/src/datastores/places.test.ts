import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock, createSeededRandom, parseAuthId } from "@ironcore-backup/base";
import { createMemoryDisk, openDatastore } from "@ironcore-backup/engine";
import { openState } from "../state/database.ts";
import { insertVerificationRecords, listVerificationRecords } from "../state/verification-records.ts";
import { createLocalEngine } from "./local-engine.ts";
import { createPlaces } from "./places.ts";
import { openRetentions } from "./retentions.ts";
import { takeSmallSnapshot } from "./small-snapshot.testing.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function aHouse() {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-places-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createFakeClock();
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  const engine = createLocalEngine(needs);
  await engine.create("/store");
  const state = await openState(join(directory, "state.db"));
  closers.push(() => state.close());
  const open = async () => {
    const retentions = await openRetentions({
      state,
      timeZone: "Europe/Vienna",
      retentionsOfJobs: () => ({}),
    });
    const locate = () => ({ path: "/store" });
    return {
      retentions,
      places: createPlaces({ state, engine, retentions, timeZone: "Europe/Vienna", locate }),
    };
  };
  const take = (name: string) => takeSmallSnapshot(needs, openDatastore(needs, "/store"), name);
  const verified = (snapshot: string, result: "OK" | "CORRUPT" | "MISSING" = "OK"): Promise<void> => {
    const report = {
      snapshot,
      result,
      startedAt: 1,
      durationMs: 1,
      chunkCount: 0,
      readBytes: 0,
      checksumOnlyChunkCount: 0,
      findings: [],
      findingCount: 0,
    };
    return insertVerificationRecords(state.database, {
      datastore: "main",
      upid: "UPID:1",
      reports: [report],
    });
  };
  const historyOf = (snapshot: string) =>
    listVerificationRecords(state.database, { datastore: "main", snapshot });
  return { ...(await open()), open, take, verified, historyOf };
}

test("namespaces have a retention of their own, or that of the nearest above, also after a restart", async () => {
  const { places, retentions, open } = await aHouse();
  await retentions.set("main", "", { keepDaily: 7 });
  const made = await places.createNamespace("main", "customers/acme", { keepLast: 3, timeZone: "utc" });
  expect(made).toMatchObject({ retention: { keepLast: 3, timeZone: "UTC" } });
  await places.createNamespace("main", "customers/acme/old", undefined);
  const again = (await open()).places;
  const rows = await again.listNamespaces("main");
  expect(
    rows.map(({ namespace, effectiveRetention: { level, setOn } }) => [namespace, level, setOn]),
  ).toEqual([
    ["", "datastore", "main"],
    ["customers", "datastore", "main"],
    ["customers/acme", "namespace", "customers/acme"],
    ["customers/acme/old", "namespace", "customers/acme"],
  ]);
  await again.setRetention("main", "customers/acme", null);
  expect((await again.listNamespaces("main")).at(-1)?.effectiveRetention).toMatchObject({
    level: "datastore",
  });
});

test("a namespace that is removed takes its retention with it", async () => {
  const { places } = await aHouse();
  await places.createNamespace("main", "a", { keepLast: 1 });
  await places.removeNamespace("main", "a");
  expect(await places.createNamespace("main", "a", undefined)).toMatchObject({
    effectiveRetention: { level: "none", retention: {} },
  });
});

test("what cannot be is refused before anything is made", async () => {
  const { places } = await aHouse();
  const refused = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => "done",
      (cause: { readonly code: string }) => cause.code,
    );
  expect(await refused(places.createNamespace("main", "a", { timeZone: "Mars/X" }))).toBe(
    "TIME_ZONE_UNKNOWN",
  );
  expect((await places.listNamespaces("main")).length).toBe(1);
  expect(await refused(places.createNamespace("main", "", undefined))).toBe("NAMESPACE_IS_ROOT");
  expect(await refused(places.createNamespace("main", "../up", undefined))).toBe("NAME_INVALID");
  expect(await refused(places.setRetention("main", "nowhere", { keepLast: 1 }))).toBe("NAMESPACE_MISSING");
  expect(await refused(places.removeNamespace("main", ""))).toBe("NAMESPACE_IS_ROOT");
  await places.createNamespace("main", "a", undefined);
  expect(await refused(places.createNamespace("main", "a", undefined))).toBe("NAMESPACE_EXISTS");
  expect(await refused(places.planPrune({ datastore: "main", group: "host/x", namespace: "a" }))).toBe(
    "PRUNE_SCOPE_INVALID",
  );
  expect(await refused(places.planPrune({ datastore: "main", group: "host/none" }))).toBe("GROUP_MISSING");
});

test("groups and namespaces tell how many of their snapshots are damaged, by each one's newest report", async () => {
  const { places, take, verified } = await aHouse();
  const names = ["01", "02", "03"].map((day) => `host/web/2026-03-${day}T00:00:00Z`);
  for (const name of names) await take(name);
  const [first = "", second = "", third = ""] = names;
  await verified(first, "CORRUPT");
  await verified(second, "MISSING");
  await verified(third);
  await verified(third, "CORRUPT");
  const damage = async (): Promise<unknown> => [
    (await places.listGroups("main", "")).map(({ damagedCount }) => damagedCount),
    (await places.listNamespaces("main")).map(({ damagedCount }) => damagedCount),
  ];
  expect(await damage()).toEqual([[3], [3]]);
  await verified(first);
  expect(await damage()).toEqual([[2], [2]]);
  await places.snapshotsRemoved("main", [second, third]);
  expect(await damage()).toEqual([[undefined], [undefined]]);
});

test("groups are listed with owner, notes and counts, change hands, and go with their verification history", async () => {
  const { places, take, verified, historyOf } = await aHouse();
  const names = ["host/web/2026-03-01T00:00:00Z", "host/web/2026-03-02T00:00:00Z"];
  for (const name of names) {
    await take(name);
    await verified(name);
  }
  await places.updateSnapshot("main", names[0] ?? "", { notes: "first\nsecond", protected: true });
  expect(await places.updateGroup("main", "host/web", { notes: "the shop" })).toEqual({
    group: "host/web",
    namespace: "",
    type: "host",
    id: "web",
    owner: "alice@ibs",
    notes: "the shop",
    snapshotCount: 2,
    unfinishedCount: 0,
    protectedCount: 1,
    newestBackupTime: 1_772_409_600,
    oldestBackupTime: 1_772_323_200,
    running: false,
  });
  await places.updateGroup("main", "host/web", { owner: parseAuthId("bob@ibs!laptop") });
  expect(await places.listGroups("main", undefined)).toMatchObject([{ owner: "bob@ibs!laptop" }]);
  expect(await places.forgetGroup("main", "host/web")).toEqual({
    removedCount: 1,
    protectedCount: 1,
    inUseCount: 0,
    removed: false,
  });
  expect([await historyOf(names[0] ?? ""), await historyOf(names[1] ?? "")]).toMatchObject([[{}], []]);
  await places.updateSnapshot("main", "host/web/latest", { protected: false });
  expect(await places.forgetGroup("main", "host/web")).toMatchObject({ removedCount: 1, removed: true });
  expect(await places.listGroups("main", undefined)).toEqual([]);
});

test("what a prune has removed takes its verification history with it, however many there are", async () => {
  const { places, verified, historyOf } = await aHouse();
  const names = ["host/web/2026-03-01T00:00:00Z", "host/web/2026-03-02T00:00:00Z"];
  for (const name of names) await verified(name);
  const others = Array.from({ length: 1200 }, (_, number) => `host/web/none-${number}`);
  await places.snapshotsRemoved("main", [...others, names[1] ?? ""]);
  expect([await historyOf(names[0] ?? ""), await historyOf(names[1] ?? "")]).toMatchObject([[{}], []]);
  await places.snapshotsRemoved("main", []);
  expect(await historyOf(names[0] ?? "")).toHaveLength(1);
});

test("a plan names for every snapshot what becomes of it, and the retentions that were applied once each", async () => {
  const { places, retentions, take } = await aHouse();
  await places.createNamespace("main", "a", { keepDaily: 1 });
  await retentions.set("main", "", { keepLast: 1 });
  // In Vienna the second one is of the next day.
  const times = ["2026-03-01T22:30:00Z", "2026-03-01T23:30:00Z"];
  for (const time of times)
    for (const group of ["host/x", "host/y", "a/host/z"]) await take(`${group}/${time}`);
  const plan = await places.planPrune({ datastore: "main" });
  expect(plan.retentions.map(({ level, timeZone }) => [level, timeZone])).toEqual([
    ["datastore", "Europe/Vienna"],
    ["namespace", "Europe/Vienna"],
  ]);
  expect(plan).toMatchObject({ keepCount: 3, removeCount: 3 });
  expect(plan.groups.map(({ group, keepCount, removeCount }) => [group, keepCount, removeCount])).toEqual([
    ["host/x", 1, 1],
    ["host/y", 1, 1],
    ["a/host/z", 1, 1],
  ]);
  expect(plan.groups.at(-1)?.snapshots).toEqual([
    {
      snapshot: "a/host/z/2026-03-01T23:30:00Z",
      backupTime: 1_772_407_800,
      action: "keep",
      reason: "keep-daily",
      message: "keep-daily: newest of 2026-03-02, 1 of 1",
      rule: "keep-daily",
      period: "2026-03-02",
      position: 1,
      sizeBytes: 13,
      retentionIndex: 1,
    },
    expect.objectContaining({ action: "remove", reason: "outside" }),
  ]);
  const inUtc = { keepDaily: 1, timeZone: "UTC" };
  const one = await places.planPrune({ datastore: "main", group: "a/host/z", retention: inUtc });
  expect(one.groups[0]?.snapshots.map(({ period }) => period)).toEqual(["2026-03-01", "2026-03-01"]);
  expect(one.retentions).toMatchObject([{ level: "request", timeZone: "UTC" }]);
  expect((await places.planPrune({ datastore: "main", depthMax: 0 })).groups).toHaveLength(2);
});

test("a simulation counts an invented schedule on the wall clock of its zone", async () => {
  const { places } = await aHouse();
  const untilAt = Date.parse("2026-03-31T12:00:00Z");
  const schedule = { times: ["02:30"], dayCount: 4, untilAt };
  const { timeZone, snapshots, keepCount, removeCount } = await places.simulatePrune({
    schedule,
    retention: { keepDaily: 3 },
  });
  expect({ timeZone, keepCount, removeCount }).toEqual({
    timeZone: "Europe/Vienna",
    keepCount: 3,
    removeCount: 1,
  });
  // On the 29th the clocks go from 2:00 to 3:00: there is no 2:30.
  expect(snapshots.map(({ backupTime }) => new Date(backupTime * 1000).toISOString())).toEqual([
    "2026-03-31T00:30:00.000Z",
    "2026-03-30T00:30:00.000Z",
    "2026-03-29T01:30:00.000Z",
    "2026-03-28T01:30:00.000Z",
  ]);
  const mondays = { ...schedule, weekdays: ["mon" as const], dayCount: 365 };
  expect((await places.simulatePrune({ schedule: mondays, retention: {} })).keepCount).toBe(52);
  const times = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`);
  await expect(
    places.simulatePrune({ schedule: { times, dayCount: 3000 }, retention: {} }),
  ).rejects.toMatchObject({ code: "SCHEDULE_TOO_LARGE" });
});
