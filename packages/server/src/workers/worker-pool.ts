/**
 * The worker processes of this machine. One task at a time in each, as many at once as there are slots, and one process
 * more than are busy kept warm, as long as a slot is free for it.
 *
 *   starting ── ready ──▶ idle ── claim ──▶ busy ── finished ──▶ idle, or leaving when it grew
 *                          │                 └── exit ──▶ its task is ended for it
 *                          └── one too many for a while ──▶ leaving
 *
 * However a process goes away, its task ends: `finished` says how, or its exit does. What an operation left behind is
 * cleaned up (`onWorkerLost`) before the task reads as ended, so that whoever sees the end finds the datastore tidy.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { TaskAssignment, Tasks } from "../tasks/tasks.ts";
import type { TaskOutcome } from "../tasks/task-report.ts";
import { startWorkerProcess } from "./worker-handle.ts";
import type { WorkerProcess } from "./worker-handle.ts";
import type { MessageFromWorker } from "./worker-message.ts";

/** A process that is larger than this after a task is replaced; the memory of a fresh one is a third of it. */
const RSS_BYTES_MAX = 256 * 1024 * 1024;
const WATCH_INTERVAL_MS = 1000;
const CLEAN_UP_MS_MAX = 5000;
const EXIT_MS_MAX = 1000;
const RESTART_DELAY_MS_MIN = 500;
const RESTART_DELAY_MS_MAX = 30_000;

/** Tidies what a lost run left, in the server process; short, and safe while the dying worker still moves. */
export type WorkerLostCleanUp = (assignment: TaskAssignment) => Promise<void>;

export interface WorkerPoolNeeds {
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly onWorkerLost: WorkerLostCleanUp;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

/** How long a worker may take before it is killed, in milliseconds. */
export interface Patience {
  /** From an operator's wish to stop a task. */
  readonly cancelGraceMs: number;
  /** From the server's wish to stop. */
  readonly stopGraceMs: number;
  /** Without a word from its main thread while it runs a task. */
  readonly silenceMsMax: number;
}

export const DEFAULT_PATIENCE: Patience = {
  cancelGraceMs: 10_000,
  // Longer than an operation needs to notice its signal and take back what it began.
  stopGraceMs: 8000,
  // Longer than a slow disk keeps a sync waiting, shorter than the minute within which a lost task must end.
  silenceMsMax: 50_000,
};

export interface WorkerPoolOptions {
  readonly slotCount: number;
  /** Entry file of the process, and the module with the operations that it loads. */
  readonly entryUrl: URL;
  readonly registryUrl: URL;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly patience: Patience;
}

export interface WorkerPool {
  start(): void;
  /** Process ids of all workers, and of those that run a task. */
  status(): {
    readonly pids: readonly number[];
    readonly busyCount: number;
    readonly startFailureCount: number;
  };
  /** Takes no new task, ends the running ones as `SERVER_STOPPED`, ends the processes. Queued tasks stay queued. */
  stop(): Promise<void>;
}

interface Pool extends WorkerPoolNeeds, WorkerPoolOptions {
  readonly workers: Set<WorkerProcess>;
  readonly closing: AbortController;
  readonly endings: Set<Promise<void>>;
  startFailureCount: number;
  restartAtMs: number;
  pumping: boolean;
}

export function createWorkerPool(needs: WorkerPoolNeeds, options: WorkerPoolOptions): WorkerPool {
  const pool: Pool = {
    ...needs,
    ...options,
    workers: new Set(),
    closing: new AbortController(),
    endings: new Set(),
    startFailureCount: 0,
    restartAtMs: 0,
    pumping: false,
  };
  needs.tasks.onQueued(() => pump(pool));
  needs.tasks.onCancelRequested((upid) => cancel(pool, upid));
  return {
    start: () => {
      fill(pool);
      void watch(pool);
    },
    status: () => ({
      pids: [...pool.workers].flatMap((worker) => (worker.pid === undefined ? [] : [worker.pid])),
      busyCount: busyWorkers(pool).length,
      startFailureCount: pool.startFailureCount,
    }),
    stop: () => stopPool(pool),
  };
}

function busyWorkers(pool: Pool): WorkerProcess[] {
  return [...pool.workers].filter((worker) => worker.state === "busy");
}

function countIn(pool: Pool, state: WorkerProcess["state"]): number {
  return [...pool.workers].filter((worker) => worker.state === state).length;
}

function tellCapacity(pool: Pool): void {
  const { slotCount, tasks } = pool;
  tasks.capacityChanged({
    slotCount,
    freeSlotCount: Math.max(0, slotCount - countIn(pool, "busy")),
    readyCount: countIn(pool, "idle"),
    startingCount: countIn(pool, "starting"),
    closedBecause: pool.closing.signal.aborted
      ? "The server is stopping; the task runs when it starts again"
      : undefined,
  });
}

/** Keeps one process warm as long as a slot is free for it. */
function fill(pool: Pool): void {
  const waiting = countIn(pool, "idle") + countIn(pool, "starting");
  const due = pool.clock.elapsedMs() >= pool.restartAtMs;
  if (waiting === 0 && due && countIn(pool, "busy") < pool.slotCount && !pool.closing.signal.aborted) {
    pool.workers.add(
      startWorkerProcess(
        {
          clock: pool.clock,
          observer: {
            onMessage: (worker, message) => takeMessage(pool, worker, message),
            onExit: (worker, how) => workerGone(pool, worker, how),
          },
        },
        pool,
      ),
    );
  }
  tellCapacity(pool);
}

/** Hands queued tasks to idle processes, one after the other. */
function pump(pool: Pool): void {
  if (pool.pumping) return;
  pool.pumping = true;
  handOut(pool)
    .catch((cause: unknown) => pool.warn("CLAIM_FAILED", `no task could be claimed: ${String(cause)}`, {}))
    .finally(() => {
      pool.pumping = false;
    });
}

async function handOut(pool: Pool): Promise<void> {
  for (;;) {
    const worker = [...pool.workers].find((one) => one.state === "idle" && one.child.connected);
    if (worker === undefined || pool.closing.signal.aborted) return;
    // Out of the idle ones while the claim is being stored, so that it is not retired meanwhile.
    worker.state = "busy";
    const assignment = await pool.tasks.claim();
    if (assignment === undefined) {
      worker.state = "idle";
      return tellCapacity(pool);
    }
    worker.assignment = assignment;
    worker.heardAtMs = pool.clock.elapsedMs();
    worker.send({ kind: "run", assignment });
    if (!pool.workers.has(worker)) endLost(pool, assignment, "the process ended before it took the task");
    fill(pool);
  }
}

function takeMessage(pool: Pool, worker: WorkerProcess, message: MessageFromWorker): void {
  switch (message.kind) {
    case "ready":
      pool.startFailureCount = 0;
      worker.state = "idle";
      tellCapacity(pool);
      return pump(pool);
    case "alive":
      return;
    case "report":
      void pool.tasks.report(message.upid, message.attempt, message.report).then(
        () => worker.send({ kind: "reported" }),
        (cause: unknown) => {
          worker.failure = serverErrors.TASK_LOG_UNWRITABLE({ detail: toCodedError(cause).message }, cause);
          worker.kill("its task's log could not be written");
        },
      );
      return;
    case "finished":
      return taskFinished(pool, worker, message);
  }
}

function taskFinished(
  pool: Pool,
  worker: WorkerProcess,
  message: Extract<MessageFromWorker, { kind: "finished" }>,
): void {
  const { assignment } = worker;
  if (assignment === undefined) return;
  worker.assignment = undefined;
  const tooLarge = message.rssBytes > RSS_BYTES_MAX;
  worker.state = tooLarge || pool.closing.signal.aborted ? "leaving" : "idle";
  if (worker.state === "leaving") leave(pool, worker);
  const outcome =
    message.outcome.kind === "cancelled"
      ? cancelledOutcome(pool, assignment.upid)
      : Promise.resolve(message.outcome);
  keepEnding(
    pool,
    outcome.then((final) => pool.tasks.finish(assignment.upid, assignment.attempt, final)),
  );
  fill(pool);
  pump(pool);
}

/** The worker was asked to stop: by an operator, or by the server that stops. */
async function cancelledOutcome(pool: Pool, upid: string): Promise<TaskOutcome> {
  const task = await pool.tasks.get(upid);
  if (task.cancelRequested || !pool.closing.signal.aborted) return { kind: "cancelled" };
  return { kind: "failed", error: serverErrors.SERVER_STOPPED({}).toJSON() };
}

function leave(pool: Pool, worker: WorkerProcess): void {
  worker.send({ kind: "exit" });
  void pool.clock.sleep(EXIT_MS_MAX).then(() => {
    if (pool.workers.has(worker)) worker.kill("it did not leave in time");
  });
}

function workerGone(pool: Pool, worker: WorkerProcess, how: string): void {
  pool.workers.delete(worker);
  if (worker.state === "starting" && !pool.closing.signal.aborted) startFailed(pool, how);
  const { assignment } = worker;
  worker.assignment = undefined;
  if (assignment !== undefined) endLost(pool, assignment, how, worker.failure);
  fill(pool);
}

function startFailed(pool: Pool, how: string): void {
  pool.startFailureCount++;
  const delayMs = Math.min(
    RESTART_DELAY_MS_MAX,
    RESTART_DELAY_MS_MIN * 2 ** Math.min(pool.startFailureCount, 10),
  );
  pool.restartAtMs = pool.clock.elapsedMs() + delayMs;
  pool.warn("WORKER_START_FAILED", `a worker process did not start: ${how}`, {});
}

function endLost(pool: Pool, assignment: TaskAssignment, how: string, failure?: Error): void {
  const end = async (): Promise<void> => {
    await cleanUp(pool, assignment);
    const task = await pool.tasks.get(assignment.upid);
    await pool.tasks.finish(assignment.upid, assignment.attempt, lostOutcome(pool, task, how, failure));
  };
  keepEnding(pool, end());
}

function lostOutcome(
  pool: Pool,
  task: { readonly cancelRequested: boolean },
  how: string,
  failure: Error | undefined,
): TaskOutcome {
  if (failure !== undefined) return { kind: "failed", error: toCodedError(failure).toJSON() };
  if (task.cancelRequested) return { kind: "cancelled" };
  if (pool.closing.signal.aborted) return { kind: "failed", error: serverErrors.SERVER_STOPPED({}).toJSON() };
  return { kind: "failed", error: serverErrors.WORKER_LOST({ reason: how }).toJSON() };
}

/** Bounded: a clean-up that hangs on a dead disk must not keep the task from ending. What it leaves is removed later. */
async function cleanUp(pool: Pool, assignment: TaskAssignment): Promise<void> {
  const done = new AbortController();
  const tooLong = pool.clock.sleep(CLEAN_UP_MS_MAX, done.signal).then(
    () => Promise.reject(new Error(`not done after ${CLEAN_UP_MS_MAX} ms`)),
    () => undefined,
  );
  try {
    await Promise.race([pool.onWorkerLost(assignment), tooLong]);
  } catch (cause) {
    pool.warn("CLEAN_UP_FAILED", `what a lost task left was not removed: ${String(cause)}`, {
      upid: assignment.upid,
    });
  } finally {
    done.abort();
  }
}

function keepEnding(pool: Pool, ending: Promise<unknown>): void {
  const kept = ending
    .catch((cause: unknown) =>
      pool.warn("TASK_END_FAILED", `a task's end was not recorded: ${String(cause)}`, {}),
    )
    .then(() => {
      pool.endings.delete(kept);
    });
  pool.endings.add(kept);
}

function cancel(pool: Pool, upid: string): void {
  const worker = busyWorkers(pool).find((one) => one.assignment?.upid === upid);
  if (worker === undefined) return;
  worker.send({ kind: "cancel", upid });
  // When the server stops meanwhile, `stopPool` has its own patience.
  void pool.clock.sleep(pool.patience.cancelGraceMs, pool.closing.signal).then(
    () => {
      if (worker.assignment?.upid === upid) worker.kill("it did not stop when asked");
    },
    () => undefined,
  );
}

/** After a burst the processes go one a second, so that the next burst still finds some. */
function retireOne(pool: Pool): void {
  const [, extra] = [...pool.workers].filter((worker) => worker.state === "idle");
  if (extra === undefined) return;
  extra.state = "leaving";
  leave(pool, extra);
}

/** Looks after processes that hang, and starts anew what could not be started. */
async function watch(pool: Pool): Promise<void> {
  try {
    for (;;) {
      await pool.clock.sleep(WATCH_INTERVAL_MS, pool.closing.signal);
      const now = pool.clock.elapsedMs();
      const { silenceMsMax } = pool.patience;
      for (const worker of busyWorkers(pool)) {
        if (worker.assignment !== undefined && now - worker.heardAtMs > silenceMsMax) {
          worker.kill(`it said nothing for ${silenceMsMax / 1000} s and was killed`);
        }
      }
      retireOne(pool);
      fill(pool);
    }
  } catch (cause) {
    if (!isCancelled(cause)) throw cause;
  }
}

async function stopPool(pool: Pool): Promise<void> {
  pool.closing.abort();
  tellCapacity(pool);
  for (const worker of pool.workers) {
    if (worker.assignment === undefined) leave(pool, worker);
    else worker.send({ kind: "cancel", upid: worker.assignment.upid });
  }
  const startedMs = pool.clock.elapsedMs();
  while (pool.workers.size > 0) {
    if (pool.clock.elapsedMs() - startedMs > pool.patience.stopGraceMs) {
      for (const worker of pool.workers) worker.kill("the server stopped");
    }
    await pool.clock.sleep(20);
  }
  await Promise.all(pool.endings);
}
