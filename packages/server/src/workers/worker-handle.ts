/** One worker process as the pool sees it: how it is started, what it says, how it went away. */

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Clock } from "@ironcore-backup/base";
import type { TaskAssignment } from "../tasks/tasks.ts";
import type { MessageFromWorker, MessageToWorker } from "./worker-message.ts";

const STDERR_TAIL_LENGTH_MAX = 4096;
/** The last messages of a killed process are still in the pipe when its death is known. */
const LAST_MESSAGES_MS = 300;

export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly child: ChildProcess;
  state: "starting" | "idle" | "busy" | "leaving";
  assignment: TaskAssignment | undefined;
  /** When its main thread last said something. */
  heardAtMs: number;
  /** Why the pool killed it; undefined: it was not the pool. */
  killedBecause: string | undefined;
  /** An error of ours that ended its task. */
  failure: Error | undefined;
  send(message: MessageToWorker): void;
  kill(because: string): void;
}

export interface WorkerObserver {
  onMessage(worker: WorkerProcess, message: MessageFromWorker): void;
  /** After its last message. */
  onExit(worker: WorkerProcess, how: string): void;
}

export function startWorkerProcess(
  needs: { readonly clock: Clock; readonly observer: WorkerObserver },
  options: {
    readonly entryUrl: URL;
    readonly registryUrl: URL;
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): WorkerProcess {
  const child = fork(options.entryUrl, [options.registryUrl.href], {
    execPath: process.execPath,
    execArgv: [],
    env: options.environment,
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const worker: WorkerProcess = {
    pid: child.pid,
    child,
    state: "starting",
    assignment: undefined,
    heardAtMs: needs.clock.elapsedMs(),
    killedBecause: undefined,
    failure: undefined,
    send: (message) => {
      // A dead process is dealt with when its exit is known.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: (because) => {
      worker.killedBecause ??= because;
      child.kill("SIGKILL");
    },
  };
  observe(needs, worker);
  return worker;
}

function observe(
  needs: { readonly clock: Clock; readonly observer: WorkerObserver },
  worker: WorkerProcess,
): void {
  const { child } = worker;
  let stderrTail = "";
  const keepTail = (text: string): void => {
    stderrTail = `${stderrTail}${text}`.slice(-STDERR_TAIL_LENGTH_MAX);
  };
  child.stderr?.setEncoding("utf8").on("data", keepTail);
  child.stdout?.setEncoding("utf8").on("data", keepTail);
  child.on("message", (message) => {
    worker.heardAtMs = needs.clock.elapsedMs();
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
    const how =
      worker.killedBecause ??
      (signal === null ? `the process ended with code ${code}` : `the process was killed by ${signal}`);
    if (!child.connected) return exited(how);
    child.on("disconnect", () => exited(how));
    void needs.clock.sleep(LAST_MESSAGES_MS).then(() => exited(how));
  });
}
