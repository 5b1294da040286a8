import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSystemClock } from "@ironcore-backup/base";
import { endOrphans, markedEnvironment } from "./orphan-processes.ts";

const clock = createSystemClock();
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-orphans-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Resolves when the shell runs and has started what it starts. */
async function aProcess(dataDir: string, command = "true") {
  const child = spawn("sh", ["-c", `${command}\necho started\nsleep 600\ntrue`], {
    env: markedEnvironment(process.env, dataDir),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on("exit", (_code, signal) => resolve(signal)),
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return { child, ended };
}

test("ends what belongs to the data directory, also what stands still, and what that had started", async () => {
  const running = await aProcess(root);
  const stopped = await aProcess(root);
  stopped.child.kill("SIGSTOP");
  const parent = await aProcess(root, "sleep 600 &");
  const { foundCount, leftCount } = await endOrphans({ clock }, root);
  expect(foundCount).toBeGreaterThanOrEqual(4);
  expect(leftCount).toBe(0);
  expect(await Promise.all([running.ended, stopped.ended, parent.ended])).toEqual([
    "SIGKILL",
    "SIGKILL",
    "SIGKILL",
  ]);
  expect(await endOrphans({ clock }, root)).toEqual({ foundCount: 0, leftCount: 0 });
});

test("leaves another data directory's processes alone, also one whose name begins the same", async () => {
  const other = mkdtempSync(`${root}-`);
  const foreign = await aProcess(other);
  try {
    expect(await endOrphans({ clock }, root)).toEqual({ foundCount: 0, leftCount: 0 });
    expect(foreign.child.exitCode).toBeNull();
    expect(foreign.child.kill(0)).toBe(true);
  } finally {
    await endOrphans({ clock }, other);
    await foreign.ended;
    rmSync(other, { recursive: true });
  }
});
