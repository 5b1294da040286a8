import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { createMemoryDisk } from "@ironcore-backup/engine";
import type { Datastore } from "@ironcore-backup/protocol";
import { openState } from "../state/database.ts";
import { openDatastores } from "./datastores.ts";
import { openRetentions } from "./retentions.ts";
import { createLocalEngine } from "./local-engine.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function aRegister() {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-datastores-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createFakeClock();
  const engine = createLocalEngine({
    clock,
    random: createSeededRandom(1),
    disk: createMemoryDisk({ clock }),
  });
  const state = await openState(join(directory, "state.db"));
  closers.push(() => state.close());
  const told: [string, Datastore | undefined][] = [];
  const needs = {
    clock,
    engine,
    state,
    onChanged: (name: string, datastore: Datastore | undefined) => void told.push([name, datastore]),
  };
  return {
    told,
    open: async () =>
      openDatastores({
        ...needs,
        retentions: await openRetentions({ state, timeZone: "UTC", retentionsOfJobs: () => ({}) }),
      }),
  };
}

test("settings change alone, are taken away with null, and outlive a restart", async () => {
  const { open, told } = await aRegister();
  const register = await open();
  await register.create({ name: "main", path: "/main", comment: "first", runningTaskCountMax: 2 });
  await register.update("main", { comment: "second" }, "root@internal");
  expect(register.runningTaskCountMax("main")).toBe(2);
  await register.update("main", { runningTaskCountMax: null }, "root@internal");
  expect(register.runningTaskCountMax("main")).toBeUndefined();
  await register.update("main", { runningTaskCountMax: 5 }, "root@internal");
  const again = await open();
  expect(await again.get("main")).toMatchObject({ comment: "second", runningTaskCountMax: 5 });
  expect(told.map(([, datastore]) => [datastore?.comment, datastore?.runningTaskCountMax])).toEqual([
    ["first", 2],
    ["second", 2],
    ["second", undefined],
    ["second", 5],
  ]);
});

test("two changes at the same time both hold", async () => {
  const { open } = await aRegister();
  const register = await open();
  await register.create({ name: "main", path: "/main" });
  await Promise.all([
    register.update("main", { comment: "new" }, "root@internal"),
    register.update("main", { runningTaskCountMax: 3 }, "root@internal"),
  ]);
  expect(await (await open()).get("main")).toMatchObject({ comment: "new", runningTaskCountMax: 3 });
});

test("two creations at the same time: one is made, the other refused by name or path", async () => {
  const { open } = await aRegister();
  const register = await open();
  const outcomes = await Promise.allSettled([
    register.create({ name: "main", path: "/main" }),
    register.create({ name: "main", path: "/other" }),
    register.create({ name: "below", path: "/main/below" }),
  ]);
  expect(outcomes.map((one) => (one.status === "fulfilled" ? "made" : one.reason.code))).toEqual([
    "made",
    "DATASTORE_EXISTS",
    "DATASTORE_PATH_TAKEN",
  ]);
});

test("a removed datastore is told as gone, and takes no change", async () => {
  const { open, told } = await aRegister();
  const register = await open();
  await register.create({ name: "main", path: "/main" });
  await register.remove("main");
  expect(told.at(-1)).toEqual(["main", undefined]);
  await expect(register.update("main", {}, "root@internal")).rejects.toMatchObject({
    code: "DATASTORE_NOT_FOUND",
  });
});
