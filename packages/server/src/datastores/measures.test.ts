/** Measuring costs no walk of the store, follows what tasks do, and outlives a restart; what is set on a datastore is kept to. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { createMemoryDisk, openDatastore } from "@ironcore-backup/engine";
import type { Disk } from "@ironcore-backup/engine";
import type { Task } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import { openDatastores } from "./datastores.ts";
import { createLocalEngine } from "./local-engine.ts";
import { startMeasureSampler } from "./measure-sampler.ts";
import { spread } from "./measures.ts";
import { openRetentions } from "./retentions.ts";
import { takeSmallSnapshot } from "./small-snapshot.testing.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const MINUTE_MS = 60_000;
const turns = async (): Promise<void> => {
  for (let at = 0; at < 30; at++) await new Promise((turn) => setImmediate(turn));
};

/** The same disk; what is asked of it is noted. */
function noting(disk: Disk, asked: string[]): Disk {
  return new Proxy(disk, {
    get: (target, name) => {
      // Every member of a disk is a function whose first parameter is a path.
      const method = Reflect.get(target, name) as (path: string, ...rest: unknown[]) => unknown;
      return (path: string, ...rest: unknown[]) => {
        asked.push(`${String(name)} ${path}`);
        return method.call(target, path, ...rest);
      };
    },
  });
}

async function aHouse() {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-measures-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createFakeClock();
  const asked: string[] = [];
  const disk = createMemoryDisk({ clock });
  const needs = { clock, random: createSeededRandom(1), disk: noting(disk, asked) };
  const state = await openState(join(directory, "state.db"));
  closers.push(() => state.close());
  const retentions = await openRetentions({ state, timeZone: "UTC", retentionsOfJobs: () => ({}) });
  const engine = createLocalEngine(needs);
  const open = () => openDatastores({ clock, state, retentions, engine, onChanged: () => undefined });
  const datastores = await open();
  const warned: string[] = [];
  const sampler = startMeasureSampler({
    clock,
    ...datastores,
    list: datastores.records,
    warn: (code) => warned.push(code),
  });
  closers.push(() => sampler.close());
  return {
    clock,
    disk,
    asked,
    datastores,
    warned,
    open,
    sampler,
    take: (name: string) => takeSmallSnapshot(needs, openDatastore(needs, "/main"), name),
    pass: async (durationMs: number): Promise<void> => {
      clock.advance(durationMs);
      await turns();
    },
  };
}

const aTime = (day: number): string =>
  new Date(1_700_000_000_000 + day * 86_400_000).toISOString().replace(/\.\d+Z/, "Z");

/** As far as measuring looks at it. */
const aBackup = (chunkCount: number, knownChunkCount: number, newStoredBytes: number): Task =>
  ({
    datastore: "main",
    statistics: { kind: "backup", snapshot: "", backup: { chunkCount, knownChunkCount, newStoredBytes } },
  }) as unknown as Task;

test("a look reads what is new and nothing else: no chunk, no group that has not changed", async () => {
  const house = await aHouse();
  await house.datastores.create({ name: "main", path: "/main" });
  for (let group = 0; group < 5; group++)
    for (let day = 0; day < 4; day++) await house.take(`host/web-${group}/${aTime(day)}`);
  await house.pass(10 * MINUTE_MS);
  await house.pass(10 * MINUTE_MS);
  expect(house.datastores.measures.latest("main")?.measure).toMatchObject({
    groupCount: 5,
    snapshotCount: 20,
    chunkCount: 0,
  });

  house.asked.length = 0;
  await house.pass(10 * MINUTE_MS);
  expect(house.asked.length).toBeGreaterThan(0);
  expect(house.asked.filter((one) => /index\.json/.test(one))).toEqual([]);
  // That it is a store at all is seen at some of its chunk directories; none is listed, and no chunk is looked at.
  expect(house.asked.filter((one) => /^(readdir|open|lstat) .*\.chunks/.test(one))).toEqual([]);
  expect(house.asked.filter((one) => /^readdir .*web-/.test(one))).toEqual([]);

  house.asked.length = 0;
  await house.take(`host/web-3/${aTime(9)}`);
  house.asked.length = 0;
  await house.pass(10 * MINUTE_MS);
  const manifests = new Set(house.asked.filter((one) => /^open .*index\.json/.test(one)));
  expect([...manifests].every((one) => one.includes("web-3"))).toBe(true);
  expect(house.datastores.measures.latest("main")?.measure.snapshotCount).toBe(21);
  expect(house.warned).toEqual([]);
});

test("what backups add is counted as they end, and a restart forgets nothing", async () => {
  const house = await aHouse();
  await house.datastores.create({ name: "main", path: "/main" });
  house.sampler.changed("main");
  await house.pass(MINUTE_MS);
  await house.take(`host/web/${aTime(1)}`);
  await house.datastores.measures.taskEnding(aBackup(100, 40, 6000), { isDone: true });
  await house.datastores.measures.taskEnding(aBackup(100, 95, 500), { isDone: false });
  await house.pass(10 * MINUTE_MS);
  const again = await house.open();
  const latest = again.measures.latest("main");
  expect(latest?.measure).toMatchObject({ chunkCount: 65, storedBytes: 6500, snapshotCount: 1 });
  expect(latest?.measure.chunksAreEstimate).toBeUndefined();
  expect(latest?.fill.state).toBe("too-little-data");
  const shown = await again.get("main");
  expect(shown).toMatchObject({ status: "online", chunkCount: 65, mode: "normal", freePercentMin: 10 });
  const gc = {
    isDryRun: false,
    usedChunkCount: 40,
    usedBytes: 5000,
    pendingChunkCount: 2,
    pendingBytes: 100,
  };
  // As far as measuring looks at it.
  const collected = { datastore: "main", statistics: { kind: "gc", gc } } as unknown as Task;
  await again.measures.taskEnding(collected, { isDone: false });
  expect((await again.measures.chunkTotals("main"))?.chunkCount).toBe(65);
  await again.measures.taskEnding(collected, { isDone: true });
  expect(await again.measures.chunkTotals("main")).toEqual({
    chunkCount: 42,
    storedBytes: 5100,
    isEstimate: false,
  });
  expect(shown.deduplicationRatio).toBeCloseTo((latest?.measure.logicalBytes ?? 0) / 6500);
});

test("measures are thinned with age, and what is asked for is spread over its time", async () => {
  const house = await aHouse();
  await house.datastores.create({ name: "main", path: "/main" });
  for (let hour = 0; hour < 30 * 24; hour += 1) {
    const at = house.clock.now() + hour * 60 * MINUTE_MS;
    const sizes = { totalBytes: 1000, usedBytes: hour, freeBytes: 1000 - hour };
    await house.datastores.measures.record("main", { at, ...sizes });
    await house.datastores.measures.record("main", { at: at + 20 * MINUTE_MS, ...sizes });
  }
  const { measures } = await house.datastores.measures.list("main", {
    limit: 2000,
    until: Number.MAX_SAFE_INTEGER,
  });
  // Twice an hour in the last eight days and what came since the last tidying, once an hour before.
  expect(measures.length).toBeLessThan(22 * 24 + 9 * 48 + 2);
  expect(measures.length).toBeGreaterThan(22 * 24 + 7 * 48);
  const few = spread(measures, 50);
  expect(few.length).toBeLessThanOrEqual(50);
  expect(few.length).toBeGreaterThan(40);
  expect(few.at(-1)).toEqual(measures.at(-1));
});

test("in maintenance nothing of a datastore is touched; read-only is read and not written", async () => {
  const house = await aHouse();
  const { datastores } = house;
  await datastores.create({ name: "main", path: "/main" });
  await house.take(`host/web/${aTime(1)}`);
  const filter = { namespace: undefined, type: undefined, id: undefined };
  await datastores.update("main", { mode: "read-only", modeReason: "moving" }, "root@ibs");
  expect(await datastores.get("main")).toMatchObject({
    status: "read-only",
    statusReason: "set by root@ibs: moving",
  });
  expect(await datastores.listSnapshots("main", filter)).toHaveLength(1);
  const forgotten = datastores.forgetSnapshot("main", `host/web/${aTime(1)}`);
  await expect(forgotten).rejects.toMatchObject({ code: "DATASTORE_READ_ONLY" });
  expect(() => datastores.locateFor("main", "write")).toThrow(/set by root@ibs: moving/);
  expect(datastores.locateFor("main", "read")).toMatchObject({ path: "/main" });

  await datastores.update("main", { mode: "maintenance" }, "root@ibs");
  house.asked.length = 0;
  expect(await datastores.get("main")).toMatchObject({ status: "maintenance" });
  await expect(datastores.listSnapshots("main", filter)).rejects.toMatchObject({
    code: "DATASTORE_IN_MAINTENANCE",
  });
  await house.pass(10 * MINUTE_MS);
  expect(house.asked).toEqual([]);
  expect(datastores.runningTaskCountMax("main")).toBe(0);

  await datastores.update("main", { mode: "normal" }, "root@ibs");
  expect(await datastores.get("main")).toMatchObject({ status: "online" });
  expect(datastores.closedBecause("main")).toBeUndefined();
});

test("another store at the path is no datastore, until somebody says that it is", async () => {
  const { disk, datastores, clock } = await aHouse();
  await datastores.create({ name: "main", path: "/main" });
  disk.rename("/main", "/aside");
  const other = createLocalEngine({ clock, random: createSeededRandom(9), disk });
  await other.create("/main");
  expect(await datastores.get("main")).toMatchObject({ status: "offline" });
  const filter = { namespace: undefined, type: undefined, id: undefined };
  await expect(datastores.listSnapshots("main", filter)).rejects.toMatchObject({
    code: "DATASTORE_NOT_SAME",
  });
  const probe = await datastores.probe("main");
  expect(probe.checks.map(({ name, outcome }) => [name, outcome])).toEqual([
    ["path", "ok"],
    ["identity", "failed"],
    ["chunk-directories", "skipped"],
    ["write", "skipped"],
    ["free-space", "skipped"],
  ]);
  expect(await datastores.update("main", { acceptStore: true }, "root@ibs")).toMatchObject({
    status: "online",
  });
  expect((await datastores.probe("main")).checks.every(({ outcome }) => outcome === "ok")).toBe(true);
  expect(disk.readdir("/main").filter((name) => name.startsWith(".probe"))).toEqual([]);
  // The one that was there is the other one now.
  disk.removeTree("/main");
  disk.rename("/aside", "/main");
  expect(await datastores.get("main")).toMatchObject({ status: "offline" });
});

test("one store under two paths is one datastore", async () => {
  const { disk, datastores } = await aHouse();
  await datastores.create({ name: "main", path: "/main" });
  disk.rename("/main", "/second");
  await expect(datastores.create({ name: "second", path: "/second" })).rejects.toMatchObject({
    code: "DATASTORE_STORE_KNOWN",
  });
});

test("little free space is told, by what is set for the datastore", async () => {
  const { datastores } = await aHouse();
  await datastores.create({ name: "main", path: "/main" });
  const { freeBytes = 0, totalBytes = 1 } = await datastores.get("main");
  const percent = Math.floor((freeBytes * 100) / totalBytes);
  const enough = await datastores.update("main", { freePercentMin: Math.max(1, percent - 1) }, "root@ibs");
  expect(enough.isSpaceLow).toBe(false);
  const low = await datastores.update("main", { freePercentMin: Math.min(99, percent + 1) }, "root@ibs");
  expect(low.isSpaceLow).toBe(percent < 99);
});
