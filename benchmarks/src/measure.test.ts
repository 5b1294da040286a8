import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { measureAlone, measureWithServer } from "./measure.ts";

// Processor time and not wall time, so that a busy machine only makes the tests slower.
const BURN_HALF_A_SECOND = "while (process.cpuUsage().user < 500_000);";
const HOLD_300_MIB = "globalThis.held = Buffer.alloc(300 << 20, 1); setTimeout(() => {}, 700);";
const SERVER_IDLE = "sleep 60; true";

const node = (script: string) => ({ program: process.execPath, args: ["-e", script] });
const shell = (script: string) => ({ program: "/bin/sh", args: ["-c", script] });

let scratch = "";
let server: ChildProcess | undefined;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "ironcore-measure-"));
});
afterEach(() => {
  if (server?.pid !== undefined) process.kill(-server.pid, "SIGKILL");
  server = undefined;
  rmSync(scratch, { recursive: true });
});

function serve(script: string): number {
  server = spawn("/bin/sh", ["-c", script], { detached: true, stdio: "ignore" });
  if (server.pid === undefined) throw new Error("no process");
  return server.pid;
}

function readChildren(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").map(Number);
}

describe("the measure of a command and its server", () => {
  test("counts what the server's own child spends for the command", async () => {
    const waitFor = (file: string): string => `while [ ! -e ${scratch}/${file} ]; do sleep 0.05; done`;
    const burn = `'${process.execPath}' -e '${BURN_HALF_A_SECOND}'`;
    const serverPid = serve(`${waitFor("asked")}; ${burn}; touch ${scratch}/done; ${SERVER_IDLE}`);
    const cost = await measureWithServer(shell(`touch ${scratch}/asked; ${waitFor("done")}`), serverPid);
    expect(cost.cpuMs).toBeGreaterThan(450);
  });

  test("counts a worker that lives on in a process group of its own", async () => {
    const script = `${BURN_HALF_A_SECOND} require("fs").writeFileSync("${scratch}/burnt", ""); setTimeout(() => {}, 60_000);`;
    const waitFor = (file: string): string => `while [ ! -e ${scratch}/${file} ]; do sleep 0.05; done`;
    const serverPid = serve(
      `${waitFor("asked")}; setsid '${process.execPath}' -e '${script}' & sleep 60; true`,
    );
    const cost = await measureWithServer(shell(`touch ${scratch}/asked; ${waitFor("burnt")}`), serverPid);
    for (const pid of readChildren(serverPid)) process.kill(pid, "SIGKILL");
    expect(cost.cpuMs).toBeGreaterThan(450);
  });

  test("counts nothing of a server that did nothing", async () => {
    const cost = await measureWithServer({ program: "sleep", args: ["0.3"] }, serve(SERVER_IDLE));
    expect(cost.cpuMs).toBeLessThan(100);
    expect(cost.wallMs).toBeGreaterThan(290);
  });

  test("counts the command's own time and memory too", async () => {
    const serverPid = serve(SERVER_IDLE);
    expect((await measureWithServer(node(BURN_HALF_A_SECOND), serverPid)).cpuMs).toBeGreaterThan(300);
    const { peakMemoryBytes } = await measureWithServer(node(HOLD_300_MIB), serverPid);
    expect(peakMemoryBytes).toBeGreaterThan(300 << 20);
  });

  test("refuses the figures of a command that failed, and shows what it said", async () => {
    const broken = node("console.log('broken'); process.exit(3)");
    await expect(measureWithServer(broken, serve(SERVER_IDLE))).rejects.toThrow(/exit 3[^]*broken/);
  });
});

// Only the benchmark needs GNU time; a machine without it runs all other tests.
test.skipIf(!existsSync("/usr/bin/time"))("GNU time tells the same of a command without a server", () => {
  expect(measureAlone(node(HOLD_300_MIB), scratch).peakMemoryBytes).toBeGreaterThan(300 << 20);
  expect(measureAlone(node(BURN_HALF_A_SECOND), scratch).cpuMs).toBeGreaterThan(450);
});
