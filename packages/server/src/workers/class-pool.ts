/**
 * The processes of one class of work: one task at a time in each, as many at once as the class has slots, and one process
 * more than are busy kept warm, as long as a slot is free for it. It is started when a task waits for it, and otherwise
 * not right beside one that has just begun: starting costs half a second of a processor that the task has better use for.
 *
 *   starting ── ready ──▶ idle ── claim ──▶ busy ── finished ──▶ idle, or leaving when it grew or was cancelled
 *                          │                 └── exit ──▶ its task is ended for it
 *                          └── one too many for a while, or the worker is drained ──▶ leaving
 *
 * However a process goes away, its task ends: `finished` says how, or its exit does (claim-end.ts). How long it may be
 * silent, claim-lease.ts tells. A drained pool claims nothing and lets its idle processes go; what runs, runs on.
 *
 * Long because all that a pool does changes the same set of processes.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import type { CodedError } from "@ironcore-backup/base";
import type { Task, TaskClass } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { PauseRecord } from "../state/pause-records.ts";
import type { TaskAssignment, Tasks } from "../tasks/tasks.ts";
import type { Bandwidth } from "./bandwidth.ts";
import { cancelGraceMsOf } from "./cancel-grace.ts";
import { createClaimEnds } from "./claim-end.ts";
import type { ClaimEnds, WorkerLostCleanUp } from "./claim-end.ts";
import { createClaim, renewClaim, tendClaim } from "./claim-lease.ts";
import type { Patience } from "./patience.ts";
import { startWorkerProcess } from "./worker-handle.ts";
import type { WorkerProcess } from "./worker-handle.ts";
import type { MessageFromWorker } from "./worker-message.ts";

/** A process that is larger than this after a task is replaced; the memory of a fresh one is a third of it. */
const RSS_BYTES_MAX = 256 * 1024 * 1024;
const WATCH_INTERVAL_MS = 1000;
const EXIT_MS_MAX = 1000;
/** A fresh process says that it is ready within half a second; on a machine that swaps it takes longer. */
const START_MS_MAX = 30_000;
const RESTART_DELAY_MS_MIN = 500;
const RESTART_DELAY_MS_MAX = 30_000;
const STOP_LOOK_INTERVAL_MS = 20;
/** Most tasks that a person waits for are over by then, and had the processors to themselves. */
const SPARE_DELAY_MS = 15_000;

export interface ClassPoolNeeds {
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly onWorkerLost: WorkerLostCleanUp;
  readonly bandwidth: Bandwidth;
  /** Why the task must not begin any more, though it was queued: its datastore became read-only. */
  readonly refusalOf: (task: Task) => CodedError | undefined;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
  /** Something that others see of this pool is different now. Called often. */
  readonly onMoved: () => void;
}

export interface ClassPoolOptions {
  readonly class: TaskClass;
  /** `NODE/CLASS` */
  readonly name: string;
  readonly slotCount: number;
  /** Whether any operation of this version is of this class. Without one no process is started. */
  readonly isUsed: boolean;
  readonly drained: PauseRecord | undefined;
  readonly entryUrl: URL;
  readonly registryUrl: URL;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly patience: Patience;
}

/** The pool as it is at this instant; its processes are not to be changed. */
export interface ClassPoolLook {
  readonly class: TaskClass;
  readonly name: string;
  readonly slotCount: number;
  readonly isUsed: boolean;
  readonly isClosing: boolean;
  readonly drained: PauseRecord | undefined;
  readonly processes: readonly Readonly<WorkerProcess>[];
  /** Starts that failed in a row. */
  readonly startFailureCount: number;
}

export interface ClassPool {
  start(): void;
  look(): ClassPoolLook;
  /** There may be something to claim. */
  wake(): void;
  /** Asks the process that runs the task to stop; nothing when it is not one of this pool's. */
  cancel(upid: string): void;
  /** @param pause  undefined: takes tasks again */
  setDrained(pause: PauseRecord | undefined): void;
  /** Takes no new task, ends the running ones as `SERVER_STOPPED`, ends the processes. Queued tasks stay queued. */
  stop(): Promise<void>;
}

interface Pool extends ClassPoolNeeds, ClassPoolOptions {
  readonly ends: ClaimEnds;
  readonly workers: Set<WorkerProcess>;
  readonly closing: AbortController;
  drained: PauseRecord | undefined;
  startFailureCount: number;
  restartAtMs: number;
  /** A round of claiming is under way; `again` when somebody called meanwhile. */
  claiming: "no" | "yes" | "again";
}

export function createClassPool(needs: ClassPoolNeeds, options: ClassPoolOptions): ClassPool {
  const closing = new AbortController();
  const pool: Pool = {
    ...needs,
    ...options,
    ends: createClaimEnds({ ...needs, isClosing: () => closing.signal.aborted }),
    workers: new Set(),
    closing,
    startFailureCount: 0,
    restartAtMs: 0,
    claiming: "no",
  };
  return {
    start: () => {
      if (!pool.isUsed) return pool.onMoved();
      fill(pool);
      void watch(pool);
    },
    look: () => lookAt(pool),
    wake: () => pump(pool),
    cancel: (upid) => cancel(pool, upid),
    setDrained: (pause) => {
      pool.drained = pause;
      if (pause !== undefined) for (const worker of idleWorkers(pool)) leave(pool, worker);
      fill(pool);
    },
    stop: () => stopPool(pool),
  };
}

function lookAt(pool: Pool): ClassPoolLook {
  const { name, slotCount, isUsed, drained, startFailureCount } = pool;
  return {
    class: pool.class,
    name,
    slotCount,
    isUsed,
    isClosing: pool.closing.signal.aborted,
    drained,
    processes: [...pool.workers],
    startFailureCount,
  };
}

function idleWorkers(pool: Pool): WorkerProcess[] {
  return [...pool.workers].filter((worker) => worker.state === "idle");
}

function countIn(pool: Pool, state: WorkerProcess["state"]): number {
  return [...pool.workers].filter((worker) => worker.state === state).length;
}

function takesTasks(pool: Pool): boolean {
  return pool.isUsed && pool.drained === undefined && !pool.closing.signal.aborted;
}

/** Keeps one process warm as long as a slot is free for it. */
function fill(pool: Pool): void {
  const waiting = countIn(pool, "idle") + countIn(pool, "starting");
  const due = pool.clock.elapsedMs() >= pool.restartAtMs;
  const isWanted = pool.tasks.counts().queued > 0 || !hasJustBegun(pool);
  if (waiting === 0 && due && isWanted && countIn(pool, "busy") < pool.slotCount && takesTasks(pool)) {
    const observer = {
      onMessage: (worker: WorkerProcess, message: MessageFromWorker) => takeMessage(pool, worker, message),
      onExit: (worker: WorkerProcess, how: string) => workerGone(pool, worker, how),
    };
    pool.workers.add(startWorkerProcess({ clock: pool.clock, observer }, pool));
  }
  pool.onMoved();
}

function hasJustBegun(pool: Pool): boolean {
  const since = pool.clock.elapsedMs() - SPARE_DELAY_MS;
  return [...pool.workers].some(
    ({ state, claim }) => state === "busy" && (claim?.claimedAtMs ?? Infinity) > since,
  );
}

/** Hands queued tasks to idle processes, one after the other. Whoever calls during a round gets another one after it. */
function pump(pool: Pool): void {
  if (pool.claiming !== "no") {
    pool.claiming = "again";
    return;
  }
  if (!takesTasks(pool)) return;
  pool.claiming = "yes";
  handOut(pool)
    .catch((cause: unknown) => pool.warn("CLAIM_FAILED", `no task could be claimed: ${String(cause)}`, {}))
    .finally(() => {
      const again = pool.claiming === "again";
      pool.claiming = "no";
      if (again) pump(pool);
    });
}

async function handOut(pool: Pool): Promise<void> {
  for (;;) {
    const worker = idleWorkers(pool).find((one) => one.isConnected());
    if (worker === undefined || !takesTasks(pool)) return fill(pool);
    // Out of the idle ones while the claim is being stored, so that it is not retired meanwhile.
    worker.state = "busy";
    if (!(await claimFor(pool, worker))) return;
  }
}

/** @returns whether there was a task */
async function claimFor(pool: Pool, worker: WorkerProcess): Promise<boolean> {
  const claimedAtMs = pool.clock.elapsedMs();
  let assignment;
  try {
    assignment = await pool.tasks.claim({ worker: pool.name, class: pool.class });
  } finally {
    if (assignment === undefined) {
      worker.state = "idle";
      // While it asked, the worker may have been drained or the server told to stop.
      if (!takesTasks(pool)) leave(pool, worker);
      pool.onMoved();
    }
  }
  if (assignment === undefined) return false;
  // The worker was drained, the server told to stop or the process gone while the claim was being stored.
  if (!takesTasks(pool) || !pool.workers.has(worker)) {
    pool.ends.notBegun(assignment, "The worker went away before it had begun");
    if (pool.workers.has(worker)) leave(pool, worker);
  } else {
    worker.claim = createClaim(pool, assignment, claimedAtMs);
    worker.heardAtMs = pool.clock.elapsedMs();
    worker.heardAt = pool.clock.now();
    const refusal = refusalOf(pool, assignment);
    if (refusal === undefined) {
      worker.send({ kind: "run", assignment });
      enterPace(pool, worker, assignment.upid);
    } else {
      worker.claim = undefined;
      worker.state = "idle";
      pool.ends.finished(assignment, { kind: "failed", error: refusal.toJSON() });
    }
  }
  fill(pool);
  return true;
}

function refusalOf(pool: Pool, { upid }: TaskAssignment): CodedError | undefined {
  const task = pool.tasks.findActive(upid);
  return task === undefined ? undefined : pool.refusalOf(task);
}

/** From now on the run keeps to the limits of its datastore and its own. */
function enterPace(pool: Pool, worker: WorkerProcess, upid: string): void {
  const task = pool.tasks.findActive(upid);
  if (task === undefined) return;
  pool.bandwidth.enter(upid, {
    datastore: task.datastore,
    limitBytesPerSecond: task.bandwidthLimitBytesPerSecond,
    send: (grant) => worker.send({ kind: "paced", upid, grant }),
  });
}

function takeMessage(pool: Pool, worker: WorkerProcess, message: MessageFromWorker): void {
  switch (message.kind) {
    case "ready":
      pool.startFailureCount = 0;
      worker.rssBytes = message.rssBytes;
      worker.state = "idle";
      if (!takesTasks(pool)) leave(pool, worker);
      pool.onMoved();
      return pump(pool);
    case "alive":
      worker.rssBytes = message.rssBytes;
      return;
    case "report":
      return storeReport(pool, worker, message);
    case "confirm":
      return void confirmClaim(pool, worker, message);
    case "moved":
      // What comes of an earlier task in this process is nobody's any more.
      if (worker.claim?.assignment.upid === message.upid) pool.bandwidth.moved(message.upid, message.bytes);
      return;
    case "finished":
      return taskFinished(pool, worker, message);
  }
}

function storeReport(
  pool: Pool,
  worker: WorkerProcess,
  message: Extract<MessageFromWorker, { kind: "report" }>,
): void {
  void pool.tasks.report(message.upid, message.attempt, message.report).then(
    () => worker.send({ kind: "reported" }),
    (cause: unknown) => {
      worker.failure = serverErrors.TASK_LOG_UNWRITABLE({ detail: toCodedError(cause).message }, cause);
      worker.kill("its task's log could not be written");
    },
  );
}

/** Before something is made final. A process that is to be killed gets no "yes" any more. */
async function confirmClaim(
  pool: Pool,
  worker: WorkerProcess,
  { upid, attempt }: { readonly upid: string; readonly attempt: number },
): Promise<void> {
  const { claim } = worker;
  const isIts = claim?.assignment.upid === upid && claim.assignment.attempt === attempt;
  const holds = isIts && worker.killedBecause === undefined && (await renewClaim(pool, worker, claim));
  worker.send({ kind: "confirmed", upid, attempt, holds: holds && worker.claim === claim });
}

function taskFinished(
  pool: Pool,
  worker: WorkerProcess,
  message: Extract<MessageFromWorker, { kind: "finished" }>,
): void {
  const { claim } = worker;
  if (claim === undefined) return;
  worker.claim = undefined;
  pool.bandwidth.leave(claim.assignment.upid);
  worker.rssBytes = message.rssBytes;
  worker.state = "idle";
  if (message.rssBytes > RSS_BYTES_MAX || !takesTasks(pool)) leave(pool, worker);
  // What the operation had started and did not end goes with its process, at once.
  if (message.outcome.kind === "cancelled") {
    worker.state = "leaving";
    worker.kill("its task was cancelled");
  }
  pool.ends.finished(claim.assignment, message.outcome);
  fill(pool);
  pump(pool);
}

function leave(pool: Pool, worker: WorkerProcess): void {
  worker.state = "leaving";
  worker.send({ kind: "exit" });
  void pool.clock.sleep(EXIT_MS_MAX).then(() => {
    if (pool.workers.has(worker)) worker.kill("it did not leave in time");
  });
}

function workerGone(pool: Pool, worker: WorkerProcess, how: string): void {
  pool.workers.delete(worker);
  if (worker.state === "starting" && !pool.closing.signal.aborted) startFailed(pool, how);
  const { claim } = worker;
  worker.claim = undefined;
  if (claim !== undefined) pool.bandwidth.leave(claim.assignment.upid);
  if (claim !== undefined) pool.ends.lost(claim.assignment, how, worker.failure);
  fill(pool);
}

function startFailed(pool: Pool, how: string): void {
  pool.startFailureCount++;
  const delayMs = Math.min(
    RESTART_DELAY_MS_MAX,
    RESTART_DELAY_MS_MIN * 2 ** Math.min(pool.startFailureCount, 10),
  );
  pool.restartAtMs = pool.clock.elapsedMs() + delayMs;
  pool.warn("WORKER_START_FAILED", `a process of the worker ${pool.name} did not start: ${how}`, {
    worker: pool.name,
  });
}

function cancel(pool: Pool, upid: string): void {
  const worker = [...pool.workers].find((one) => one.claim?.assignment.upid === upid);
  if (worker?.claim === undefined) return;
  const graceMs = cancelGraceMsOf(pool.patience, worker.claim.assignment.parameters);
  worker.send({ kind: "cancel", upid });
  // When the server stops meanwhile, `stopPool` has its own patience.
  void pool.clock.sleep(graceMs, pool.closing.signal).then(
    () => {
      if (worker.claim?.assignment.upid === upid) worker.kill("it did not stop when asked");
    },
    () => undefined,
  );
}

/** A process without a task that does not answer would only keep a task waiting. */
function endUnresponsive(pool: Pool): void {
  const now = pool.clock.elapsedMs();
  for (const worker of pool.workers) {
    const silentMs = now - worker.heardAtMs;
    if (worker.state === "starting" && silentMs > START_MS_MAX)
      worker.kill(`it was not ready after ${START_MS_MAX / 1000} s`);
    if (worker.state !== "idle" || silentMs < pool.patience.contactLostMs) continue;
    worker.state = "leaving";
    worker.kill("it said nothing while it waited for a task");
  }
}

/** After a burst the processes go one a second, so that the next burst still finds some. */
function retireOne(pool: Pool): void {
  const [, extra] = idleWorkers(pool);
  if (extra !== undefined) leave(pool, extra);
}

/** Looks after processes that hang, and starts anew what could not be started. */
async function watch(pool: Pool): Promise<void> {
  try {
    for (;;) {
      await pool.clock.sleep(WATCH_INTERVAL_MS, pool.closing.signal);
      for (const worker of pool.workers) tendClaim(pool, worker);
      endUnresponsive(pool);
      retireOne(pool);
      fill(pool);
      // What may start by now without an event of its own: a retry whose delay is over.
      pump(pool);
    }
  } catch (cause) {
    if (!isCancelled(cause)) throw cause;
  }
}

async function stopPool(pool: Pool): Promise<void> {
  pool.closing.abort();
  pool.onMoved();
  for (const worker of pool.workers) {
    if (worker.claim !== undefined) worker.send({ kind: "cancel", upid: worker.claim.assignment.upid });
    // One that is busy without a claim is asking for one, and is dealt with when it has the answer.
    else if (worker.state !== "busy") leave(pool, worker);
  }
  const startedMs = pool.clock.elapsedMs();
  while (pool.workers.size > 0) {
    if (pool.clock.elapsedMs() - startedMs > pool.patience.stopGraceMs) {
      for (const worker of pool.workers) worker.kill("the server stopped");
    }
    await pool.clock.sleep(STOP_LOOK_INTERVAL_MS);
  }
  await pool.ends.settled();
}
