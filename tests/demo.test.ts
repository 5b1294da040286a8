/** The living example of `serve --demo`: all of it real runs, and set up once. */

import { afterAll, describe, expect, test } from "vitest";
import type { Job, Run } from "@ironcore-backup/protocol/calls";
import { Installation, until } from "./support/installation.ts";

describe("a demo", () => {
  const ibs = new Installation();
  afterAll(() => ibs.dispose());
  const runsOf = (job: string): Run[] => ibs.json<{ runs: Run[] }>("job", "runs", job).runs;

  test("backs up this machine at once, and each of its jobs does what it says", async () => {
    await ibs.start("--demo");
    await until("the first backups are done", () =>
      runsOf("demo-backup").some(({ state }) => state === "met"),
    );
    expect(ibs.serverOutput).toMatch(/Demo member +dana@ibs, password [0-9a-f]{18}/);
    for (const job of ["demo-verify", "demo-drill", "demo-prune", "demo-gc"]) {
      ibs.must("job", "run", job, "--wait");
      expect(runsOf(job).filter(({ origin }) => origin === "hand")).toMatchObject([{ state: "met" }]);
    }
    const snapshots = ibs.json<{ snapshot: string; verification?: { result: string } }[]>(
      ...["snapshot", "list", "--datastore", "demo"],
    );
    expect(snapshots.length).toBeGreaterThanOrEqual(2);
    expect(snapshots.some(({ verification }) => verification?.result === "OK")).toBe(true);
  });

  test("that was changed is left as it is by the next start", async () => {
    ibs.must("job", "remove", "demo-gc");
    ibs.must("job", "update", "demo-backup", "--schedule", "hourly");
    await ibs.stop();
    ibs.serverOutput = "";
    await ibs.start("--demo");
    await until("it is told", () => ibs.serverOutput.includes("goes on as it was left"));
    const jobs = ibs.json<Job[]>("job", "list");
    expect(jobs.map(({ name }) => name)).toEqual(["demo-backup", "demo-drill", "demo-prune", "demo-verify"]);
    expect(jobs[0]?.schedule).toBe("hourly");
  });
});
