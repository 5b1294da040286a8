import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock, createSystemClock } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { runCommand } from "./run-command.ts";
import type { CommandOptions } from "./run-command.ts";
import type { Command } from "./command.ts";

let root: string;
let lines: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-command-"));
  lines = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(
  command: Command,
  options: Partial<CommandOptions> = {},
  clock: Clock = createSystemClock(),
): Promise<void> {
  return runCommand({ clock }, command, {
    role: "db.dump",
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
    ...options,
  });
}

const shell = (script: string): Command => ({ argv: ["/bin/sh", "-c", script] });

/** Resolves when a process has written its id to the file. */
async function pidIn(path: string): Promise<number> {
  const read = (): number => (existsSync(path) ? Number(readFileSync(path, "utf8")) : 0);
  if (read() > 0) return read();
  await new Promise<void>((resolve) => {
    const watcher = watch(root, () => {
      if (read() === 0) return;
      watcher.close();
      resolve();
    });
    if (read() > 0) {
      watcher.close();
      resolve();
    }
  });
  return read();
}

/** A dead one that nobody has waited for yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("words reach the program as they are: no shell looks at them", async () => {
  const pieces: Uint8Array[] = [];
  await run(
    { argv: ["/usr/bin/printf", "%s|", "a b", "$HOME", "`id`", "; false", ""] },
    { onOutput: (bytes) => void pieces.push(bytes) },
  );
  expect(Buffer.concat(pieces).toString()).toBe("a b|$HOME|`id`|; false||");
});

test("a taker that is slow holds the command back", async () => {
  let takenBytes = 0;
  let isBusy = false;
  await run(shell("head -c 3000000 /dev/zero"), {
    onOutput: async (bytes) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await new Promise((resolve) => setImmediate(resolve));
      takenBytes += bytes.length;
      isBusy = false;
    },
  });
  expect(takenBytes).toBe(3_000_000);
});

test("a failed command names its exit code and what it said last", async () => {
  await expect(run(shell("for n in $(seq 30); do echo line $n >&2; done; exit 7"))).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    context: {
      exitCode: 7,
      program: "/bin/sh",
      role: "db.dump",
      lastLines: expect.stringMatching(/^line 21\n.*line 30$/s),
    },
  });
  expect(lines).toHaveLength(30);
});

test("a command that a signal ended has failed", async () => {
  await expect(run(shell("kill -SEGV $$"))).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    context: { signal: "SIGSEGV" },
  });
});

test.each([
  ["/no/such/program", "there is no such program"],
  ["/etc/passwd", "it may not be run"],
  ["", "argument 'file' cannot be empty"],
])("a program that cannot be run is told with the reason: %s", async (program, reason) => {
  await expect(run({ argv: [program] })).rejects.toMatchObject({
    code: "COMMAND_NOT_STARTED",
    message: expect.stringContaining(reason),
  });
});

test("a cancel ends the command and everything that it started, also what does not want to", async () => {
  const abort = new AbortController();
  const pidFile = join(root, "pid");
  const ended = run(shell(`trap '' TERM; sleep 1000 & echo $! > ${pidFile}; wait; wait`), {
    signal: abort.signal,
  }).catch((thrown: unknown) => thrown);
  const pid = await pidIn(pidFile);
  abort.abort();
  expect(await ended).toMatchObject({ code: "CANCELLED" });
  expect(isRunning(pid)).toBe(false);
});

test("a command that takes longer than it may is ended and told so", async () => {
  const clock = createFakeClock();
  const pidFile = join(root, "pid");
  const command: Command = {
    ...shell(`echo waits >&2; echo $$ > ${pidFile}; exec sleep 1000`),
    timeoutMs: 60_000,
  };
  const ended = run(command, {}, clock).catch((thrown: unknown) => thrown);
  const pid = await pidIn(pidFile);
  clock.advance(60_000);
  expect(await ended).toMatchObject({
    code: "COMMAND_TIMED_OUT",
    context: { timeoutSeconds: 60, lastLines: "waits" },
  });
  expect(isRunning(pid)).toBe(false);
});

test("what the taker throws ends the command, and is what the caller gets", async () => {
  const full = new Error("disk full");
  const failed = run(shell("exec cat /dev/zero"), {
    onOutput: () => {
      throw full;
    },
  });
  await expect(failed).rejects.toBe(full);
});

test("what an environment's values are is never told", async () => {
  const command: Command = {
    argv: ["/bin/sh", "-c", 'echo "trying $PGPASSWORD" >&2; exit 1'],
    environment: { PGPASSWORD: "correct horse" },
  };
  const thrown: unknown = await run(command).catch((failure: unknown) => failure);
  expect(lines).toEqual(["trying ***"]);
  expect(JSON.stringify(thrown)).not.toContain("horse");
});

test("a command that talks without end fills neither the log nor the memory", async () => {
  await run(shell("yes | head -n 5000 >&2; head -c 3000000 /dev/zero | tr '\\0' x >&2"));
  expect(lines).toHaveLength(1001);
  expect(lines.at(-1)).toContain("more");
});
