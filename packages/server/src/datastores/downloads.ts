/**
 * Downloads as the server sees them: a thread each, which reads nothing further than somebody takes. So a slow reader costs
 * two pieces of memory, and a large file not more than a small one.
 */

import { Worker } from "node:worker_threads";
import { CodedError, isErrorShape } from "@ironcore-backup/base";
import type { Clock, ErrorShape } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { DownloadHead, DownloadQuestion } from "./download.ts";

export type DownloadAnswer =
  | { readonly head: DownloadHead }
  | { readonly piece: Uint8Array<ArrayBuffer> }
  | { readonly end: true }
  | { readonly error: ErrorShape };

/** `stop`: lets go of the snapshot, which ending the thread would not, and ends. */
export type DownloadWish = "next" | "stop";

export interface Download {
  readonly head: DownloadHead;
  /** To be taken to its end or returned. @throws what reading throws, in the middle */
  readonly pieces: AsyncGenerator<Uint8Array, void>;
}

export interface Downloads {
  /** @throws DOWNLOADS_TOO_MANY, DATASTORE_OFFLINE, and what `openDownload` throws */
  open(path: string, question: DownloadQuestion): Promise<Download>;
  close(): Promise<void>;
}

const DOWNLOAD_COUNT_MAX = 8;
/** Asked for before they are needed. */
const AHEAD_COUNT = 2;
const HEAD_WAIT_MS = 120_000;
/** One that sits in a system call on a dead disk ends with the process. */
const STOP_WAIT_MS = 5000;

export function createDownloads(needs: { readonly clock: Clock }): Downloads {
  const running = new Set<Worker>();
  return {
    open: async (path, question) => {
      if (running.size >= DOWNLOAD_COUNT_MAX)
        throw serverErrors.DOWNLOADS_TOO_MANY({ countMax: DOWNLOAD_COUNT_MAX });
      const worker = new Worker(new URL("./download-thread.ts", import.meta.url), {
        execArgv: [],
        workerData: { path, question },
      });
      running.add(worker);
      const answers = new Answers(worker, path);
      const end = async (): Promise<void> => {
        running.delete(worker);
        await stop(needs.clock, worker);
      };
      try {
        const head = await headOf(needs.clock, answers, path);
        return { head, pieces: piecesOf(worker, answers, end) };
      } catch (thrown) {
        await end();
        throw thrown;
      }
    },
    close: async () => {
      await Promise.all([...running].map((worker) => stop(needs.clock, worker)));
    },
  };
}

async function stop(clock: Clock, worker: Worker): Promise<void> {
  const gone = new AbortController();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  // It has exited already, and will not say so again.
  if (worker.threadId === -1) return;
  wish(worker, "stop");
  const late = clock.sleep(STOP_WAIT_MS, gone.signal).catch(() => undefined);
  await Promise.race([exited, late]);
  gone.abort();
  await worker.terminate();
}

function wish(worker: Worker, what: DownloadWish): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(what);
}

async function headOf(clock: Clock, answers: Answers, path: string): Promise<DownloadHead> {
  const inTime = new AbortController();
  const late = clock.sleep(HEAD_WAIT_MS, inTime.signal).then(
    () => Promise.reject(offline(path, `it does not answer within ${HEAD_WAIT_MS / 1000} s`)),
    // The answer came first; nobody waits for this one.
    () => new Promise<never>(() => undefined),
  );
  try {
    const answer = await Promise.race([answers.next(), late]);
    if ("head" in answer) return answer.head;
    throw revive(answer, path);
  } finally {
    inTime.abort();
  }
}

async function* piecesOf(
  worker: Worker,
  answers: Answers,
  end: () => Promise<void>,
): AsyncGenerator<Uint8Array, void> {
  try {
    for (let count = 0; count < AHEAD_COUNT; count++) wish(worker, "next");
    for (;;) {
      const answer = await answers.next();
      if ("end" in answer) return;
      if (!("piece" in answer)) throw revive(answer, answers.path);
      yield answer.piece;
      wish(worker, "next");
    }
  } finally {
    await end();
  }
}

/** A thread's answers in their order, and its end as one. */
class Answers {
  readonly path: string;
  readonly #come: DownloadAnswer[] = [];
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(worker: Worker, path: string) {
    this.path = path;
    worker.on("message", (answer: DownloadAnswer) => this.#take(answer));
    worker.on("error", (cause) => this.#take({ error: offline(path, String(cause)).toJSON() }));
    worker.on("exit", () => {
      this.#isOver = true;
      this.#wake?.();
    });
  }

  async next(): Promise<DownloadAnswer> {
    for (;;) {
      const answer = this.#come.shift();
      if (answer !== undefined) return answer;
      if (this.#isOver) throw offline(this.path, "the thread that read it ended");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(answer: DownloadAnswer): void {
    this.#come.push(answer);
    this.#wake?.();
  }
}

function offline(path: string, detail: string): CodedError {
  return serverErrors.DATASTORE_OFFLINE({ datastore: path, detail });
}

function revive(answer: DownloadAnswer, path: string): CodedError {
  if ("error" in answer && isErrorShape(answer.error)) return new CodedError(answer.error);
  return offline(path, "the thread that reads it gave an answer out of order");
}
