import { afterEach, describe, expect, test } from "vitest";
import { createFakeClock, instantFromMs, toCodedError } from "@ironcore-backup/base";
import type { JobCreate, WorkloadProtection } from "@ironcore-backup/protocol";
import { aBackupJob, aJobHouse, OWNER } from "./jobs.testing.ts";
import type { JobHouse } from "./jobs.testing.ts";

const HOUR_MS = 3_600_000;
const FAILED = { kind: "failed", error: toCodedError(new Error("it is gone")).toJSON() } as const;

const houses: JobHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

/** Noon of the first of March in Vienna, the workload `web`, and these jobs. */
async function aHouse(...jobs: readonly JobCreate[]): Promise<JobHouse> {
  const house = await aJobHouse(undefined, {
    clock: createFakeClock(instantFromMs(Date.parse("2026-03-01T11:00:00Z"))),
  });
  houses.push(house);
  await house.workloads.create({ name: "web", kind: "files", paths: ["/srv/web"] });
  for (const job of jobs) await house.jobs.create(OWNER, job);
  return house;
}

async function protectionOf(house: JobHouse, workload = "web"): Promise<WorkloadProtection> {
  const { workloads } = await house.jobs.protection(() => true);
  const found = workloads.find((one) => one.workload === workload);
  if (found === undefined) throw new Error(`no protection of ${workload}`);
  return found;
}

const short = ({ state, links }: WorkloadProtection): string =>
  [state, ...links.map((one) => `${one.link} ${one.state}`)].join(", ");

/** Hours on which everything that comes due is done. */
async function live(house: JobHouse, hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour++) {
    await house.pass(HOUR_MS);
    await house.work();
  }
}

const VERIFY: JobCreate = { name: "check", type: "verify", datastore: "main", schedule: "06:00" };
const PRUNE: JobCreate = { name: "prune", type: "prune", datastore: "main", schedule: "05:00" };
const GC: JobCreate = { name: "gc", type: "gc", datastore: "main", schedule: "Sat 07:00" };

describe("a workload", () => {
  test("that no job backs up is unprotected, and the worst comes first", async () => {
    const house = await aHouse(aBackupJob());
    await house.workloads.create({ name: "alone", kind: "files", paths: ["/srv/alone"] });
    await live(house, 24);
    const { counts, workloads } = await house.jobs.protection(() => true);
    expect(counts).toEqual({ unprotected: 1, "at-risk": 0, weak: 1, protected: 0 });
    expect(workloads.map(({ workload }) => workload)).toEqual(["alone", "web"]);
    expect(workloads[0]?.weakestLink).toEqual({
      link: "backup",
      state: "none",
      message: "No scheduled job backs it up",
    });
  });

  test("is protected once it is backed up and every link of the chain has its job", async () => {
    const house = await aHouse(aBackupJob(), VERIFY, PRUNE, GC);
    expect(short(await protectionOf(house))).toBe(
      "at-risk, backup waiting, verify waiting, drill none, prune waiting, gc waiting",
    );
    await live(house, 24);
    const protection = await protectionOf(house);
    expect(short(protection)).toBe(
      "protected, backup fresh, verify fresh, drill none, prune fresh, gc waiting",
    );
    expect(protection.weakestLink).toBeUndefined();
    expect(protection.lastBackupAt).toBe(Date.parse("2026-03-02T01:00:00Z"));
  });

  test("whose backup fails is at risk, with the cause, and protected again after the next", async () => {
    const house = await aHouse(aBackupJob({ allowedSeconds: 3600 }), VERIFY, PRUNE, GC);
    await live(house, 24);
    await house.pass(14 * HOUR_MS);
    await house.work(FAILED);
    const protection = await protectionOf(house);
    expect(protection.state).toBe("at-risk");
    expect(protection.weakestLink).toMatchObject({
      link: "backup",
      state: "stale",
      job: "nightly",
      staleSince: Date.parse("2026-03-03T01:00:00Z"),
    });
    expect(protection.weakestLink?.message).toBe(
      "nightly has not succeeded since 2026-03-03T01:00:00Z: web: Internal error: it is gone",
    );
    await live(house, 24);
    expect((await protectionOf(house)).state).toBe("protected");
  });

  test("is at risk when nobody is there to run its job, and not one hour before the allowed time is over", async () => {
    const house = await aHouse(aBackupJob({ allowedSeconds: 2 * 3600 }), VERIFY, PRUNE, GC);
    await live(house, 24);
    await house.pass(15 * HOUR_MS);
    expect((await protectionOf(house)).state).toBe("protected");
    await house.pass(HOUR_MS);
    expect((await protectionOf(house)).weakestLink).toMatchObject({ link: "backup", state: "stale" });
  });

  test("stays at risk when its job is edited", async () => {
    const house = await aHouse(aBackupJob({ allowedSeconds: 3600 }), VERIFY, PRUNE, GC);
    await live(house, 24);
    await house.pass(16 * HOUR_MS);
    expect((await protectionOf(house)).state).toBe("at-risk");
    await house.jobs.update("nightly", { comment: "looked at it" });
    expect((await protectionOf(house)).state).toBe("at-risk");
  });

  test("is weak when it is backed up and its verification is not done", async () => {
    const house = await aHouse(aBackupJob(), { ...VERIFY, enabled: false }, PRUNE, GC);
    await live(house, 24);
    expect(await protectionOf(house)).toMatchObject({
      state: "weak",
      weakestLink: { link: "verify", state: "none", message: "No scheduled job verifies its backups" },
    });
  });

  test("of a job of many has its own state: the backup of another one that fails leaves it protected", async () => {
    const house = await aHouse(aBackupJob({ sources: { workloads: ["web", "mail"] } }), VERIFY, PRUNE, GC);
    await house.workloads.create({ name: "mail", kind: "files", paths: ["/srv/mail"] });
    await live(house, 13);
    await house.pass(HOUR_MS);
    const { tasks } = house.bench;
    for (const outcome of [{ kind: "done" } as const, FAILED]) {
      const one = await tasks.claim({ worker: "vm/local", class: "worker" });
      if (one !== undefined) await tasks.finish(one.upid, one.attempt, outcome);
    }
    await house.jobs.idle();
    const { workloads } = await house.jobs.protection(() => true);
    expect(workloads.filter(({ lastBackupAt }) => lastBackupAt !== undefined)).toHaveLength(1);
  });

  test("that may not be seen is not told of", async () => {
    const house = await aHouse(aBackupJob());
    const { workloads, counts } = await house.jobs.protection(() => false);
    expect(workloads).toEqual([]);
    expect(counts).toEqual({ unprotected: 0, "at-risk": 0, weak: 0, protected: 0 });
  });
});
