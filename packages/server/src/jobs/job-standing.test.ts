import { afterEach, expect, test } from "vitest";
import { createFakeClock, instantFromMs, toCodedError } from "@ironcore-backup/base";
import type { JobStanding } from "./job-standing.ts";
import { aBackupJob, aJobHouse, OWNER } from "./jobs.testing.ts";
import type { JobHouse } from "./jobs.testing.ts";

const HOUR_MS = 3_600_000;
const FAILED = { kind: "failed", error: toCodedError(new Error("it is gone")).toJSON() } as const;

const houses: JobHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

/** Noon of the first of March in Vienna, with a nightly backup of `web` at two. */
async function aHouse(): Promise<JobHouse> {
  const house = await aJobHouse(undefined, {
    clock: createFakeClock(instantFromMs(Date.parse("2026-03-01T11:00:00Z"))),
  });
  houses.push(house);
  await house.workloads.create({ name: "web", kind: "files", paths: ["/srv/web"] });
  await house.jobs.create(OWNER, aBackupJob({ allowedSeconds: 7200 }));
  return house;
}

async function standing(house: JobHouse, job = "nightly"): Promise<JobStanding> {
  const found = (await house.jobs.standings()).find((one) => one.job === job);
  if (found === undefined) throw new Error(`no standing of ${job}`);
  return found;
}

test("a new job waits for its first instant", async () => {
  const house = await aHouse();
  expect(await standing(house)).toEqual({
    job: "nightly",
    type: "backup",
    datastore: "main",
    isScheduled: true,
    isOverdue: false,
    nextRunAt: Date.parse("2026-03-02T01:00:00Z"),
    lastRun: undefined,
    lastSuccessAt: undefined,
    lastSuccess: undefined,
  });
});

test("a run that goes on is overdue when its allowed time is over, and not before, until it succeeds", async () => {
  const house = await aHouse();
  await house.pass(15 * HOUR_MS);
  expect((await standing(house)).isOverdue).toBe(false);
  await house.pass(2 * HOUR_MS);
  expect((await standing(house)).isOverdue).toBe(true);
  await house.work();
  const { isOverdue, lastRun, lastSuccessAt } = await standing(house);
  expect([isOverdue, lastRun?.state, lastSuccessAt]).toEqual([false, "late", house.bench.clock.now()]);
});

test("a run that failed is overdue at once, and a run by hand that succeeds mends it", async () => {
  const house = await aHouse();
  await house.pass(15 * HOUR_MS);
  await house.work(FAILED);
  const failed = await standing(house);
  expect([failed.isOverdue, failed.lastRun?.state, failed.lastSuccessAt]).toEqual([
    true,
    "missed",
    undefined,
  ]);
  await house.pass(HOUR_MS);
  await house.jobs.run("nightly", OWNER);
  await house.work();
  const mended = await standing(house);
  expect([mended.isOverdue, mended.lastRun?.state]).toEqual([false, "met"]);
});

test("who is not enabled is not overdue", async () => {
  const house = await aHouse();
  await house.pass(15 * HOUR_MS);
  await house.work(FAILED);
  await house.jobs.update("nightly", { enabled: false });
  const { isScheduled, isOverdue, nextRunAt } = await standing(house);
  expect([isScheduled, isOverdue, nextRunAt]).toEqual([false, false, undefined]);
});

test("the sizes are those of the last success, of all its tasks together", async () => {
  const house = await aHouse();
  await house.workloads.create({ name: "mail", kind: "files", paths: ["/srv/mail"] });
  await house.jobs.update("nightly", { sources: { workloads: ["web", "mail"] } });
  await house.pass(15 * HOUR_MS);
  await house.work();
  const { database } = house.bench.state;
  const tasks = await database.selectFrom("tasks").select(["upid", "workload"]).execute();
  expect(new Set(tasks.map(({ workload }) => workload))).toEqual(new Set(["mail", "web"]));
  for (const { upid, workload } of tasks)
    await database
      .insertInto("run_statistics")
      .values({
        ...{ run_id: null, upid, ended_at: 1, auth_id: OWNER, datastore: "main", namespace: "" },
        ...{ group_name: `host/${workload}`, job: "nightly", project: null, is_full: 0, warning_count: 0 },
        ...{ duration_ms: 1000, source_read_bytes: 500, pre_encrypt_bytes: 900, on_disk_bytes: 300 },
        ...{ chunk_count: 10, known_chunk_count: workload === "web" ? 9 : 3 },
        ...{ new_raw_bytes: 400, new_compressed_bytes: 100, new_stored_bytes: 110, unusual: "[]" },
      })
      .execute();
  expect((await standing(house)).lastSuccess).toEqual({
    sourceReadBytes: 1000,
    onDiskBytes: 600,
    newStoredBytes: 220,
    deduplicationHitRate: 0.6,
    compressionRatio: 4,
  });
});
