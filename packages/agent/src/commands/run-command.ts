/**
 * Runs one command to its end: its output goes to a taker that may hold it back, what it says becomes lines.
 *
 * Whatever ends it early (a cancel, its time, a taker that fails) ends everything that it started, and the call returns
 * only when the process is gone.
 */

import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { throwIfCancelled } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { agentErrors } from "../errors.ts";
import type { Command } from "./command.ts";
import { CommandLines } from "./command-lines.ts";
import { notReachable, reachStageOf } from "./reach-table.ts";
import { signalTree } from "./process-tree.ts";

/** A program that was asked to end gets so long; a worker that is cancelled has 1.5 s in all. */
const KILL_AFTER_MS = 700;

export interface CommandOptions {
  /** What the command is in the backup, for errors: `db.dump`, `pre-command`. */
  readonly role: string;
  readonly signal: AbortSignal;
  /** Its output, piece by piece: the next is read when this is settled. Absent: output is lines, too. */
  readonly onOutput?: (bytes: Uint8Array) => Promise<void> | void;
  readonly onLine: (line: string) => void;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

interface End {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** It never ran. */
  readonly startFailure?: Error;
}

/**
 * @throws COMMAND_NOT_STARTED, COMMAND_FAILED, COMMAND_TIMED_OUT, SOURCE_NOT_REACHABLE with a `stage`, CANCELLED, and what
 *         `onOutput` throws
 */
export async function runCommand(
  needs: { readonly clock: Clock },
  command: Command,
  options: CommandOptions,
): Promise<void> {
  throwIfCancelled(options.signal);
  const child = start(command, options.role);
  const ended = endOf(child);
  const guard = new Guard(needs.clock, child, options.signal, command.timeoutMs);
  const lines = new CommandLines(options.onLine, command.environment);
  let failure: unknown;
  try {
    await Promise.all([
      options.onOutput === undefined ? lines.read(child.stdout) : take(child.stdout, options.onOutput),
      lines.read(child.stderr),
    ]);
  } catch (thrown) {
    failure = thrown;
    guard.end();
  }
  const end = await ended;
  await guard.release();
  throwIfCancelled(options.signal);
  if (guard.isTimedOut) throw timedOut(command, options.role, lines.last);
  if (failure !== undefined) throw failure;
  assertSuccess(command, options.role, { end, lines: lines.last });
}

function start(command: Command, role: string): Child {
  const [program, ...words] = command.argv;
  try {
    return spawn(program, words, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(command.workingDir === undefined ? {} : { cwd: command.workingDir }),
      // Messages are read by people and by our own table, so they are asked for in English; nothing else is changed.
      env: { ...process.env, LC_MESSAGES: "C", ...command.environment },
    });
  } catch (cause) {
    throw notStarted(command, role, cause);
  }
}

function endOf(child: Child): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (startFailure) => resolve({ exitCode: null, signal: null, startFailure }));
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

async function take(stream: Readable, onOutput: (bytes: Uint8Array) => Promise<void> | void): Promise<void> {
  for await (const bytes of stream) {
    // A stream without an encoding gives buffers.
    const taken = onOutput(bytes as Uint8Array);
    if (taken !== undefined) await taken;
  }
}

/** Ends the process when it must not go on. */
class Guard {
  isTimedOut = false;
  readonly #clock: Clock;
  readonly #child: Child;
  readonly #signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #pending: Promise<void>[] = [];
  #isEnding = false;

  constructor(clock: Clock, child: Child, signal: AbortSignal, timeoutMs: number | undefined) {
    this.#clock = clock;
    this.#child = child;
    this.#signal = signal;
    signal.addEventListener("abort", this.end, { once: true });
    if (timeoutMs !== undefined) {
      this.#after(timeoutMs, () => {
        this.isTimedOut = true;
        this.end();
      });
    }
  }

  readonly end = (): void => {
    const { pid } = this.#child;
    if (this.#isEnding || pid === undefined) return;
    this.#isEnding = true;
    signalTree(pid, "SIGTERM");
    this.#after(KILL_AFTER_MS, () => {
      signalTree(pid, "SIGKILL");
      // One that is not ours any more may hold them open for ever.
      this.#child.stdout.destroy();
      this.#child.stderr.destroy();
    });
  };

  /** The process is gone; nothing that was to happen later happens. */
  async release(): Promise<void> {
    this.#signal.removeEventListener("abort", this.end);
    this.#over.abort();
    await Promise.all(this.#pending);
  }

  #after(durationMs: number, act: () => void): void {
    this.#pending.push(this.#clock.sleep(durationMs, this.#over.signal).then(act, () => undefined));
  }
}

function assertSuccess(
  command: Command,
  role: string,
  { end, lines }: { readonly end: End; readonly lines: readonly string[] },
): void {
  if (end.startFailure !== undefined) throw notStarted(command, role, end.startFailure);
  if (end.exitCode === 0) return;
  const [program] = command.argv;
  const reached = reachStageOf(lines);
  if (reached !== undefined)
    throw notReachable({ path: program, reason: reached.line, archive: role }, reached.stage);
  throw agentErrors.COMMAND_FAILED({
    role,
    program,
    lastLines: lines.join("\n"),
    ...(end.exitCode === null ? {} : { exitCode: end.exitCode }),
    ...(end.signal === null ? {} : { signal: end.signal }),
  });
}

function timedOut(command: Command, role: string, lines: readonly string[]): Error {
  return agentErrors.COMMAND_TIMED_OUT({
    role,
    program: command.argv[0],
    timeoutSeconds: (command.timeoutMs ?? 0) / 1000,
    lastLines: lines.join("\n"),
  });
}

function notStarted(command: Command, role: string, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such program",
    EACCES: "it may not be run",
    E2BIG: "its words and environment are too long",
  };
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return agentErrors.COMMAND_NOT_STARTED({ role, program: command.argv[0], reason }, cause);
}
