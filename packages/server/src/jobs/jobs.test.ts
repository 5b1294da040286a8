import { afterEach, describe, expect, test } from "vitest";
import { createFakeClock, instantFromMs, toCodedError } from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import type { JobCreate, Run } from "@ironcore-backup/protocol";
import { aFolder } from "../tasks/tasks.testing.ts";
import { serverErrors } from "../errors.ts";
import { aBackupJob, aJobHouse, OWNER } from "./jobs.testing.ts";
import type { JobHouse } from "./jobs.testing.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string): number => Date.parse(text);

const houses: JobHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

async function open(clock: FakeClock, root = aFolder()): Promise<JobHouse> {
  const house = await aJobHouse(root, { clock });
  houses.push(house);
  return house;
}

/** A house with the workload `web` and one job. */
async function withJob(start: string, changes: Partial<JobCreate> = {}): Promise<JobHouse> {
  const house = await open(createFakeClock(instantFromMs(at(start))));
  await house.workloads.create({ name: "web", kind: "files", paths: ["/srv/web"] });
  await house.jobs.create(OWNER, aBackupJob(changes));
  return house;
}

const short = ({ dueAt, state, cause }: Run): string =>
  [new Date(dueAt).toISOString().slice(0, 16), state, cause].filter((part) => part !== undefined).join(" ");
const story = async (house: JobHouse, job = "nightly"): Promise<string[]> =>
  (await house.runs(job)).map(short);

describe("an instant of a schedule", () => {
  test("has a row before it comes, becomes a run with a task, and is met", async () => {
    const house = await withJob("2026-03-01T12:00:00Z");
    expect(await story(house)).toEqual(["2026-03-02T01:00 expected"]);
    await house.pass(13 * HOUR_MS);
    expect(await story(house)).toEqual(["2026-03-02T01:00 running", "2026-03-03T01:00 expected"]);
    expect(await house.work()).toBe(1);
    const [first] = await house.runs("nightly");
    expect(first).toMatchObject({ state: "met", origin: "schedule", taskCount: 1 });
    expect(first?.tasks).toEqual([{ upid: expect.any(String), state: "ok", workload: "web" }]);
    const task = await house.bench.tasks.get(first?.tasks[0]?.upid ?? "");
    expect(task).toMatchObject({ job: "nightly", workload: "web", run: first?.run, authId: OWNER });
  });

  test("that the clock jumps over in spring runs once, and one that comes twice in autumn runs once", async () => {
    const spring = await withJob("2026-03-28T12:00:00Z", { schedule: "02:30" });
    for (let hours = 0; hours < 48; hours++) {
      await spring.pass(HOUR_MS);
      await spring.work();
    }
    expect(await story(spring)).toEqual([
      "2026-03-29T01:30 met",
      "2026-03-30T00:30 met",
      "2026-03-31T00:30 expected",
    ]);
    const autumn = await withJob("2026-10-24T12:00:00Z", { schedule: "02:30" });
    for (let hours = 0; hours < 48; hours++) {
      await autumn.pass(HOUR_MS);
      await autumn.work();
    }
    expect(await story(autumn)).toEqual([
      "2026-10-25T00:30 met",
      "2026-10-26T01:30 met",
      "2026-10-27T01:30 expected",
    ]);
  });

  test("is late when its task ends after the allowed time, and missed when it fails", async () => {
    const house = await withJob("2026-03-01T12:00:00Z", { allowedSeconds: 3600 });
    await house.pass(13 * HOUR_MS);
    await house.pass(2 * HOUR_MS);
    await house.work();
    await house.pass(22 * HOUR_MS);
    await house.work({ kind: "failed", error: toCodedError(new Error("no more space")).toJSON() });
    expect(await story(house)).toEqual([
      "2026-03-02T01:00 late ended-late",
      "2026-03-03T01:00 missed task-failed",
      "2026-03-04T01:00 expected",
    ]);
    expect((await house.runs("nightly"))[1]?.message).toContain("web: ");
  });

  test("is skipped while the run before it goes on, which is named", async () => {
    const house = await withJob("2026-03-01T12:00:00Z", { schedule: "hourly" });
    await house.pass(HOUR_MS);
    await house.pass(HOUR_MS);
    const [first, second] = await house.runs("nightly");
    expect([first?.state, second?.state, second?.cause]).toEqual(["running", "skipped", "still-running"]);
    expect(second?.message).toContain(`Run ${first?.run}`);
    await house.work();
    await house.pass(HOUR_MS);
    expect((await house.runs("nightly")).at(-2)?.state).toBe("running");
  });

  test("waits out its own random delay, the same after a restart", async () => {
    const root = aFolder();
    const clock = createFakeClock(instantFromMs(at("2026-03-01T12:00:00Z")));
    const house = await open(clock, root);
    await house.workloads.create({ name: "web", kind: "files", paths: ["/srv/web"] });
    for (const name of ["a", "b", "c", "d"])
      await house.jobs.create(OWNER, aBackupJob({ name, schedule: "14:00", randomDelaySeconds: 3600 }));
    await house.kill();
    const again = await open(clock, root);
    const startedAt: number[] = [];
    for (let minute = 0; minute < 125; minute++) {
      await again.pass(60_000);
      const open = await Promise.all(["a", "b", "c", "d"].map((name) => again.runs(name)));
      for (const [run] of open)
        if (run?.startedAt !== undefined && !startedAt.includes(run.startedAt)) startedAt.push(run.startedAt);
    }
    expect(startedAt.length).toBeGreaterThan(2);
    for (const time of startedAt) {
      expect(time).toBeGreaterThanOrEqual(at("2026-03-01T13:00:00Z"));
      expect(time).toBeLessThanOrEqual(at("2026-03-01T14:01:00Z"));
    }
  });
});

describe("while no server ran", () => {
  test.each([
    ["run-once", ["missed server-down", "missed server-down", "met"]],
    ["skip", ["missed server-down", "missed server-down", "missed server-down"]],
  ] as const)(
    "instants are missed, and by the policy %s the newest runs or not",
    async (policy, expected) => {
      const root = aFolder();
      const clock = createFakeClock(instantFromMs(at("2026-03-01T12:00:00Z")));
      const first = await open(clock, root);
      await first.workloads.create({ name: "web", kind: "files", paths: ["/srv/web"] });
      await first.jobs.create(OWNER, aBackupJob({ missedRuns: policy }));
      await first.kill();
      clock.advance(3 * DAY_MS);
      const house = await open(clock, root);
      await house.work();
      const runs = await house.runs("nightly");
      const words = runs.map(({ state, cause }) => (cause === undefined ? state : `${state} ${cause}`));
      expect(words.toSorted()).toEqual(["expected", ...expected].toSorted());
    },
  );

  test("a job whose last instant was long ago and often gets a bounded ledger that counts them all", async () => {
    const root = aFolder();
    const clock = createFakeClock(instantFromMs(at("2026-03-01T12:00:00Z")));
    const first = await open(clock, root);
    await first.workloads.create({ name: "web", kind: "files", paths: ["/srv/web"] });
    await first.jobs.create(OWNER, aBackupJob({ schedule: "minutely" }));
    await first.kill();
    const dayCount = 12;
    clock.advance(dayCount * DAY_MS);
    const house = await open(clock, root);
    const { counts } = await house.jobs.calendar(
      { since: at("2026-03-01T12:00:00Z"), until: clock.now() },
      () => true,
    );
    expect(counts.expected).toBe(dayCount * 24 * 60);
    expect(counts.ended.missed).toBe(dayCount * 24 * 60 - 1);
    expect(counts.open).toBe(1);
  });

  test("a clock that goes back runs nothing twice", async () => {
    const house = await withJob("2026-03-01T12:00:00Z");
    await house.pass(13 * HOUR_MS);
    await house.work();
    house.bench.clock.setNow(instantFromMs(at("2026-03-01T12:00:00Z")));
    await house.pass(14 * HOUR_MS);
    expect(await house.work()).toBe(0);
    expect(await story(house)).toEqual(["2026-03-02T01:00 met", "2026-03-03T01:00 expected"]);
  });
});

describe("a paused scheduler", () => {
  test("holds the newest instant back, skips those before it, and lets it go when it goes on", async () => {
    const house = await withJob("2026-03-01T12:00:00Z");
    await house.setPaused(true);
    await house.pass(13 * HOUR_MS);
    expect(await story(house)).toEqual(["2026-03-02T01:00 expected", "2026-03-03T01:00 expected"]);
    await house.pass(24 * HOUR_MS);
    expect(await story(house)).toEqual([
      "2026-03-02T01:00 skipped scheduler-paused",
      "2026-03-03T01:00 expected",
      "2026-03-04T01:00 expected",
    ]);
    await house.setPaused(false);
    await house.work();
    expect((await story(house))[1]).toBe("2026-03-03T01:00 met");
  });

  test("skips every instant of a job that misses none", async () => {
    const house = await withJob("2026-03-01T12:00:00Z", { missedRuns: "skip" });
    await house.setPaused(true);
    await house.pass(13 * HOUR_MS);
    expect(await story(house)).toEqual([
      "2026-03-02T01:00 skipped scheduler-paused",
      "2026-03-03T01:00 expected",
    ]);
  });
});

describe("a job", () => {
  test("that is changed expects by its new schedule at once, and its run goes on", async () => {
    const house = await withJob("2026-03-01T12:00:00Z");
    await house.pass(13 * HOUR_MS);
    await house.jobs.update("nightly", { schedule: "05:00", comment: null });
    expect(await story(house)).toEqual(["2026-03-02T01:00 running", "2026-03-02T04:00 expected"]);
    await house.jobs.update("nightly", { enabled: false });
    expect(await story(house)).toEqual(["2026-03-02T01:00 running"]);
    await house.work();
    await house.jobs.update("nightly", { enabled: true });
    expect(await story(house)).toEqual(["2026-03-02T01:00 met", "2026-03-02T04:00 expected"]);
  });

  test("runs by hand beside its schedule, not twice at once", async () => {
    const house = await withJob("2026-03-01T12:00:00Z");
    const { upids } = await house.jobs.run("nightly", "eve@ibs");
    expect(upids).toHaveLength(1);
    await expect(house.jobs.run("nightly", "eve@ibs")).rejects.toMatchObject({ code: "JOB_RUNNING" });
    await house.work();
    const [byHand] = await house.runs("nightly");
    expect(byHand).toMatchObject({ origin: "hand", state: "met", askedBy: "eve@ibs" });
  });

  test("whose sources fit nothing misses its run and says so; one that cannot start, too", async () => {
    const house = await withJob("2026-03-01T12:00:00Z", { sources: { include: { tags: ["none"] } } });
    await house.pass(13 * HOUR_MS);
    expect((await story(house))[0]).toBe("2026-03-02T01:00 missed no-workloads");
    const other = await aJobHouse(aFolder(), {
      clock: createFakeClock(instantFromMs(at("2026-03-01T12:00:00Z"))),
      planTask: () => Promise.reject(serverErrors.JOB_NOT_FOUND({ job: "somebody's" })),
    });
    houses.push(other);
    await other.jobs.create(OWNER, { name: "nightly", type: "gc", datastore: "main", schedule: "02:00" });
    await other.pass(13 * HOUR_MS);
    expect((await other.runs("nightly"))[0]).toMatchObject({
      state: "missed",
      cause: "start-failed",
      message: "JOB_NOT_FOUND: There is no job somebody's",
    });
  });

  test("takes every workload that fits, one task each, one try per subject again after a kill", async () => {
    const root = aFolder();
    const clock = createFakeClock(instantFromMs(at("2026-03-01T12:00:00Z")));
    const house = await open(clock, root);
    for (const [name, tag] of [
      ["web-1", "prod"],
      ["web-2", "prod"],
      ["web-old", "prod"],
      ["db", "test"],
    ] as const)
      await house.workloads.create({ name, kind: "files", paths: ["/srv"], tags: [tag] });
    const sources = { workloads: ["db"], include: { names: ["web-*"] }, exclude: { names: ["*-old"] } };
    await house.jobs.create(OWNER, aBackupJob({ sources }));
    expect((await house.jobs.show(house.jobs.get("nightly"))).workloads).toEqual(["db", "web-1", "web-2"]);
    await house.pass(13 * HOUR_MS);
    await house.kill();
    const again = await open(clock, root);
    await again.work();
    const [run] = await again.runs("nightly");
    expect(run).toMatchObject({ state: "met", taskCount: 3 });
    expect(run?.tasks.map(({ workload }) => workload).toSorted()).toEqual(["db", "web-1", "web-2"]);
  });

  test("that does not make sense is refused with the field that is wrong", async () => {
    const house = await open(createFakeClock());
    const refused = (job: JobCreate) =>
      house.jobs.create(OWNER, job).catch((cause: unknown) => toCodedError(cause).message);
    expect(await refused(aBackupJob({ sources: {} }))).toContain("names no workload");
    expect(await refused(aBackupJob({ cutoffMinutes: 5 }))).toContain(
      '"cutoffMinutes" is for jobs of type gc',
    );
    expect(await refused(aBackupJob({ schedule: "25:00" }))).toContain("is not understood at character");
    expect(await refused(aBackupJob({ timeZone: "Mars/Olympus" }))).toContain("no time zone");
    expect(await refused(aBackupJob({ namespace: "../x" }))).toContain("not a valid namespace");
  });
});

describe("a workload", () => {
  test("of commands is looked for where the system would find them, and takes no directories", async () => {
    const house = await open(createFakeClock());
    const { workloads } = house;
    const commands = [{ archive: "list.txt", argv: ["ls", "-l"] }];
    await workloads.create({ name: "list", kind: "command", commands });
    expect(await workloads.check("list")).toMatchObject({ isReachable: true });
    await workloads.update("list", { preCommand: { argv: ["/no/such/program"] } });
    const { isReachable, parts } = await workloads.check("list");
    expect([isReachable, parts.find(({ subject }) => subject === "/no/such/program")?.isReachable]).toEqual([
      false,
      false,
    ]);
    await expect(workloads.update("list", { paths: ["/srv"] })).rejects.toMatchObject({
      code: "WORKLOAD_INVALID",
    });
    await expect(
      workloads.create({ name: "twice", kind: "command", commands: [...commands, ...commands] }),
    ).rejects.toMatchObject({ code: "WORKLOAD_INVALID" });
  });

  test("that is changed keeps what was not named, and loses what is taken away", async () => {
    const { workloads } = await open(createFakeClock());
    await workloads.create({
      name: "web",
      kind: "files",
      paths: ["/srv"],
      comment: "old",
      tags: ["a", "a", "b"],
    });
    const { definition } = await workloads.update("web", { comment: null, excludes: ["*.tmp"] });
    expect(definition).toEqual({ kind: "files", paths: ["/srv"], tags: ["a", "b"], excludes: ["*.tmp"] });
  });
});
