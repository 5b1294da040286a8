/**
 * The entry file of a worker process. Started by its pool with two arguments: the URL of the operations' registry and the
 * class of work it will be given.
 *
 * It belongs to its server: when the IPC channel closes, the running operation is aborted and the process ends within
 * two seconds, with everything it started. Should the main thread hang, a watchdog thread that looks at the parent's
 * process id kills the process.
 */

import { constants, setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
import { TASK_CLASS_OF_TYPE } from "@ironcore-backup/protocol";
import type { TaskType } from "@ironcore-backup/protocol";
import type { Operation } from "../operations/operation.ts";
import type { OperationRegistry } from "../operations/registry.ts";
import { serverErrors } from "../errors.ts";
import type { TaskAssignment } from "../tasks/tasks.ts";
import { createTaskRunner } from "./task-runner.ts";
import type { TaskRunner } from "./task-runner.ts";
import { endOwnGroup } from "./process-group.ts";
import { ALIVE_INTERVAL_MS, ORPHAN_GRACE_MS } from "./worker-message.ts";
import type { MessageFromWorker, MessageToWorker } from "./worker-message.ts";

/** Threads made from here on inherit it, so a heavy task leaves the server its share of the processor. */
const WORKER_NICENESS = constants.priority.PRIORITY_BELOW_NORMAL / 2;

const clock = createSystemClock();
const random = createSystemRandom();
let current:
  { readonly upid: string; readonly abort: AbortController; readonly runner: TaskRunner } | undefined;

function send(message: MessageFromWorker): void {
  // After the server has gone there is nobody to tell; `disconnect` ends the process.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function loadRegistry(): Promise<OperationRegistry> {
  // The pool passes a module of ours, or a test's, that exports a registry.
  const module = (await import(process.argv[2] ?? "")) as { readonly operations: OperationRegistry };
  return module.operations;
}

async function loadOperation(registry: Promise<OperationRegistry>, type: TaskType): Promise<Operation> {
  try {
    const row = (await registry)[type];
    if (row === undefined) throw new Error("this version has no operation of the type");
    return await row.load();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw serverErrors.OPERATION_UNAVAILABLE({ type, detail }, cause);
  }
}

async function runTask(registry: Promise<OperationRegistry>, assignment: TaskAssignment): Promise<void> {
  const { upid, attempt } = assignment;
  const abort = new AbortController();
  const runner = createTaskRunner(
    {
      clock,
      random,
      loadOperation: (type) => loadOperation(registry, type),
      send: (report) => send({ kind: "report", upid, attempt, report }),
      askForConfirmation: () => send({ kind: "confirm", upid, attempt }),
      tellMoved: (bytes) => send({ kind: "moved", upid, attempt, bytes }),
    },
    assignment,
  );
  current = { upid, abort, runner };
  const outcome = await runner.run(abort.signal);
  current = undefined;
  if (!process.connected) endOwnGroup();
  send({ kind: "finished", upid, attempt, outcome, rssBytes: process.memoryUsage.rss() });
}

function takeMessage(registry: Promise<OperationRegistry>, message: MessageToWorker): void {
  switch (message.kind) {
    case "run":
      void runTask(registry, message.assignment);
      return;
    case "cancel":
      if (current?.upid === message.upid) current.abort.abort();
      return;
    case "reported":
      current?.runner.reported();
      return;
    case "confirmed":
      // An answer to an earlier task's question is nobody's any more.
      if (current?.upid === message.upid) current.runner.confirmed(message.holds);
      return;
    case "paced":
      if (current?.upid === message.upid) current.runner.paced(message.grant);
      return;
    case "exit":
      process.exit(0);
  }
}

/** Loads the operations while nobody waits, so that a task starts within milliseconds. */
async function warmUp(registry: Promise<OperationRegistry>): Promise<void> {
  for (const [type, { load }] of Object.entries(await registry)) {
    // The registry's keys are types.
    if (TASK_CLASS_OF_TYPE[type as TaskType] === process.argv[3]) await load();
  }
}

async function beatHeart(): Promise<void> {
  for (;;) {
    await clock.sleep(ALIVE_INTERVAL_MS);
    send({ kind: "alive", rssBytes: process.memoryUsage.rss() });
  }
}

function startWatchdog(): void {
  const watchdog = new Worker(new URL("./orphan-watchdog-thread.ts", import.meta.url), {
    workerData: { parentPid: process.ppid },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  watchdog.unref();
}

setPriority(WORKER_NICENESS);
// A service manager signals every process of the service; the server decides what becomes of its tasks.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => {
  current?.abort.abort();
  current?.runner.abandon();
  // Without a task there is nothing to clean up; with one, `runTask` ends the process as soon as it has.
  void (current === undefined ? Promise.resolve() : clock.sleep(ORPHAN_GRACE_MS)).then(endOwnGroup);
});
const registry = loadRegistry();
process.on("message", (message) => {
  // Only the pool writes to this channel.
  takeMessage(registry, message as MessageToWorker);
});
startWatchdog();
void beatHeart();
send({ kind: "ready", rssBytes: process.memoryUsage.rss() });
// A broken operation shows when a task needs it, with that task's name; here it only loses the head start.
warmUp(registry).catch(() => undefined);
