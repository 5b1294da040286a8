/** Prune as a person runs it: planned, carried out, killed in the middle, and going by what is set when it starts. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "@ironcore-backup/client";
import { formatBackupTime } from "@ironcore-backup/base";
import type { PrunePlan, Snapshot, Task } from "@ironcore-backup/protocol/calls";
import { connect } from "./support/api.ts";
import { Installation } from "./support/installation.ts";
import { growOlderSnapshots } from "./support/older-snapshots.ts";
import { growTree } from "./support/tree.ts";

const DAY_SECONDS = 86_400;

describe("a prune of a real datastore", () => {
  const ibs = new Installation();
  const tree = ibs.path("tree");
  const group = join(ibs.store(), "host", "web-1");

  beforeAll(async () => {
    growTree(tree, { seed: 3, fileCount: 40 });
    await ibs.start("--time-zone", "Europe/Vienna");
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    ibs.must("backup", "--path", tree, "--datastore", "main", "--id", "web-1", "--wait");
  });
  afterAll(() => ibs.dispose());
  beforeEach(() => {
    ibs.run("datastore", "update", "main", "--keep-all");
  });

  const namesOf = (): string[] =>
    snapshotsOf("web-1").map(({ snapshot }) => snapshot.split("/").at(-1) ?? "");
  const snapshotsOf = (id: string): Snapshot[] =>
    ibs.json<Snapshot[]>("snapshot", "list", "--datastore", "main", "--id", id);
  const newestOf = (): string => namesOf()[0] ?? "";
  /** A copy a day, that long back. */
  const growDays = (count: number): void => {
    const newest = newestOf();
    const present = new Set(readdirSync(group));
    const ages = Array.from({ length: count }, (_, day) => (day + 1) * DAY_SECONDS);
    const nameOf = (age: number): string => formatBackupTime(Date.parse(newest) / 1000 - age);
    growOlderSnapshots(
      group,
      newest,
      ages.filter((age) => !present.has(nameOf(age))),
    );
  };

  test("does what its plan said, and the plan says why", () => {
    growDays(40);
    ibs.must("datastore", "update", "main", "--keep-last", "2", "--keep-daily", "5", "--keep-weekly", "3");
    const plan = ibs.json<PrunePlan>("prune", "--datastore", "main", "--simulate");
    expect(namesOf()).toHaveLength(41);
    const expected = plan.groups.flatMap(({ snapshots }) =>
      snapshots.filter(({ action }) => action === "keep").map(({ snapshot }) => snapshot),
    );
    expect(expected).toHaveLength(10);
    const printed = ibs.must("prune", "--datastore", "main", "--wait");
    expect(printed).toContain("31 snapshots");
    expect(snapshotsOf("web-1").map(({ snapshot }) => snapshot)).toEqual(expected);
    expect(ibs.must("verify", "--datastore", "main", "--wait")).toContain("OK");
  });

  test("leaves what is protected", () => {
    growDays(5);
    const oldest = namesOf().at(-1) ?? "";
    ibs.must("snapshot", "protect", `main:host/web-1/${oldest}`);
    ibs.must("prune", "--datastore", "main", "--keep-last", "1", "--wait");
    expect(namesOf()).toEqual([newestOf(), oldest]);
    ibs.must("snapshot", "protect", `main:host/web-1/${oldest}`, "--off");
    ibs.must("snapshot", "forget", `main:host/web-1/${oldest}`);
  });

  test("goes by what is set when it starts, not when it was asked for", async () => {
    growDays(5);
    ibs.must("datastore", "update", "main", "--keep-last", "1");
    ibs.must("scheduler", "pause");
    const client = connect(ibs);
    const { upid } = await client.call("startPrune", { body: { datastore: "main" } });
    ibs.must("datastore", "update", "main", "--keep-last", "4");
    ibs.must("scheduler", "resume");
    ibs.must("task", "wait", upid);
    expect(namesOf()).toHaveLength(4);
  });

  test.each(["worker", "everything"] as const)(
    "that is cut short by kill -9 of %s leaves every kept snapshot whole, and the next one finishes the work",
    async (what) => {
      growDays(400);
      const kept = namesOf().slice(0, 3);
      const retention = { keepLast: 3 };
      const client = connect(ibs);
      // Its connection is open by then, and asking for the process takes no time.
      const { upid } = await client.call("startPrune", { body: { datastore: "main", retention } });
      await someRemoved(group, 380);
      if (what === "worker") process.kill(await pidOf(client, upid), "SIGKILL");
      else {
        ibs.killEverything();
        await ibs.start("--time-zone", "Europe/Vienna");
      }
      const task = await ended(connect(ibs), upid);
      expect([task.state, task.error?.code]).toEqual(["failed", "WORKER_LOST"]);
      expect(namesOf().slice(0, 3)).toEqual(kept);
      // Cut short indeed: there is work left, and at most one rest without a manifest.
      expect(namesOf().length).toBeGreaterThan(3);
      expect(snapshotsOf("web-1").filter(({ finished }) => !finished).length).toBeLessThan(2);
      ibs.must("prune", "--datastore", "main", "--keep-last", "3", "--wait");
      expect(ibs.must("verify", "--datastore", "main", "--wait")).toContain("OK");
      expect(namesOf()).toEqual(kept);
    },
  );
});

/** Resolves as soon as fewer snapshots are there; looked at often, because a prune is quick. */
async function someRemoved(group: string, count: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (readdirSync(group).length > count) {
    if (performance.now() > deadline) throw new Error("the prune removed nothing");
    await new Promise((wake) => setTimeout(wake, 2));
  }
}

async function pidOf(client: Client, upid: string): Promise<number> {
  const { workers } = await client.call("listWorkers", {});
  const busy = workers.flatMap(({ runs }) => runs).find((one) => one.upid === upid);
  if (busy?.pid === undefined) throw new Error(`no process runs ${upid}`);
  return busy.pid;
}

async function ended(client: Client, upid: string): Promise<Task> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const task = await client.call("getTask", { params: { upid } });
    if (task.endedAt !== undefined) return task;
    if (performance.now() > deadline) throw new Error(`${upid} did not end`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}
