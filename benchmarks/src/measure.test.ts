import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { measureAlone, measureWithServer } from "./measure.ts";

const BURN_HALF_A_SECOND = "const end = performance.now() + 500; while (performance.now() < end);";
const HOLD_300_MIB = "globalThis.held = Buffer.alloc(300 << 20, 1); setTimeout(() => {}, 700);";

const node = (script: string) => ({ program: process.execPath, args: ["-e", script] });

describe("the measure of a command and its server", () => {
  let server: ChildProcess | undefined;
  afterEach(() => {
    if (server?.pid !== undefined) process.kill(-server.pid, "SIGKILL");
  });

  const serve = (script: string): number => {
    server = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
    if (server.pid === undefined) throw new Error("no process");
    return server.pid;
  };

  test("counts what the server's own child spends meanwhile", async () => {
    const idle = await measureWithServer({ program: "sleep", args: ["0.5"] }, serve("sleep 60; true"));
    process.kill(-(server?.pid ?? 0), "SIGKILL");
    const busy = await measureWithServer(
      { program: "sleep", args: ["0.5"] },
      serve("(while :; do :; done) & wait"),
    );
    expect(idle.cpuMs).toBeLessThan(100);
    expect(busy.cpuMs).toBeGreaterThan(150);
  });

  test("counts the command's own time and memory too", async () => {
    const pid = serve("sleep 60; true");
    expect((await measureWithServer(node(BURN_HALF_A_SECOND), pid)).cpuMs).toBeGreaterThan(300);
    const { peakMemoryBytes, wallMs } = await measureWithServer(node(HOLD_300_MIB), pid);
    expect(peakMemoryBytes).toBeGreaterThan(300 << 20);
    expect(wallMs).toBeGreaterThan(600);
  });

  test("refuses the figures of a command that failed", async () => {
    await expect(
      measureWithServer(node("console.log('broken'); process.exit(3)"), serve("sleep 60")),
    ).rejects.toThrow(/exit 3[^]*broken/);
  });
});

// Only the benchmark needs GNU time; a machine without it runs all other tests.
test.skipIf(!existsSync("/usr/bin/time"))("GNU time tells the same of a command without a server", () => {
  const scratch = mkdtempSync(join(tmpdir(), "ironcore-measure-"));
  try {
    const cost = measureAlone(node(HOLD_300_MIB), scratch);
    expect(cost.peakMemoryBytes).toBeGreaterThan(300 << 20);
    expect(measureAlone(node(BURN_HALF_A_SECOND), scratch).cpuMs).toBeGreaterThan(300);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
