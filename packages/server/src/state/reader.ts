/**
 * Questions that may take longer than a request may hold up the server go to a thread with a read-only handle of its own.
 *
 *   asked ──(room in the line?)──► waiting ──► answered | refused after the limit
 *
 * One question is at the thread at a time; the line is bounded, so a burst is refused and not piled up. A question ends
 * itself after its limit. A thread that says nothing even then, or dies, is replaced; what it had is asked once more.
 */

import { Worker } from "node:worker_threads";
import { CodedError, isCancelled, isErrorShape } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { HistoryAnswers, HistoryQuestion } from "./task-history-question.ts";

export interface ReaderRequest {
  readonly id: number;
  readonly question: HistoryQuestion;
  readonly limitMs: number;
}

export interface ReaderLimits {
  /** Questions that wait while another is answered. */
  readonly waitingCountMax: number;
  /** Of one question. */
  readonly limitMs: number;
  /** How much longer the thread may take to say that the limit was reached. */
  readonly graceMs: number;
}

export const DEFAULT_READER_LIMITS: ReaderLimits = { waitingCountMax: 100, limitMs: 3000, graceMs: 2000 };

type AnswerTo<Question extends HistoryQuestion> = HistoryAnswers[Question["kind"]];

export interface Reader {
  /** @throws TASK_QUERY_BUSY, TASK_QUERY_TOO_SLOW, TASK_QUERY_FAILED */
  ask<Question extends HistoryQuestion>(question: Question): Promise<AnswerTo<Question>>;
  /** What waits is refused. */
  close(): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
}

interface Asked {
  readonly request: ReaderRequest;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (cause: unknown) => void;
  /** By how many threads it was lost. */
  lostCount: number;
}

/** @param path  of the state store */
export function createReader(
  needs: Needs,
  path: string,
  limits: ReaderLimits = DEFAULT_READER_LIMITS,
): Reader {
  const line = new ReaderLine(needs, path, limits);
  return {
    // The thread answers each kind of question with its own kind of answer.
    ask: <Question extends HistoryQuestion>(question: Question) =>
      line.ask(question) as Promise<AnswerTo<Question>>,
    close: () => line.close(),
  };
}

class ReaderLine {
  readonly #needs: Needs;
  readonly #path: string;
  readonly #limits: ReaderLimits;
  readonly #waiting: Asked[] = [];
  #thread: Worker | undefined;
  #current: Asked | undefined;
  #watch = new AbortController();
  #nextId = 1;
  #isClosed = false;

  constructor(needs: Needs, path: string, limits: ReaderLimits) {
    this.#needs = needs;
    this.#path = path;
    this.#limits = limits;
  }

  ask(question: HistoryQuestion): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(serverErrors.SERVER_STOPPING({}));
    if (this.#waiting.length >= this.#limits.waitingCountMax)
      return Promise.reject(serverErrors.TASK_QUERY_BUSY({ waitingCount: this.#waiting.length }));
    return new Promise((resolve, reject) => {
      const request = { id: this.#nextId++, question, limitMs: this.#limits.limitMs };
      this.#waiting.push({ request, resolve, reject, lostCount: 0 });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.abort();
    for (const asked of this.#waiting.splice(0)) asked.reject(serverErrors.SERVER_STOPPING({}));
    this.#current?.reject(serverErrors.SERVER_STOPPING({}));
    this.#current = undefined;
    const thread = this.#thread;
    this.#thread = undefined;
    // A statement that cannot be interrupted ends by its own limit; nobody waits for more than that.
    await Promise.race([thread?.terminate(), this.#needs.clock.sleep(this.#limits.graceMs)]);
  }

  #next(): void {
    if (this.#current !== undefined || this.#isClosed) return;
    const asked = this.#waiting.shift();
    if (asked === undefined) return this.#thread?.unref();
    this.#current = asked;
    const thread = this.#threadOrNew();
    thread.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage(asked.request);
    this.#watchOver(thread).catch((cause: unknown) => {
      if (!isCancelled(cause)) throw cause;
    });
  }

  async #watchOver(thread: Worker): Promise<void> {
    this.#watch = new AbortController();
    const { limitMs, graceMs } = this.#limits;
    await this.#needs.clock.sleep(limitMs + graceMs, this.#watch.signal);
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    void thread.terminate();
    this.#settle((asked) => asked.reject(serverErrors.TASK_QUERY_TOO_SLOW({ limitMs })));
  }

  #threadOrNew(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(new URL("./reader-thread.ts", import.meta.url), {
      execArgv: [],
      workerData: { path: this.#path },
    });
    this.#thread = thread;
    thread.on("message", (answer: { id: number; result?: unknown; error?: unknown }) => {
      if (answer.id !== this.#current?.request.id) return;
      this.#settle((asked) =>
        "error" in answer ? asked.reject(revive(answer.error)) : asked.resolve(answer.result),
      );
    });
    thread.on("error", (cause) => this.#lost(thread, String(cause)));
    thread.on("exit", () => this.#lost(thread, "its thread ended"));
    return thread;
  }

  #lost(thread: Worker, detail: string): void {
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    const asked = this.#current;
    if (asked !== undefined && asked.lostCount++ === 0) this.#waiting.unshift(asked);
    else asked?.reject(serverErrors.TASK_QUERY_FAILED({ detail }));
    this.#current = undefined;
    this.#watch.abort();
    this.#next();
  }

  #settle(tell: (asked: Asked) => void): void {
    this.#watch.abort();
    const asked = this.#current;
    this.#current = undefined;
    if (asked !== undefined) tell(asked);
    this.#next();
  }
}

function revive(error: unknown): unknown {
  return isErrorShape(error) ? new CodedError(error) : error;
}
