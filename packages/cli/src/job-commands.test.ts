import { expect, test } from "vitest";
import { run } from "./command-run.testing.ts";

const NOW = 1_800_000_000_000;
const job = {
  name: "nightly",
  type: "backup",
  datastore: "main",
  enabled: true,
  owner: "admin@ibs",
  schedule: "02:00",
  scheduleText: "every day at 02:00 (UTC)",
  createdAt: NOW,
  changedAt: NOW,
  nextRuns: [NOW + 3_600_000],
  workloads: ["web"],
};

test("a job is made from words: sources, schedule, retention of its own snapshots", async () => {
  const words = [
    "job",
    "create",
    "nightly",
    "--type",
    "backup",
    "--datastore",
    "main",
    "--schedule",
    "02:00",
  ];
  const more = ["--workload", "web", "--include-tag", "prod", "--exclude-name", "*-old", "--keep-daily", "7"];
  const { exitCode, calls, out } = await run(
    [...words, ...more, "--time-zone", "Europe/Vienna", "--allowed", "6h"],
    {
      answers: { createJob: () => job },
    },
  );
  expect(exitCode).toBe(0);
  expect(calls[0]?.input.body).toEqual({
    name: "nightly",
    type: "backup",
    datastore: "main",
    schedule: "02:00",
    timeZone: "Europe/Vienna",
    allowedSeconds: 21_600,
    sources: { workloads: ["web"], include: { tags: ["prod"] }, exclude: { names: ["*-old"] } },
    retention: { keepDaily: 7, timeZone: "Europe/Vienna" },
  });
  expect(out).toContain("every day at 02:00 (UTC)");
});

test("a job's schedule, comment and limit are taken away by saying none", async () => {
  const words = ["job", "update", "nightly", "--schedule", "none", "--comment", "", "--bwlimit", "none"];
  const { calls } = await run(words, { answers: { updateJob: () => job } });
  expect(calls[0]?.input.body).toEqual({ schedule: null, comment: null, bandwidthLimitBytesPerSecond: null });
  const nothing = await run(["job", "update", "nightly"]);
  expect([nothing.exitCode, nothing.calls]).toEqual([2, []]);
});

test("the list of jobs tells what runs when, and how the last run ended", async () => {
  const lastRun = {
    run: 7,
    job: "nightly",
    origin: "schedule",
    dueAt: NOW,
    state: "missed",
    cause: "task-failed",
    message: "web: no space",
    instantCount: 1,
    tasks: [],
    taskCount: 1,
  };
  const { out } = await run(["job", "list"], { answers: { listJobs: () => [{ ...job, lastRun }] } });
  expect(out).toContain("✘ MISSED");
  expect(out).toContain("02:00");
  const ledger = await run(["job", "runs", "nightly"], {
    answers: { listRuns: () => ({ runs: [lastRun] }) },
  });
  expect(ledger.out).toContain("web: no space");
});

test("a workload is of directories or of images, and one that cannot be reached fails its check", async () => {
  const both = await run(["workload", "add", "x", "--path", "/a", "--image", "/b"]);
  expect(both.exitCode).toBe(2);
  const check = {
    checkedAt: NOW,
    isReachable: false,
    parts: [{ subject: "/srv", isReachable: false, message: "It is not there" }],
  };
  const { exitCode, out } = await run(["workload", "check", "web"], {
    answers: { checkWorkload: () => check },
  });
  expect(exitCode).toBe(1);
  expect(out).toContain("It is not there");
});
