import { expect, test } from "vitest";
import type { Job } from "@ironcore-backup/protocol/calls";
import { createRequest, EMPTY_JOB, formOfJob, isComplete, troublesOf, updateRequest } from "./job-form.ts";

const BACKUP = { ...EMPTY_JOB, name: "nightly", datastore: "main", workloads: ["web"] };

test("a new job has only what was said", () => {
  expect(createRequest(BACKUP)).toEqual({
    name: "nightly",
    type: "backup",
    datastore: "main",
    schedule: "02:00",
    missedRuns: "run-once",
    randomDelaySeconds: 0,
    namespace: "",
    sources: { workloads: ["web"] },
    mode: "incremental",
  });
  const verify = { ...EMPTY_JOB, name: "check", type: "verify" as const, datastore: "main", schedule: "" };
  expect(createRequest(verify)).toMatchObject({ verifyWindowDays: 30 });
  expect(createRequest({ ...verify, extent: "bytes", durationMinutesMax: 90 })).toEqual({
    name: "check",
    type: "verify",
    datastore: "main",
    missedRuns: "run-once",
    randomDelaySeconds: 0,
    namespace: "",
    coverDays: 30,
    durationSecondsMax: 5400,
  });
});

test("a job that is edited and saved as it is stays as it is", () => {
  const job: Job = {
    name: "nightly",
    type: "backup",
    datastore: "main",
    namespace: "shop",
    comment: "of the shop",
    notificationGroup: "ops",
    priority: "high",
    schedule: "Sun 03:00",
    timeZone: "Europe/Vienna",
    enabled: true,
    owner: "admin@ibs",
    missedRuns: "skip",
    allowedSeconds: 7200,
    randomDelaySeconds: 600,
    retryPolicy: { countMax: 2, delaySeconds: 60 },
    bandwidthLimitBytesPerSecond: 10 << 20,
    sources: {
      workloads: ["web"],
      include: { tags: ["prod"] },
      exclude: { names: ["old-*"], tags: ["scratch"], projects: ["test"] },
    },
    mode: "full",
    retention: { keepWeekly: 3 },
    createdAt: 1,
    changedAt: 1,
    nextRuns: [],
  };
  const {
    name: _n,
    type: _t,
    datastore: _d,
    enabled: _e,
    owner: _o,
    createdAt: _c,
    changedAt: _h,
    nextRuns: _r,
    ...kept
  } = job;
  expect(updateRequest(formOfJob(job), job)).toEqual(kept);
});

test("what is taken away is said with null, and the other way of verifying goes with it", () => {
  const job: Job = {
    name: "check",
    type: "verify",
    datastore: "main",
    enabled: true,
    owner: "admin@ibs",
    coverDays: 7,
    durationSecondsMax: 600,
    createdAt: 1,
    changedAt: 1,
    nextRuns: [],
  };
  const update = updateRequest({ ...formOfJob(job), extent: "snapshots" }, job);
  expect(update).toMatchObject({
    coverDays: null,
    durationSecondsMax: null,
    verifyWindowDays: 30,
    schedule: null,
  });
  expect(updateRequest(formOfJob(job), job)).toMatchObject({
    coverDays: 7,
    durationSecondsMax: 600,
    verifyWindowDays: null,
  });
});

test("a backup needs a source, a drill a group that it restores and a check that can be read", () => {
  expect(isComplete(BACKUP)).toBe(true);
  expect(isComplete({ ...BACKUP, workloads: [] })).toBe(false);
  expect(isComplete({ ...BACKUP, workloads: [], includeTags: "prod" })).toBe(true);
  const drill = { ...EMPTY_JOB, name: "rehearsal", type: "drill" as const, datastore: "main" };
  expect(isComplete(drill)).toBe(false);
  expect(isComplete({ ...drill, group: "host/web" })).toBe(true);
  expect(troublesOf({ ...drill, check: "test -f a | b" }).check).toContain("shell");
  expect(troublesOf({ ...drill, name: "a b" }).name).toContain("Letters");
});
