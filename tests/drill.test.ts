/** Recovery drills of a real datastore, by hand and as a job: what they find, and that nothing of them is left. */

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
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
