import { parseNamespace, ROOT_NAMESPACE } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { beforeEach, describe, expect, it } from "vitest";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";
import { JOB_KEY, updateUnprotected } from "../datastore/manifest-file.ts";
import { createNamespace } from "../datastore/namespace.ts";
import { isFinished, listSnapshotRefs, setProtected } from "../datastore/snapshot-list.ts";
import { groupPath, manifestPath, snapshotPath } from "../datastore/snapshot-path.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { lockGroup, lockSnapshot } from "../locks/backup-lock.ts";
import { openBackupSession } from "../sessions/backup-session.ts";
import { aChunk, FIRST_TIME, requestFor, takeBackup } from "../sessions/backup-builder.testing.ts";
import { openSnapshot } from "../sessions/open-snapshot.ts";
import type { RetentionSet } from "./group-decision.ts";
import { openCalendar } from "./calendar-period.ts";
import { inventBackupTimes } from "./invented-schedule.ts";
import { executePrune } from "./prune-execute.ts";
import { createGroupPlanner, groupsOf, planPrune } from "./prune-plan.ts";
import { decideByWindows } from "./prune-rule.ts";
import type { Retention } from "./retention.ts";

const HOUR = 3600;
const DAYS_2_LAST_1: Retention = { counts: { "keep-last": 1, "keep-daily": 2 }, timeZone: "Europe/Vienna" };

let store: MemoryDatastore;
beforeEach(async () => {
  store = await aMemoryDatastore();
});

async function takeSome(
  count: number,
  stepSeconds: number,
  group: GroupRef = aGroup(),
): Promise<SnapshotRef[]> {
  const taken: SnapshotRef[] = [];
  for (let number = 0; number < count; number++) {
    const request = requestFor(FIRST_TIME + number * stepSeconds, group);
    const content = { chunks: [aChunk(1), aChunk(number + 10)], blob: `number ${number}` };
    taken.push(await takeBackup(store.needs, store.datastore, request, content));
  }
  return taken;
}

const always = (retention: Retention) => (): RetentionSet => ({ key: "", retention });

function plan(retention: Retention, group = aGroup(), needs: EngineNeeds = store.needs) {
  return createGroupPlanner(needs, store.datastore, always(retention))(group);
}

async function prune(
  retention: Retention,
  { needs = store.needs, group = aGroup() }: { needs?: EngineNeeds; group?: GroupRef } = {},
): Promise<string[]> {
  const outcomes: string[] = [];
  for await (const { planned, outcome } of executePrune(
    needs,
    store.datastore,
    plan(retention, group, needs),
  ))
    outcomes.push(`${planned.snapshot.backupTime - FIRST_TIME} ${outcome}`);
  return outcomes;
}

const timesLeft = (group = aGroup()): number[] =>
  listSnapshotRefs(store.needs, store.datastore, group).map(({ backupTime }) => backupTime - FIRST_TIME);

describe("a prune", () => {
  it("removes what its plan says, oldest first, and leaves the rest and the group", async () => {
    await takeSome(6, 10 * HOUR);
    // In Vienna: 14th 23:13, 15th 9:13 and 19:13, 16th 5:13 and 15:13, 17th 1:13.
    expect(await prune(DAYS_2_LAST_1)).toEqual(["0 removed", "36000 removed", "108000 removed"]);
    expect(timesLeft()).toEqual([180_000, 144_000, 72_000]);
    expect(await prune(DAYS_2_LAST_1)).toEqual([]);
    expect(timesLeft()).toEqual([180_000, 144_000, 72_000]);
  });

  it("keeps exactly what the simulator says of the same schedule", async () => {
    const zone = "Europe/Vienna";
    const until = Date.parse("2026-11-01T12:00:00Z") / 1000;
    const schedule = {
      weekdays: new Set([0, 1, 2, 3, 4, 5, 6]),
      minutesOfDay: [150, 780],
      dayCount: 40,
      until,
    };
    const times = inventBackupTimes(zone, schedule);
    const counts = { "keep-last": 2, "keep-daily": 5, "keep-weekly": 3, "keep-monthly": 2 };
    for (const time of times.toReversed())
      await takeBackup(store.needs, store.datastore, requestFor(time), { chunks: [aChunk(1)] });
    const simulated = decideByWindows(
      { calendar: openCalendar(zone) },
      times.map((backupTime) => ({ backupTime, isProtected: false })),
      counts,
    );
    await prune({ counts, timeZone: zone });
    const kept = listSnapshotRefs(store.needs, store.datastore, aGroup()).map(({ backupTime }) => backupTime);
    expect(kept).toEqual(times.filter((time) => simulated.get(time)?.action === "keep"));
    expect(kept.length).toBeLessThan(times.length);
    expect(kept.length).toBeGreaterThan(8);
  });

  it("leaves what is read, and takes it the next time", async () => {
    const [first, second] = await takeSome(3, HOUR);
    if (first === undefined || second === undefined) throw new Error("three were taken");
    const reader = openSnapshot(store.needs, store.datastore, first);
    const retention: Retention = { counts: { "keep-last": 1 }, timeZone: "UTC" };
    expect(await prune(retention)).toEqual(["0 in-use", "3600 removed"]);
    reader.close();
    expect(await prune(retention)).toEqual(["0 removed"]);
    expect(timesLeft()).toEqual([7200]);
  });

  it("leaves what was protected or forgotten after it was planned", async () => {
    const [first, second] = await takeSome(3, HOUR);
    if (first === undefined || second === undefined) throw new Error("three were taken");
    const planned = plan({ counts: { "keep-last": 1 }, timeZone: "UTC" });
    setProtected(store.needs, store.datastore, first, true);
    store.needs.disk.removeTree(snapshotPath(store.datastore, second));
    const outcomes = [];
    for await (const { outcome } of executePrune(store.needs, store.datastore, planned))
      outcomes.push(outcome);
    expect(outcomes).toEqual(["protected", "gone"]);
    expect(isFinished(store.needs, store.datastore, first)).toBe(true);
  });

  it("never takes the base of a running backup, nor the one that is being written", async () => {
    const taken = await takeSome(2, HOUR);
    const base = taken.at(-1);
    const session = openBackupSession(store.needs, store.datastore, requestFor(FIRST_TIME + 3 * HOUR));
    expect(session.base?.snapshot).toEqual(base);
    const retention: Retention = { counts: { "keep-last": 1 }, timeZone: "UTC" };
    expect(plan(retention).snapshots.map(({ decision }) => decision.reason)).toEqual([
      "running",
      "keep-last",
      "outside",
    ]);
    expect(await prune(retention)).toEqual(["0 removed"]);
    session.abort();
  });

  it("removes what broken backups left, but not while a backup of the group runs", async () => {
    const [leftover] = await takeSome(3, HOUR);
    if (leftover === undefined) throw new Error("three were taken");
    store.needs.disk.unlink(manifestPath(store.datastore, leftover));
    const retention: Retention = { counts: { "keep-last": 5 }, timeZone: "UTC" };
    const lock = lockGroup(store.needs, { path: groupPath(store.datastore, aGroup()), name: "group" });
    expect(await prune(retention)).toEqual(["0 in-use"]);
    lock.release();
    expect(await prune(retention)).toEqual(["0 removed"]);
    expect(timesLeft()).toEqual([7200, 3600]);
  });

  it("counts a job's snapshots by themselves where the job has a retention of its own", async () => {
    const taken = await takeSome(6, HOUR);
    for (const [at, snapshot] of taken.entries())
      if (at % 2 === 0)
        await updateUnprotected(store.needs, store.datastore, snapshot, (before) => ({
          ...before,
          [JOB_KEY]: "hourly",
        }));
    const one = { counts: { "keep-last": 1 }, timeZone: "UTC" };
    const planner = createGroupPlanner(store.needs, store.datastore, ({ job }) => ({
      key: job ?? "",
      retention: one,
    }));
    const { snapshots } = planner(aGroup());
    expect(snapshots.map(({ job, decision }) => `${job ?? "-"} ${decision.action}`)).toEqual([
      "- keep",
      "hourly keep",
      "- remove",
      "hourly remove",
      "- remove",
      "hourly remove",
    ]);
  });

  it("stops at once when it is cancelled or its claim is lost, with everything else in place", async () => {
    await takeSome(5, HOUR);
    const retention: Retention = { counts: { "keep-last": 1 }, timeZone: "UTC" };
    const controller = new AbortController();
    const cancelled = (async () => {
      for await (const _outcome of executePrune(store.needs, store.datastore, plan(retention), {
        signal: controller.signal,
      }))
        controller.abort();
    })();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    expect(timesLeft()).toHaveLength(4);
    const lost = (async () => {
      const beforeRemove = async (): Promise<void> => {
        throw new Error("claim lost");
      };
      for await (const _outcome of executePrune(store.needs, store.datastore, plan(retention), {
        beforeRemove,
      }));
    })();
    await expect(lost).rejects.toThrow("claim lost");
    expect(timesLeft()).toHaveLength(4);
  });

  it("goes on after one that cannot be removed, and says which", async () => {
    await takeSome(4, HOUR);
    const disk = createFaultyDisk(store.needs.disk, ({ path, effect }) =>
      effect !== "read" && path.includes("22:13:20Z") ? { errno: "EIO" } : undefined,
    );
    const retention: Retention = { counts: { "keep-last": 1 }, timeZone: "UTC" };
    const outcomes = await prune(retention, { needs: { ...store.needs, disk } });
    expect(outcomes).toEqual(["0 failed", "3600 removed", "7200 removed"]);
    expect(timesLeft()).toEqual([10_800, 0]);
  });
});

describe("which groups a prune looks at", () => {
  it("are those of a namespace and of all below it, as deep as it is told", async () => {
    for (const name of ["a", "a/b", "a/b/c", "ab"]) {
      createNamespace(store.needs, store.datastore, parseNamespace(name));
      await takeSome(1, HOUR, { ...aGroup(), namespace: parseNamespace(name) });
    }
    await takeSome(1, HOUR);
    const namesOf = (scope: Parameters<typeof groupsOf>[2]): string[] =>
      groupsOf(store.needs, store.datastore, scope).map(({ namespace }) => namespace);
    expect(namesOf({ namespace: ROOT_NAMESPACE })).toEqual(["", "a", "a/b", "a/b/c", "ab"]);
    expect(namesOf({ namespace: parseNamespace("a") })).toEqual(["a", "a/b", "a/b/c"]);
    expect(namesOf({ namespace: parseNamespace("a"), depthMax: 1 })).toEqual(["a", "a/b"]);
    expect(namesOf({ namespace: ROOT_NAMESPACE, depthMax: 0 })).toEqual([""]);
    expect(() => namesOf({ namespace: parseNamespace("z") })).toThrow('The namespace "z" does not exist');
    const plans = planPrune(store.needs, store.datastore, {
      scope: { group: aGroup("nobody") },
      choose: always(DAYS_2_LAST_1),
    });
    await expect(plans.next()).rejects.toMatchObject({ code: "GROUP_MISSING" });
  });

  it("a plan changes nothing on the disk, and holds no lock", async () => {
    const [first] = await takeSome(4, HOUR);
    if (first === undefined) throw new Error("four were taken");
    const disk = createFaultyDisk(store.needs.disk, ({ effect }) =>
      effect === "read" ? undefined : { errno: "EROFS" },
    );
    expect(plan(DAYS_2_LAST_1, aGroup(), { ...store.needs, disk }).snapshots).toHaveLength(4);
    lockSnapshot(
      store.needs,
      { path: snapshotPath(store.datastore, first), name: "first" },
      "exclusive",
    ).release();
  });
});
