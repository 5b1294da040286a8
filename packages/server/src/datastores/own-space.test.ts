import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock, createSeededRandom, instantFromMs } from "@ironcore-backup/base";
import { collectGarbage, createMemoryDisk, forgetSnapshot, openDatastore } from "@ironcore-backup/engine";
import { openState } from "../state/database.ts";
import { createLocalEngine } from "./local-engine.ts";
import { createPlaces } from "./places.ts";
import { openRetentions } from "./retentions.ts";
import { takeTreeSnapshot } from "./tree-snapshot.testing.ts";
import type { Tree } from "./tree-snapshot.testing.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const START_MS = Date.UTC(2026, 0, 10);
const LONG_MS = 2 * 86_400_000;

async function aHouse() {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-space-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createFakeClock(instantFromMs(START_MS));
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  const engine = createLocalEngine(needs);
  await engine.create("/store");
  const state = await openState(join(directory, "state.db"));
  closers.push(() => state.close());
  const retentions = await openRetentions({ state, timeZone: "UTC", retentionsOfJobs: () => ({}) });
  const locate = () => ({ path: "/store" });
  const places = createPlaces({ state, engine, retentions, timeZone: "UTC", locate });
  const datastore = openDatastore(needs, "/store");
  const take = (name: string, tree: Tree) => takeTreeSnapshot(needs, datastore, name, tree);
  const collect = () => collectGarbage(needs, datastore, { upid: "UPID:gc" });
  return { needs, clock, engine, places, datastore, take, collect };
}

const content = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 5000 }, (_, at) => (at * at * (seed + 1) + (at >> 3)) & 255);

test("a plan says what it would free, and the prune and the collection after it free just that", async () => {
  const { needs, clock, places, datastore, take, collect } = await aHouse();
  const shared = content(1);
  const old = await take("host/web/2026-01-01T00:00:00Z", { a: shared, b: content(2) });
  await take("host/web/2026-01-02T00:00:00Z", { a: shared, c: content(3) });
  await take("host/other/2026-01-02T00:00:00Z", { b: content(2) });
  const request = { datastore: "main", group: "host/web", retention: { keepLast: 1 } };
  const plan = await places.planPrune({ ...request, withFreedBytes: true });
  expect(plan.removeCount).toBe(1);
  expect(plan).toMatchObject({ freeableNowBytes: 0 });
  expect(plan.allFreeableAt).toBeGreaterThan(clock.now() + 86_400_000);
  await forgetSnapshot(needs, datastore, old);
  expect((await collect()).removedBytes).toBe(0);
  clock.advance((plan.allFreeableAt ?? 0) - clock.now());
  const { removedBytes, removedChunkCount } = await collect();
  expect([plan.freedBytes, plan.freedChunkCount]).toEqual([removedBytes, removedChunkCount]);
  expect(removedBytes).toBeGreaterThan(0);
});

test("without being asked a plan reads no index and says nothing of bytes", async () => {
  const { places, take } = await aHouse();
  await take("host/web/2026-01-01T00:00:00Z", { a: "1" });
  const plan = await places.planPrune({ datastore: "main" });
  expect(Object.keys(plan).filter((key) => key.startsWith("free"))).toEqual([]);
});

test("a group's space is its own chunks, and a snapshot's what it alone uses", async () => {
  const { clock, places, take, collect, needs, datastore } = await aHouse();
  const both = content(5);
  await take("host/web/2026-01-01T00:00:00Z", { both, first: content(6) });
  await take("host/web/2026-01-02T00:00:00Z", { both, everywhere: content(7) });
  await take("host/other/2026-01-02T00:00:00Z", { everywhere: content(7) });
  const space = await places.groupSpace("main", "host/web");
  const [newest, oldest] = space.snapshots;
  expect(newest?.snapshot).toBe("host/web/2026-01-02T00:00:00Z");
  // What both share belongs to the group and to none of them alone.
  expect(space.ownBytes).toBeGreaterThan((newest?.ownBytes ?? 0) + (oldest?.ownBytes ?? 0) + 100);
  const refs = await Promise.all(
    space.snapshots.map(({ snapshot }) => createLocalEngine(needs).findSnapshot("/store", snapshot)),
  );
  for (const ref of refs) await forgetSnapshot(needs, datastore, ref);
  clock.advance(LONG_MS);
  expect((await collect()).removedBytes).toBe(space.ownBytes);
});

test("what is not known is absent and says why, without naming what others have", async () => {
  const { needs, places, take } = await aHouse();
  await take("host/web/2026-01-01T00:00:00Z", { a: content(1) });
  await take("host/web/2026-01-02T00:00:00Z", { a: content(3) });
  await take("host/secret/2026-01-02T00:00:00Z", { a: content(2) });
  const path = "/store/host/secret/2026-01-02T00:00:00Z/root.ppxar.didx";
  needs.disk.unlink(path);
  needs.disk.open(path, "create").close();
  const space = await places.groupSpace("main", "host/web");
  expect(space).toMatchObject({ snapshots: [], unknownBecause: expect.stringContaining("cannot be read") });
  expect(JSON.stringify(space)).not.toContain("secret");
  expect(space.ownBytes).toBeUndefined();
  const retention = { keepLast: 1 };
  const plan = await places.planPrune({ datastore: "main", retention, withFreedBytes: true });
  expect(plan.freedBytes ?? plan.freedUnknownBecause).toContain("cannot be read");
});

test("questions wait for each other, and too many at once are told so", async () => {
  const { places, take } = await aHouse();
  await take("host/web/2026-01-01T00:00:00Z", { a: content(1) });
  const answers = await Promise.all(Array.from({ length: 6 }, () => places.groupSpace("main", "host/web")));
  const known = answers.filter(({ ownBytes }) => ownBytes !== undefined);
  expect(known).toHaveLength(4);
  expect(new Set(known.map(({ ownBytes }) => ownBytes)).size).toBe(1);
  expect(answers.at(-1)?.unknownBecause).toContain("ask again");
  expect((await places.groupSpace("main", "host/web")).ownBytes).toBe(known[0]?.ownBytes);
});
