/** Looks for a text in the whole log, on the server: how many lines have it, and the next and the previous one. */

import type { Client } from "@ironcore-backup/client";
import type { TaskLog } from "@ironcore-backup/protocol/calls";
import type { LogFilter } from "./log-window.ts";

/** One answer looks through some millions of lines at most; more of them than this no log has. */
const ANSWER_COUNT_MAX = 100;

export interface LogHit {
  readonly number: number;
  /** The search came to an end of the log and went on at the other. */
  readonly isAround: boolean;
}

export interface LogSearch {
  /** Lines with the text; `undefined` while nobody counted them. */
  readonly count: (signal: AbortSignal) => Promise<number | undefined>;
  /** The first hit after this line, or before it; `undefined` when there is none at all. */
  readonly next: (from: number, signal: AbortSignal) => Promise<LogHit | undefined>;
  readonly previous: (from: number, signal: AbortSignal) => Promise<LogHit | undefined>;
}

export function createLogSearch(
  client: Pick<Client, "call">,
  upid: string,
  filter: LogFilter & { readonly text: string },
): LogSearch {
  const ask = (start: number, signal: AbortSignal): Promise<TaskLog> => {
    const { level, stage, text } = filter;
    const query = {
      start,
      limit: 1,
      text,
      ...(level === undefined ? {} : { level }),
      ...(stage === undefined ? {} : { stage }),
    };
    return client.call("getTaskLog", { params: { upid }, query, signal });
  };
  const firstFrom = async (from: number, signal: AbortSignal): Promise<number | undefined> => {
    let start: number | undefined = from;
    for (let answers = 0; start !== undefined && answers < ANSWER_COUNT_MAX; answers++) {
      const page: TaskLog = await ask(start, signal);
      const hit = page.lines[0]?.number;
      if (hit !== undefined) return hit;
      start = page.nextStart;
    }
    return undefined;
  };
  return {
    count: async (signal) => (await ask(1, signal)).matchCount,
    next: async (from, signal) => {
      const after = await firstFrom(from + 1, signal);
      if (after !== undefined) return { number: after, isAround: false };
      const first = await firstFrom(1, signal);
      return first === undefined ? undefined : { number: first, isAround: true };
    },
    previous: async (from, signal) => {
      // One hit before: where a page of one line would begin that ends right before this one.
      const before = from <= 1 ? undefined : (await ask(from, signal)).previousStart;
      if (before !== undefined) return { number: before, isAround: false };
      const last = (await ask(-1, signal)).lines[0]?.number;
      return last === undefined ? undefined : { number: last, isAround: true };
    },
  };
}
