/**
 * One worker process as its pool sees it: how it is started, what it says, how it went away.
 *
 * Each process leads a process group of its own, so whatever it started goes with it when it is killed, and what a dead
 * one left is killed with its group.
 */

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Clock } from "@ironcore-backup/base";
import type { TaskClass } from "@ironcore-backup/protocol";
import type { Claim } from "./claim-lease.ts";
import { killGroup } from "./process-group.ts";
import type { MessageFromWorker, MessageToWorker } from "./worker-message.ts";

const STDERR_TAIL_LENGTH_MAX = 4096;
/** The last messages of a killed process are still in the pipe when its death is known. */
const LAST_MESSAGES_MS = 300;

export interface WorkerProcess {
  readonly pid: number | undefined;
  state: "starting" | "idle" | "busy" | "leaving";
  claim: Claim | undefined;
  /** When its main thread last said something: elapsed milliseconds, and the same as an instant. */
  heardAtMs: number;
  heardAt: number;
  /** Resident memory, as it last said. */
  rssBytes: number;
  /** Why the pool killed it; undefined: it was not the pool. */
  killedBecause: string | undefined;
  /** An error of ours that ended its task. */
  failure: Error | undefined;
  isConnected(): boolean;
  send(message: MessageToWorker): void;
  /** Kills it and all it started, also when it stands still. */
  kill(because: string): void;
}

export interface WorkerObserver {
  onMessage(worker: WorkerProcess, message: MessageFromWorker): void;
  /** After its last message. */
  onExit(worker: WorkerProcess, how: string): void;
}

interface WorkerProcessOptions {
  /** What it will be given; it loads only the operations of this class. */
  readonly class: TaskClass;
  /** Entry file of the process, and the module with the operations that it loads. */
  readonly entryUrl: URL;
  readonly registryUrl: URL;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Needs {
  readonly clock: Clock;
  readonly observer: WorkerObserver;
}

export function startWorkerProcess(needs: Needs, options: WorkerProcessOptions): WorkerProcess {
  const child = fork(options.entryUrl, [options.registryUrl.href, options.class], {
    execPath: process.execPath,
    execArgv: [],
    env: options.environment,
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  const worker: WorkerProcess = {
    pid: child.pid,
    state: "starting",
    claim: undefined,
    heardAtMs: needs.clock.elapsedMs(),
    heardAt: needs.clock.now(),
    rssBytes: 0,
    killedBecause: undefined,
    failure: undefined,
    isConnected: () => child.connected,
    send: (message) => {
      // A dead process is dealt with when its exit is known.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: (because) => {
      worker.killedBecause ??= because;
      child.kill("SIGKILL");
      if (child.pid !== undefined) killGroup(child.pid);
    },
  };
  observe(needs, worker, child);
  return worker;
}

function observe(needs: Needs, worker: WorkerProcess, child: ChildProcess): void {
  let stderrTail = "";
  const keepTail = (text: string): void => {
    stderrTail = `${stderrTail}${text}`.slice(-STDERR_TAIL_LENGTH_MAX);
  };
  child.stderr?.setEncoding("utf8").on("data", keepTail);
  child.stdout?.setEncoding("utf8").on("data", keepTail);
  child.on("message", (message) => {
    worker.heardAtMs = needs.clock.elapsedMs();
    worker.heardAt = needs.clock.now();
    // Only worker-entry.ts writes to this channel.
    needs.observer.onMessage(worker, message as MessageFromWorker);
  });
  let gone = false;
  const exited = (how: string): void => {
    if (gone) return;
    gone = true;
    const said = stderrTail.trim();
    needs.observer.onExit(worker, said === "" ? how : `${how}; it said: ${said.slice(-500)}`);
  };
  child.on("error", (cause) => {
    if (child.pid === undefined) exited(`it could not be started: ${cause.message}`);
  });
  child.on("exit", (code, signal) => {
    if (child.pid !== undefined) killGroup(child.pid);
    const how =
      worker.killedBecause ??
      (signal === null ? `the process ended with code ${code}` : `the process was killed by ${signal}`);
    if (!child.connected) return exited(how);
    child.on("disconnect", () => exited(how));
    void needs.clock.sleep(LAST_MESSAGES_MS).then(() => exited(how));
  });
}
