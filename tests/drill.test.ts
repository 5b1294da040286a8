/** Recovery drills of a real datastore, by hand and as a job: what they find, and that nothing of them is left. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation, until } from "./support/installation.ts";
import { newestTask } from "./support/task-view.ts";
import { growTree } from "./support/tree.ts";

interface DrillView {
  readonly state: string;
  readonly error?: { readonly code: string };
  readonly statistics?: {
    readonly drill?: {
      readonly snapshot: string;
      readonly restoreMs?: number;
      readonly fileCount: number;
      readonly isCleanedUp: boolean;
      readonly comparison?: {
        readonly differences: readonly { readonly path: string; readonly what: string }[];
      };
      readonly check?: { readonly passed: boolean; readonly lastLines: readonly string[] };
    };
  };
}

describe("a recovery drill", () => {
  const ibs = new Installation();
  const scratch = ibs.path("data", "scratch");
  const drill = (...words: string[]) =>
    ibs.run("drill", "--datastore", "main", "--group", "host/one", ...words, "--wait");
  // The same task, looked at for what only a drill has.
  const newest = (): DrillView => newestTask(ibs, "drill") as unknown as DrillView;
  const leftovers = (): string[] => (existsSync(scratch) ? readdirSync(scratch) : []);

  beforeAll(async () => {
    growTree(ibs.path("tree"), { seed: 21, fileCount: 60 });
    writeFileSync(ibs.path("tree", "answer.txt"), "42\n");
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    ibs.must("backup", "--path", ibs.path("tree"), "--datastore", "main", "--id", "one", "--wait");
  });
  afterAll(() => ibs.dispose());

  test("restores, checks in the restored tree, measures, and leaves nothing", () => {
    expect(drill("--check", "grep -qx 42 answer.txt").exitCode).toBe(0);
    const { state, statistics } = newest();
    expect(state).toBe("ok");
    expect(statistics?.drill).toMatchObject({
      snapshot: expect.stringMatching(/^main:host\/one\//) as string,
      isCleanedUp: true,
      check: { passed: true },
    });
    expect(statistics?.drill?.fileCount).toBeGreaterThan(50);
    expect(statistics?.drill?.restoreMs).toBeGreaterThan(0);
    expect(leftovers()).toEqual([]);
  });

  test("whose check does not pass has failed, and keeps what the check said", () => {
    const failed = drill("--check", "sh -c 'echo the answer is wrong; exit 3'");
    expect(failed.exitCode).toBe(1);
    const { error, statistics } = newest();
    expect(error?.code).toBe("DRILL_CHECK_FAILED");
    expect(statistics?.drill?.check).toMatchObject({ passed: false, lastLines: ["the answer is wrong"] });
    expect(leftovers()).toEqual([]);
  });

  test("by a job is a run of the ledger, missed when the check fails", async () => {
    const words = ["--type", "drill", "--datastore", "main", "--group", "host/one"];
    ibs.must("job", "create", "rehearsal", ...words, "--check", "false");
    expect(ibs.run("job", "run", "rehearsal", "--wait").exitCode).toBe(1);
    const runs = (): { state: string; cause?: string }[] =>
      ibs.json<{ runs: { state: string; cause?: string }[] }>("job", "runs", "rehearsal").runs;
    await until("the run to end", () => runs()[0]?.state === "missed");
    expect(runs()[0]?.cause).toBe("task-failed");
  });

  test("that is cancelled or killed leaves nothing in the scratch space", async () => {
    ibs.run("drill", "--datastore", "main", "--group", "host/one", "--check", "sleep 60");
    await until("the check to run", () => leftovers().length > 0 && newest().state === "running");
    const { upid } = newestTask(ibs, "drill");
    ibs.must("task", "cancel", upid);
    await until("the task to end", () => newest().state === "cancelled");
    expect(leftovers()).toEqual([]);

    ibs.run("drill", "--datastore", "main", "--group", "host/one", "--check", "sleep 60");
    await until("the check to run again", () => leftovers().length > 0 && newest().state === "running");
    ibs.killEverything();
    await ibs.start();
    await until("the lost drill to be failed", () => newest().state === "failed");
    expect(leftovers()).toEqual([]);
  });

  test("compares with the live source: what changed, came and went is named, and fails it only on request", () => {
    const live = ibs.path("live");

    mkdirSync(join(live, "cache"), { recursive: true });
    for (const name of ["same.txt", "grown.txt", "forged.txt", "gone.txt", "cache/old.tmp"])
      writeFileSync(join(live, name), `content of ${name}\n`);
    ibs.must("workload", "add", "live", "--path", live, "--exclude", "*.tmp");
    // With a warning of what its pattern left out.
    expect(ibs.run("backup", "live", "--datastore", "main", "--wait").exitCode).toBe(3);
    const compare = (...words: string[]) =>
      ibs.run(
        ...["drill", "--datastore", "main", "--group", "host/live", "--compare-source", "live"],
        ...[...words, "--wait"],
      );
    expect(compare("--fail-on-difference").exitCode).toBe(0);
    const none = { addedCount: 0, removedCount: 0, changedCount: 0, differences: [] };
    expect(newest().statistics?.drill?.comparison).toMatchObject({ workload: "live", ...none });

    writeFileSync(join(live, "grown.txt"), "longer than it was when it was backed up\n");
    writeFileSync(join(live, "new.txt"), "new\n");
    writeFileSync(join(live, "new.tmp"), "left out\n");
    rmSync(join(live, "gone.txt"));
    // Other bytes under the size and the time of before.
    const forged = join(live, "forged.txt");
    execFileSync("touch", ["-r", forged, ibs.path("stamp")]);
    writeFileSync(forged, "CONTENT of forged.txt\n");
    execFileSync("touch", ["-r", ibs.path("stamp"), forged]);
    expect(compare().exitCode).toBe(3);
    const { state, statistics } = newest();
    expect(state).toBe("warning");
    expect(statistics?.drill?.comparison).toMatchObject({ addedCount: 1, removedCount: 1, changedCount: 2 });
    const found = statistics?.drill?.comparison?.differences.map(
      ({ path, what }) => `${what} ${path.slice(live.length + 1)}`,
    );
    expect(found).toEqual(["content forged.txt", "removed gone.txt", "size grown.txt", "added new.txt"]);

    expect(compare("--fail-on-difference").exitCode).toBe(1);
    expect(newest()).toMatchObject({ state: "failed", error: { code: "DRILL_SOURCE_DIFFERS" } });
    expect(leftovers()).toEqual([]);

    ibs.must("workload", "add", "listing", "--command", "ls.txt=ls /");
    const words = ["job", "create", "rehearse-live", "--type", "drill", "--datastore", "main"];
    const created = ibs.run(...words, "--group", "host/live", "--compare-source", "listing");
    expect(created.stderr).toContain("DRILL_SOURCE_INVALID");
    ibs.must(...words, "--group", "host/live", "--compare-source", "live");
    expect(ibs.run("job", "run", "rehearse-live", "--wait").exitCode).toBe(3);
    expect(ibs.run("workload", "remove", "live").stderr).toContain("rehearse-live");
  });

  test("finds a snapshot whose data was damaged", () => {
    const [victim = ""] = chunkFiles(ibs.store());
    const bytes = readFileSync(victim);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    writeFileSync(victim, bytes);
    expect(drill("--choice", "random").exitCode).toBe(1);
    expect(newest()).toMatchObject({ state: "failed", error: { code: "RESTORE_CHUNK_FAILED" } });
    expect(leftovers()).toEqual([]);
  });
});

/** The chunk files of a datastore, the largest first. */
function chunkFiles(store: string): string[] {
  return readdirSync(join(store, ".chunks"))
    .flatMap((folder) =>
      readdirSync(join(store, ".chunks", folder)).map((name) => join(store, ".chunks", folder, name)),
    )
    .filter((path) => /\/[0-9a-f]{64}$/.test(path))
    .sort((a, b) => statSync(b).size - statSync(a).size);
}
