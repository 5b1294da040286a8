/**
 * One Ironcore Backup on a throw-away data directory, driven only through its command line, as a person would.
 */

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const CHECKOUT = resolve(import.meta.dirname, "../..");
const CLI = join(CHECKOUT, "packages/cli/bin/ironcore-backup.js");
const START_WAIT_MS = 60_000;
const STOP_WAIT_MS = 30_000;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Installation {
  readonly root = mkdtempSync(join(tmpdir(), "ironcore-test-"));
  readonly dataDir = join(this.root, "data");
  #server: ChildProcess | undefined;
  #port = 0;
  serverOutput = "";

  get serverPid(): number {
    const pid = this.#server?.pid;
    if (pid === undefined) throw new Error("the server does not run");
    return pid;
  }

  get port(): number {
    if (this.#port === 0) throw new Error("the server was never started");
    return this.#port;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /** Where datastores go: memory, where there is any. The 65,536 directories of one take a disk many seconds to remove. */
  readonly storeRoot = existsSync("/dev/shm")
    ? mkdtempSync("/dev/shm/ironcore-test-")
    : join(this.root, "stores");

  store(name = "store"): string {
    return join(this.storeRoot, name);
  }

  /** @param options  of `serve` */
  async start(...options: string[]): Promise<void> {
    this.#port ||= await freePort();
    const listen = `127.0.0.1:${this.#port}`;
    const words = [CLI, "serve", "--data-dir", this.dataDir, "--listen", listen, ...options];
    this.#server = spawn(process.execPath, words, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // its own process group, so that a test can kill all of it at once
    });
    this.#server.stdout?.on("data", (bytes: Buffer) => (this.serverOutput += bytes.toString()));
    this.#server.stderr?.on("data", (bytes: Buffer) => (this.serverOutput += bytes.toString()));
    const deadline = performance.now() + START_WAIT_MS;
    while (this.run("status").exitCode !== 0) {
      if (this.#server.exitCode !== null || performance.now() > deadline) {
        throw new Error(`the server did not start:\n${this.serverOutput}`);
      }
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((wake) => server.once("exit", wake));
    server.kill("SIGTERM");
    const timer = setTimeout(() => this.killEverything(), STOP_WAIT_MS);
    await ended;
    clearTimeout(timer);
    this.#server = undefined;
  }

  /** SIGKILL to the server and every process it started, as a power cut would. Workers lead process groups of their own. */
  killEverything(): void {
    const groups = [this.serverPid, ...descendantsOf(this.serverPid)];
    for (const pid of groups) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // Already gone, or not the leader of a group: then it goes with its leader.
      }
    }
    this.#server = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.storeRoot, { recursive: true, force: true });
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs one command to its end. */
  run(...words: string[]): CommandResult {
    const done = spawnSync(process.execPath, [CLI, ...words, "--data-dir", this.dataDir], {
      encoding: "utf8",
      maxBuffer: 256 << 20,
      env: { ...process.env, NO_COLOR: "1" },
    });
    return { exitCode: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
  }

  /** Runs one command that must succeed, and returns what it printed. */
  must(...words: string[]): string {
    const done = this.run(...words);
    if (done.exitCode !== 0) {
      throw new Error(
        `${words.join(" ")}: exit ${done.exitCode}\n${done.stdout}\n${done.stderr}\n${this.serverOutput}`,
      );
    }
    return done.stdout;
  }

  /** The one JSON value that a command prints with `--output-format json`. */
  json<Value>(...words: string[]): Value {
    return JSON.parse(this.must(...words, "--output-format", "json")) as Value; // The test says what it expects to find.
  }

  /** Starts a command that the test will not wait for. */
  spawn(...words: string[]): ChildProcess {
    return spawn(process.execPath, [CLI, ...words, "--data-dir", this.dataDir], { stdio: "ignore" });
  }
}

/** Every process that this one started, and theirs. */
function descendantsOf(ancestor: number): number[] {
  const rows = tool("ps", ["-eo", "pid=,ppid="])
    .toString()
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const found = new Set([ancestor]);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const [pid = 0, parent = 0] of rows) if (found.has(parent)) found.add(pid);
  }
  found.delete(ancestor);
  return [...found];
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((wake) => probe.listen(0, "127.0.0.1", wake));
  const address = probe.address();
  await new Promise((wake) => probe.close(wake));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Waits until `condition` holds; for what another process does in its own time. */
export async function until(what: string, condition: () => boolean, waitMs = 60_000): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Runs a tool that is not ours. A missing tool fails the test: `.ci/run` installs what is needed. */
export function tool(command: string, args: readonly string[], input?: Uint8Array): Buffer {
  const done = spawnSync(command, args, { input, maxBuffer: 512 << 20 });
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${done.stderr.toString()}${done.stdout.toString()}`);
  return done.stdout;
}
