/**
 * Operations for the server's own tests: a backup that does what its first path says. Loaded by worker processes in place
 * of the real registry; nothing of the product imports it.
 */

import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { defineErrors, errorEntry, throwIfCancelled } from "@ironcore-backup/base";
import type { Operation, TaskRun } from "../operations/operation.ts";
import type { OperationRegistry } from "../operations/registry.ts";

const testErrors = defineErrors({
  TEST_SOURCE_BROKEN: errorEntry(
    "later",
    (c: { path: string }) => `The source ${c.path} is broken`,
    "Repair the source.",
  ),
});

const FLOOD_LINE_COUNT = 60_000;

const steps: Readonly<Record<string, (run: TaskRun) => Promise<void>>> = {
  "/ok": async (run) => {
    const stage = run.stage("copy");
    run.setTarget("store:host/test/2024-05-01T12:00:00Z");
    for (let done = 1; done <= 10; done++) {
      stage.update({ doneBytes: done * 1000, totalBytes: 10_000, doneItems: done, current: `file-${done}` });
      run.setBytes(done * 1000);
      await run.clock.sleep(10, run.signal);
    }
    stage.end();
    run.log("info", "COPIED", "all files copied", { fileCount: 10, pid: process.pid });
  },
  "/warn": async (run) => {
    run.log("warning", "FILE_UNREADABLE", "cannot read a file", { path: "/etc/shadow" });
  },
  "/fail": async (run) => {
    run.stage("copy");
    throw testErrors.TEST_SOURCE_BROKEN({ path: "/fail" });
  },
  "/throw": async () => {
    throw new TypeError("undefined is not a function");
  },
  "/wait": async (run) => {
    run.stage("wait");
    run.log("info", "WAITING", "waits until it is stopped", { pid: process.pid });
    await run.clock.sleep(600_000, run.signal);
  },
  "/deaf": async (run) => {
    run.log("info", "WAITING", "does not listen to its signal", { pid: process.pid });
    await run.clock.sleep(600_000);
  },
  "/hang": async (run) => {
    run.log("info", "WAITING", "hangs its main thread", { pid: process.pid });
    await run.clock.sleep(500);
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  },
  "/exit": async (run) => {
    run.log("info", "LEAVING", "leaves without a word");
    await run.clock.sleep(300);
    process.exit(7);
  },
  "/child": async (run) => {
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    run.log("info", "WAITING", "has started a program", { pid: process.pid, childPid: child.pid ?? 0 });
    await run.clock.sleep(600_000, run.signal);
  },
  // Publishes (writes its third path) when it is let (its second path exists) and its claim holds.
  "/publish": async (run) => {
    const [, gate = "", target = ""] = run.parameters.type === "backup" ? run.parameters.request.paths : [];
    run.log("info", "WAITING", "waits until it is let", { pid: process.pid });
    while (!existsSync(gate)) await run.clock.sleep(20, run.signal);
    await run.confirm();
    writeFileSync(target, "published");
  },
  "/flood": async (run) => {
    for (let at = 0; at < FLOOD_LINE_COUNT; at++) run.log("info", "LINE", `line ${at}`);
    run.log("warning", "LAST", "the last one is a warning");
  },
};

const runBackup: Operation = async (run) => {
  throwIfCancelled(run.signal);
  if (run.parameters.type !== "backup") throw new Error("the test knows backups only");
  const step = steps[run.parameters.request.paths[0] ?? ""];
  if (step === undefined) throw new Error("the test has no such step");
  await step(run);
};

export const operations: OperationRegistry = {
  backup: { load: () => Promise.resolve(runBackup) },
  restore: { load: () => Promise.reject(new Error("the module is damaged")) },
  verify: {
    load: () =>
      Promise.resolve(async (run) => {
        if (run.parameters.type === "verify" && run.parameters.request.snapshot === "host/wait/latest")
          await steps["/wait"]?.(run);
        run.setStatistics({
          kind: "verify",
          verify: {
            durationMs: 5,
            snapshotCount: 1,
            chunkCount: 2,
            readBytes: 100,
            snapshots: [
              {
                snapshot: "host/test/2024-05-01T12:00:00Z",
                result: "OK",
                startedAt: run.clock.now(),
                durationMs: 5,
                chunkCount: 2,
                readBytes: 100,
                checksumOnlyChunkCount: 0,
                findings: [],
                findingCount: 0,
              },
            ],
          },
        });
      }),
  },
};
