/**
 * Follows one task to its end: its state and its log, each line once and in order, over lost connections and resets.
 *
 * The stream is opened first, then state and log are fetched; what the stream brings is folded in by line number. A gap
 * is filled by fetching, so a lost fact costs a request and never a line.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { Client } from "./client.ts";
import { readEvents } from "./event-reader.ts";
import type { StreamNews } from "./event-reader.ts";

const LOG_PAGE_LINE_COUNT = 2000;

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** Every change, the first and the last included. */
  readonly onTask?: (task: Task) => void;
  readonly onLines?: (lines: readonly TaskLogLine[]) => void;
  /** The connection was lost (with the reason) or is back (undefined). */
  readonly onContact?: (lostReason: string | undefined) => void;
}

/** @returns the finished task. @throws TASK_NOT_FOUND, CANCELLED, what `readEvents` throws */
export async function followTask(
  needs: { readonly client: Client; readonly clock: Clock; readonly random: Random },
  upid: string,
  options: FollowOptions = {},
): Promise<Task> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted === true) stop.abort();
  const fold = new TaskFold(needs.client, upid, options);
  try {
    for await (const news of readEvents(needs, { upid, signal: stop.signal })) {
      const finished = await fold.take(news);
      if (finished !== undefined) return finished;
    }
    throw new Error("the event stream has no end");
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    stop.abort();
  }
}

class TaskFold {
  readonly #client: Client;
  readonly #upid: string;
  readonly #options: FollowOptions;
  #lastLine = 0;

  constructor(client: Client, upid: string, options: FollowOptions) {
    this.#client = client;
    this.#upid = upid;
    this.#options = options;
  }

  /** The task once it is finished and all of its log was told. */
  async take(news: StreamNews): Promise<Task | undefined> {
    if (news.news === "lost") this.#options.onContact?.(news.reason);
    if (news.news === "lost") return undefined;
    if (news.news === "connected") this.#options.onContact?.(undefined);
    if (news.news === "connected" || news.event.kind === "stream-reset") return this.#fetch();
    const { event } = news;
    if (event.kind === "task-changed") return this.#takeTask(event.task);
    const [first] = event.lines;
    if (first !== undefined && first.number > this.#lastLine + 1) await this.#fetchLines();
    this.#tell(event.lines);
    return undefined;
  }

  async #fetch(): Promise<Task | undefined> {
    const task = await this.#client.call("getTask", { params: { upid: this.#upid } });
    return this.#takeTask(task);
  }

  async #takeTask(task: Task): Promise<Task | undefined> {
    const isFinished = isFinishedTaskState(task.state);
    if (task.logLineCount > this.#lastLine && (isFinished || this.#lastLine === 0)) await this.#fetchLines();
    this.#options.onTask?.(task);
    return isFinished ? task : undefined;
  }

  async #fetchLines(): Promise<void> {
    for (;;) {
      const query = { start: this.#lastLine + 1, limit: LOG_PAGE_LINE_COUNT };
      const { lines } = await this.#client.call("getTaskLog", { params: { upid: this.#upid }, query });
      this.#tell(lines);
      if (lines.length < LOG_PAGE_LINE_COUNT) return;
    }
  }

  #tell(lines: readonly TaskLogLine[]): void {
    const fresh = lines.filter((line) => line.number > this.#lastLine);
    if (fresh.length === 0) return;
    this.#lastLine = fresh.at(-1)?.number ?? this.#lastLine;
    this.#options.onLines?.(fresh);
  }
}
