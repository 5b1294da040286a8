/**
 * The reference timetable over a quarter, with real operations on a real datastore and a clock that is driven: a daily
 * backup that keeps 7 days, a weekly full one of the same workload that keeps 3 weeks, a prune each morning, a verify each
 * Sunday. On the day of the clock change the daily and the weekly backup fall on one instant.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  createFakeClock,
  createSeededRandom,
  formatBackupTime,
  instantFromMs,
  parseCalendarEvent,
  parseDatastoreName,
  parseGroupRef,
  runsWithin,
} from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import {
  createDatastore,
  createRealDisk,
  findSnapshot,
  jobOf,
  listSnapshotRefs,
  openDatastore,
  verifyStateOf,
} from "@ironcore-backup/engine";
import { TASK_CLASSES } from "@ironcore-backup/protocol";
import { scopeOf } from "../datastores/prune-scope.ts";
import { aJobHouse, OWNER } from "../jobs/jobs.testing.ts";
import type { JobHouse } from "../jobs/jobs.testing.ts";
import { operations } from "../operations/registry.ts";
import type { TaskAssignment } from "../tasks/tasks.ts";
import { aFolder } from "../tasks/tasks.testing.ts";
import { planJob } from "../workers/job-plan.ts";
import { createTaskRunner } from "../workers/task-runner.ts";

const ZONE = "Europe/Vienna";
const START = Date.parse("2026-01-09T12:00:00Z");
/** A Thursday noon: past the clock change of 29 March. */
const END = Date.parse("2026-04-09T12:00:00Z");

const TIMETABLE = [
  { name: "daily", type: "backup", schedule: "02:00", retention: { keepDaily: 7, timeZone: ZONE } },
  {
    name: "weekly",
    type: "backup",
    mode: "full",
    schedule: "Sun 03:00",
    retention: { keepWeekly: 3, timeZone: ZONE },
  },
  { name: "prune", type: "prune", schedule: "05:00" },
  { name: "verify", type: "verify", schedule: "Sun 06:00" },
] as const;

// In memory, where there is any: the 65,536 directories of a store take a disk many seconds.
const storeRoot = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "ironcore-timetable-"));
let house: JobHouse | undefined;
afterEach(async () => {
  await house?.close();
  rmSync(storeRoot, { recursive: true, force: true });
}, 60_000);

test("runs end to end: right runs, right snapshots kept, none of two jobs' pruned by the other", async () => {
  const root = aFolder();
  const clock = createFakeClock(instantFromMs(START));
  const store = join(storeRoot, "store");
  const disk = { disk: createRealDisk(), clock, random: createSeededRandom(1) };
  await createDatastore(disk, store);
  const source = join(root, "web");
  mkdirSync(source);
  house = await aJobHouse(root, { clock, planTask: planOn(store, () => house) });
  await house.workloads.create({ name: "web", kind: "files", paths: [source] });
  for (const job of TIMETABLE)
    await house.jobs.create(OWNER, {
      ...job,
      datastore: "main",
      ...(job.type === "backup" ? { sources: { workloads: ["web"] } } : {}),
    });
  for (let at = await nextInstant(house); at < END; at = await nextInstant(house)) {
    writeFileSync(join(source, "diary.txt"), `written ${at}\n`);
    await house.pass(Math.max(0, at - clock.now()));
    await work(house, clock);
  }

  for (const { name, schedule } of TIMETABLE) {
    const event = parseCalendarEvent(schedule, ZONE);
    const named = [...runsWithin(event, { from: instantFromMs(START), until: instantFromMs(END) })];
    const runs = (await house.runs(name)).filter(({ dueAt }) => dueAt < END);
    expect([name, runs.map(({ dueAt }) => dueAt)]).toEqual([name, named]);
    expect([name, runs.filter(({ state }) => state !== "met")]).toEqual([name, []]);
  }

  const { datastore, kept } = snapshotsOf(disk, store);
  const of = (job: string): string[] => kept.filter((one) => one.job === job).map(({ day }) => day);
  // Newest first; today's daily ones up to the last prune at 05:00, and the full ones of the last three weeks.
  expect(of("daily")).toEqual([
    "2026-04-09",
    "2026-04-08",
    "2026-04-07",
    "2026-04-06",
    "2026-04-05",
    "2026-04-04",
    "2026-04-03",
  ]);
  expect(of("weekly")).toEqual(["2026-04-05", "2026-03-29", "2026-03-22"]);
  expect(kept).toHaveLength(10);
  // What was there on the last Sunday at 06:00 was read again.
  const verified = kept.filter(({ isVerified }) => isVerified).map(({ day }) => day);
  expect(new Set(verified)).toEqual(
    new Set(["2026-04-05", "2026-04-04", "2026-04-03", "2026-03-29", "2026-03-22"]),
  );
  expect(datastore.path).toBe(store);
}, 300_000);

/** When the next of all jobs is due. */
async function nextInstant({ jobs }: JobHouse): Promise<number> {
  const listed = await jobs.list(() => true);
  return Math.min(...listed.flatMap(({ nextRuns }) => nextRuns));
}

/** As the server plans a job's tasks, on a datastore that lies here. */
function planOn(path: string, jobHouse: () => JobHouse | undefined) {
  const location = { name: parseDatastoreName("main"), path };
  return (
    ...[job, workload]: Parameters<NonNullable<Parameters<typeof aJobHouse>[1]>["planTask"] & object>
  ) =>
    Promise.resolve(
      planJob(
        {
          locateFor: () => location,
          pruneAbout: (datastore, namespace) => ({
            scope: scopeOf(namespace === undefined ? {} : { namespace }),
            retentions: {
              datastore,
              timeZone: ZONE,
              ofNamespaces: {},
              ofJobs: jobHouse()?.jobs.retentionsOf(datastore) ?? {},
            },
          }),
          node: "vm",
          scratchPath: "/nowhere",
        },
        job,
        workload,
      ),
    );
}

/** Runs every task that is queued with its own operation. */
async function work({ bench, jobs }: JobHouse, clock: FakeClock): Promise<void> {
  for (const taskClass of TASK_CLASSES)
    for (;;) {
      const one = await bench.tasks.claim({ worker: `vm/${taskClass}`, class: taskClass });
      if (one === undefined) break;
      await runOne(bench, clock, one);
    }
  await jobs.idle();
}

async function runOne({ tasks }: JobHouse["bench"], clock: FakeClock, one: TaskAssignment): Promise<void> {
  const stored: Promise<unknown>[] = [];
  const runner = createTaskRunner(
    {
      clock,
      random: createSeededRandom(one.attempt),
      loadOperation: async (type) => {
        const row = operations[type];
        if (row === undefined) throw new Error(`no operation ${type}`);
        return row.load();
      },
      send: (report) =>
        stored.push(tasks.report(one.upid, one.attempt, report).finally(() => runner.reported())),
      askForConfirmation: () => queueMicrotask(() => runner.confirmed(true)),
      tellMoved: () => undefined,
    },
    one,
  );
  const over = new AbortController();
  const outcome = runner.run(new AbortController().signal).finally(() => over.abort());
  while (!over.signal.aborted) {
    // Whoever waits for the next second gets it.
    clock.advance(100);
    await new Promise((turn) => setImmediate(turn));
  }
  await Promise.all(stored);
  await tasks.finish(one.upid, one.attempt, await outcome);
}

function snapshotsOf(needs: Parameters<typeof openDatastore>[0], path: string) {
  const datastore = openDatastore(needs, path);
  const kept = listSnapshotRefs(needs, datastore, parseGroupRef("host/web")).map((ref) => {
    const entry = findSnapshot(needs, datastore, ref);
    const manifest = entry?.state === "finished" ? entry.manifest : undefined;
    return {
      job: manifest === undefined ? undefined : jobOf(manifest),
      day: formatBackupTime(ref.backupTime).slice(0, 10),
      isVerified: manifest !== undefined && verifyStateOf(manifest)?.state === "ok",
    };
  });
  return { datastore, kept };
}
