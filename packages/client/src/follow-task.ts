/**
 * Follows one task to its end: its state and its log, each line once and in order, over lost connections and resets.
 *
 * The stream is opened first, then state and log are fetched; what the stream brings is folded in by line number. A gap
 * is filled by fetching, so a lost fact costs a request and never a line. A fetch that finds no server waits for it, as
 * the stream does.
 */

import { throwIfCancelled } from "@ironcore-backup/base";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { createOutage, readEvents } from "./event-reader.ts";
import type { Outage, StreamNeeds, StreamNews } from "./event-reader.ts";
import { createEventWish } from "./event-wish.ts";

const LOG_PAGE_LINE_COUNT = 2000;

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** Every change, the first and the last included. */
  readonly onTask?: (task: Task) => void;
  readonly onLines?: (lines: readonly TaskLogLine[]) => void;
  /** The connection was lost (with the reason) or is back (undefined). */
  readonly onContact?: (lostReason: string | undefined) => void;
  /** See `readEvents`. */
  readonly outageMsMax?: number;
}

/** @returns the finished task, after its last line was told. @throws TASK_NOT_FOUND, CANCELLED, what `readEvents` throws */
export async function followTask(
  needs: StreamNeeds,
  upid: string,
  options: FollowOptions = {},
): Promise<Task> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const { outageMsMax } = options;
  const outage = outageMsMax === undefined ? {} : { outageMsMax };
  const wish = createEventWish({ upid, kinds: ["task-changed", "task-logged"] });
  const fold = new TaskFold(needs, upid, { ...options, signal });
  try {
    for await (const news of readEvents(needs, { wish, signal, ...outage })) {
      const finished = await fold.take(news);
      if (finished !== undefined) return finished;
    }
    throw new Error("the event stream has no end");
  } finally {
    stop.abort();
  }
}

class TaskFold {
  readonly #needs: StreamNeeds;
  readonly #upid: string;
  readonly #options: FollowOptions & { readonly signal: AbortSignal };
  readonly #outage: Outage;
  #lastLine = 0;
  #task: Task | undefined;

  constructor(needs: StreamNeeds, upid: string, options: FollowOptions & { readonly signal: AbortSignal }) {
    this.#needs = needs;
    this.#upid = upid;
    this.#options = options;
    this.#outage = createOutage(needs, options);
  }

  /** The task once it is finished and all of its log was told. */
  async take(news: StreamNews): Promise<Task | undefined> {
    if (news.news === "lost") this.#options.onContact?.(news.reason);
    if (news.news === "lost") return undefined;
    if (news.news === "connected") this.#options.onContact?.(undefined);
    if (news.news === "connected") return news.resumed ? undefined : this.#fetch();
    const { event } = news;
    if (event.kind === "stream-reset") return this.#fetch();
    if (event.kind === "task-changed") return this.#takeTask(event.task);
    // The server tells no other kinds here, a newer one might.
    if (event.kind !== "task-logged") return undefined;
    const [first] = event.lines;
    if (first !== undefined && first.number > this.#lastLine + 1) await this.#fetchLines();
    this.#tell(event.lines);
    return undefined;
  }

  async #fetch(): Promise<Task | undefined> {
    const { client } = this.#needs;
    const { signal } = this.#options;
    const task = await this.#patiently(() =>
      client.call("getTask", { params: { upid: this.#upid }, signal }),
    );
    if (task.logLineCount > this.#lastLine) await this.#fetchLines();
    return this.#takeTask(task);
  }

  async #takeTask(task: Task): Promise<Task | undefined> {
    // What was under way while the state was fetched is older than that state.
    if (this.#task !== undefined && isOlderTask(task, this.#task)) return undefined;
    this.#task = task;
    const isFinished = isFinishedTaskState(task.state);
    if (isFinished && task.logLineCount > this.#lastLine) await this.#fetchLines();
    this.#options.onTask?.(task);
    return isFinished ? task : undefined;
  }

  async #fetchLines(): Promise<void> {
    const { client } = this.#needs;
    const { signal } = this.#options;
    for (;;) {
      const query = { start: this.#lastLine + 1, limit: LOG_PAGE_LINE_COUNT };
      const page = await this.#patiently(() =>
        client.call("getTaskLog", { params: { upid: this.#upid }, query, signal }),
      );
      this.#tell(page.lines);
      if (page.lines.length === 0 || this.#lastLine >= page.lineCount) return;
    }
  }

  /** A server that restarts just now is waited for. */
  async #patiently<Result>(call: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#needs;
    const { signal, onContact } = this.#options;
    this.#outage.over();
    for (;;) {
      try {
        return await call();
      } catch (thrown) {
        throwIfCancelled(signal);
        const { error, delayMs } = this.#outage.take(thrown);
        onContact?.(error.message);
        await clock.sleep(delayMs, signal);
      }
    }
  }

  #tell(lines: readonly TaskLogLine[]): void {
    const fresh = lines.filter((line) => line.number > this.#lastLine);
    if (fresh.length === 0) return;
    this.#lastLine = fresh.at(-1)?.number ?? this.#lastLine;
    this.#options.onLines?.(fresh);
  }
}

/**
 * Which of two versions of a task is the newer one: what was fetched and what is told cross on their way. True when
 * `task` surely is from before `than`: lines and stages only grow, and nothing is queued again after it ran.
 */
export function isOlderTask(task: Task, than: Task): boolean {
  if (isFinishedTaskState(task.state)) return false;
  return (
    isFinishedTaskState(than.state) ||
    (task.state === "queued" && than.state === "running") ||
    task.logLineCount < than.logLineCount ||
    task.stages.length < than.stages.length
  );
}
