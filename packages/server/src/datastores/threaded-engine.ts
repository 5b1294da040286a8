/**
 * The port on threads: one for each datastore that is being asked for, ended when nobody asks any more. The engine and
 * its system calls are loaded there, so the server's start does not wait for them.
 *
 * A thread that sits in a system call on a dead disk cannot be ended. Its callers get `DATASTORE_OFFLINE` after a
 * while, and so does everybody who asks until it comes back: no second thread is sent after it.
 */

import { Worker } from "node:worker_threads";
import { CodedError, isCancelled, isErrorShape } from "@ironcore-backup/base";
import type { Clock, ErrorShape } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { ENGINE_CALLS } from "./datastore-engine.ts";
import type { DatastoreEngine, EngineCall } from "./datastore-engine.ts";
import type { EngineRequest } from "./engine-thread.ts";

/** A datastore is made of 65,536 directories, seconds even on a good disk. */
const ANSWER_MS_MAX: Readonly<Record<EngineCall, number>> = {
  create: 600_000,
  probe: 10_000,
  identify: 10_000,
  assertStore: 10_000,
  check: 30_000,
  summarize: 120_000,
  sampleChunks: 120_000,
  listSnapshots: 120_000,
  findSnapshot: 60_000,
  getSnapshot: 60_000,
  forgetSnapshot: 300_000,
  countNamespaces: 120_000,
  createNamespace: 60_000,
  removeNamespace: 60_000,
  listGroups: 120_000,
  changeGroup: 60_000,
  // Waits for those before it; each reads all indexes of the store.
  measureGroupSpace: 600_000,
  // It removes all of a group's snapshots, and lets others ask in between.
  forgetGroup: 3_600_000,
  changeSnapshot: 60_000,
  planPrune: 600_000,
  simulatePrune: 60_000,
  compareSnapshots: 120_000,
  // They wait, as a group's space does.
  listChunkUses: 600_000,
  listChunkFiles: 600_000,
  listEntries: 120_000,
};
const IDLE_MS_MAX = 60_000;
const WAITING_COUNT_MAX = 1000;

type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ErrorShape });

interface EngineThread {
  readonly worker: Worker;
  readonly waiting: Map<number, { resolve: (result: unknown) => void; reject: (cause: unknown) => void }>;
  askedAtMs: number;
  /** It kept a caller waiting too long and has not answered anybody since. */
  isStuck: boolean;
}

export interface ThreadedEngine extends DatastoreEngine {
  close(): Promise<void>;
}

export function createThreadedEngine(needs: { readonly clock: Clock }): ThreadedEngine {
  const threads = new Map<string, EngineThread>();
  const closing = new AbortController();
  let nextId = 1;
  const ask = async (call: EngineCall, path: string, parameters: readonly unknown[]): Promise<unknown> => {
    const thread = threads.get(path) ?? startThread({ ...needs, signal: closing.signal }, path, threads);
    if (thread.isStuck) throw offline(path, "it has not answered for a while");
    if (thread.waiting.size >= WAITING_COUNT_MAX) throw offline(path, "too many calls wait for it");
    const request: EngineRequest = { id: nextId++, call, parameters: [path, ...parameters] };
    thread.askedAtMs = needs.clock.elapsedMs();
    const answer = new Promise((resolve, reject) => thread.waiting.set(request.id, { resolve, reject }));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.worker.postMessage(request);
    thread.worker.ref();
    return withinTime(needs.clock, answer, ANSWER_MS_MAX[call], () => {
      thread.isStuck = true;
      return offline(path, `it does not answer within ${ANSWER_MS_MAX[call] / 1000} s`);
    });
  };
  const calls = Object.fromEntries(
    ENGINE_CALLS.map((call) => [call, (path: string, ...rest: readonly unknown[]) => ask(call, path, rest)]),
  );
  // Built from the interface's own list of calls; the thread answers with what the same interface returns.
  const engine = calls as unknown as DatastoreEngine;
  return {
    ...engine,
    close: async () => {
      closing.abort();
      // One that hangs in a system call ends with the process.
      await Promise.race([
        Promise.all([...threads.values()].map(({ worker }) => worker.terminate())),
        needs.clock.sleep(1000),
      ]);
    },
  };
}

function startThread(
  needs: { readonly clock: Clock; readonly signal: AbortSignal },
  path: string,
  threads: Map<string, EngineThread>,
): EngineThread {
  const worker = new Worker(new URL("./engine-thread.ts", import.meta.url), { execArgv: [] });
  const thread: EngineThread = {
    worker,
    waiting: new Map(),
    askedAtMs: needs.clock.elapsedMs(),
    isStuck: false,
  };
  const end = (cause: unknown): void => {
    if (threads.get(path) === thread) threads.delete(path);
    for (const { reject } of thread.waiting.values()) reject(cause);
    thread.waiting.clear();
  };
  worker.on("message", (answer: Answer) => {
    thread.isStuck = false;
    const waiter = thread.waiting.get(answer.id);
    thread.waiting.delete(answer.id);
    if (thread.waiting.size === 0) worker.unref();
    if ("error" in answer) waiter?.reject(revive(answer.error));
    else waiter?.resolve(answer.result);
  });
  worker.on("error", end);
  worker.on("exit", () => end(offline(path, "its thread ended")));
  threads.set(path, thread);
  endWhenIdle(needs, thread).catch((cause: unknown) => {
    if (!isCancelled(cause)) throw cause;
  });
  return thread;
}

async function endWhenIdle(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  thread: EngineThread,
): Promise<void> {
  for (;;) {
    await clock.sleep(IDLE_MS_MAX, signal);
    if (thread.waiting.size === 0 && clock.elapsedMs() - thread.askedAtMs >= IDLE_MS_MAX) break;
  }
  await thread.worker.terminate();
}

async function withinTime<T>(
  clock: Clock,
  answer: Promise<T>,
  limitMs: number,
  onLate: () => CodedError,
): Promise<T> {
  const done = new AbortController();
  const tooLong = clock.sleep(limitMs, done.signal).then(
    () => Promise.reject(onLate()),
    // The answer came first; nobody waits for this one.
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([answer, tooLong]);
  } finally {
    done.abort();
  }
}

function offline(path: string, detail: string): CodedError {
  return serverErrors.DATASTORE_OFFLINE({ datastore: path, detail });
}

function revive(error: unknown): unknown {
  return isErrorShape(error) ? new CodedError(error) : error;
}
