/**
 * Many jobs, many due runs, and a server that is killed at random moments, also between an instant and its tasks, on a
 * clock that also jumps. Afterwards the ledger is compared with the schedules themselves and with the tasks.
 *
 * `IRONCORE_TEST_JOBS=1000 IRONCORE_TEST_INSTANTS=10000` runs it large, by hand.
 */

import { expect, test } from "vitest";
import {
  createFakeClock,
  createSeededRandom,
  instantFromMs,
  parseCalendarEvent,
  runsWithin,
} from "@ironcore-backup/base";
import { listRunRecords } from "../state/run-records.ts";
import type { RunRecord } from "../state/run-records.ts";
import { listTaskRecordsOfRun } from "../state/task-records.ts";
import { aFolder, turns } from "../tasks/tasks.testing.ts";
import { aJobHouse, OWNER } from "./jobs.testing.ts";
import type { JobHouse } from "./jobs.testing.ts";

const JOB_COUNT = Number(process.env["IRONCORE_TEST_JOBS"] ?? 40);
const INSTANT_COUNT = Number(process.env["IRONCORE_TEST_INSTANTS"] ?? 600);
const KILL_COUNT_MIN = 10;
const SEED = Number(process.env["IRONCORE_TEST_SEED"] ?? Date.now() % 1_000_000);
const SCHEDULES = ["*:0/20", "hourly", "*:7/30", "02:30", "Sun 03:00", "*-*-* 1/2:15", "Mon..Fri 1,13:30"];
const START = Date.parse("2026-03-27T20:00:00Z");
const MINUTE_MS = 60_000;

test(`${JOB_COUNT} jobs, at least ${INSTANT_COUNT} instants, kills: each instant one row, each of its subjects one task`, async () => {
  process.stdout.write(`seed ${SEED}\n`);
  const random = createSeededRandom(SEED);
  const below = (end: number): number => random.integer(0, end - 1);
  const chance = (share: number): boolean => below(1000) < share * 1000;
  const root = aFolder();
  const clock = createFakeClock(instantFromMs(START));
  let house: JobHouse = await aJobHouse(root, { clock });
  await makeJobs(house);
  let instantCount = 0;
  let killCount = 0;
  while (instantCount < INSTANT_COUNT || killCount < KILL_COUNT_MIN) {
    clock.advance(below(40) * MINUTE_MS);
    if (chance(0.03)) clock.setNow(instantFromMs(clock.now() + 3 * 60 * MINUTE_MS));
    if (chance(0.02)) clock.setNow(instantFromMs(clock.now() - 50 * MINUTE_MS));
    if (chance(0.35)) {
      // Somewhere in the middle of what is due.
      await turns(below(30));
      await house.kill();
      killCount += 1;
      if (chance(0.3)) clock.advance(below(300) * MINUTE_MS);
      house = await aJobHouse(root, { clock });
    } else {
      await turns();
      await house.jobs.idle();
    }
    if (chance(0.8)) await house.work();
    instantCount = (await allRuns(house)).reduce((sum, run) => sum + run.instantCount, 0);
  }
  await house.jobs.idle();
  await house.work();
  await house.jobs.idle();
  const { endedCount, taskCount } = await expectWhole(house);
  process.stdout.write(
    `${instantCount} instants, ${endedCount} ended, ${taskCount} tasks, ${killCount} kills\n`,
  );
  await house.close();
}, 600_000);

async function makeJobs(house: JobHouse): Promise<void> {
  for (const name of ["a", "b", "c"])
    await house.workloads.create({ name, kind: "files", paths: [`/srv/${name}`] });
  for (let at = 0; at < JOB_COUNT; at++)
    await house.jobs.create(OWNER, {
      name: `job-${at}`,
      type: "backup",
      datastore: "main",
      schedule: SCHEDULES[at % SCHEDULES.length] ?? "hourly",
      missedRuns: at % 3 === 0 ? "skip" : "run-once",
      sources: at % 5 === 0 ? { include: { names: ["*"] } } : { workloads: ["b"] },
    });
}

function allRuns({ bench }: JobHouse): Promise<RunRecord[]> {
  return listRunRecords(bench.state.database, { jobs: undefined, limit: 1_000_000, order: "due" });
}

async function expectWhole(
  house: JobHouse,
): Promise<{ readonly endedCount: number; readonly taskCount: number }> {
  const { database } = house.bench.state;
  const runs = await allRuns(house);
  const byJob = Map.groupBy(runs, ({ job }) => job);
  let endedCount = 0;
  let taskCount = 0;
  for (let at = 0; at < JOB_COUNT; at++) {
    const name = `job-${at}`;
    const rows = byJob.get(name) ?? [];
    const event = parseCalendarEvent(SCHEDULES[at % SCHEDULES.length] ?? "hourly", "Europe/Vienna");
    const last = rows.at(-1)?.dueAt ?? 0;
    const named = [...runsWithin(event, { from: instantFromMs(START + 1), until: instantFromMs(last + 1) })];
    // Exactly the instants of the schedule, each once, and one that is still to come.
    expect([name, rows.map(({ dueAt }) => dueAt)]).toEqual([name, named]);
    expect([name, rows.at(-1)?.state]).toEqual([name, "expected"]);
    for (const run of rows) {
      const tasks = await listTaskRecordsOfRun(database, run.runId);
      taskCount += tasks.length;
      if (run.endedAt !== undefined) endedCount += 1;
      const subjects = run.startedAt === undefined ? [] : run.subjects.map(({ subject }) => subject);
      expect([run, tasks.map(({ task }) => task.workload ?? "").toSorted()]).toEqual([
        run,
        subjects.toSorted(),
      ]);
      if (run.state === "met" || run.state === "late")
        expect(tasks.every(({ task }) => task.state === "ok")).toBe(true);
    }
    expect(rows.filter(({ state }) => state === "running").length).toBeLessThanOrEqual(1);
  }
  const { counts } = await house.jobs.calendar({ since: START, until: START + 60 * 86_400_000 }, () => true);
  const { met, late, missed, skipped } = counts.ended;
  expect(counts.expected).toBe(counts.open + met + late + missed + skipped);
  return { endedCount, taskCount };
}
