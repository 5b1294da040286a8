/** Fetches what the live state begins with. What the caller may not see is left out and named, the rest is shown. */

import { toCodedError } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Task } from "@ironcore-backup/protocol/calls";
import { LIVE_PARTS } from "./live-state.ts";
import type { LivePart, LiveSnapshot } from "./live-state.ts";

const TASK_PAGE_COUNT = 1000;
/** More active tasks than these no person reads; counts then say that they are lower bounds. */
const TASK_COUNT_MAX = 5000;

/** @throws what the calls throw, but for a refusal of one part */
export async function fetchLiveSnapshot(client: Client, signal: AbortSignal): Promise<LiveSnapshot> {
  const [tasks, workers, scheduler] = await Promise.all([
    unlessRefused(fetchActiveTasks(client, signal)),
    unlessRefused(client.call("listWorkers", { signal })),
    unlessRefused(client.call("getScheduler", { signal })),
  ]);
  const parts: Readonly<Record<LivePart, unknown>> = { tasks, workers, scheduler };
  return {
    tasks: tasks && byKey(tasks.list, ({ upid }) => upid),
    tasksCapped: tasks?.capped ?? false,
    workers: workers && byKey(workers.workers, ({ name }) => name),
    scheduler,
    refused: new Set(LIVE_PARTS.filter((part) => parts[part] === undefined)),
  };
}

async function fetchActiveTasks(
  client: Client,
  signal: AbortSignal,
): Promise<{ readonly list: readonly Task[]; readonly capped: boolean }> {
  const list: Task[] = [];
  let cursor: string | undefined;
  do {
    const query = {
      state: "queued,running",
      limit: TASK_PAGE_COUNT,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const page = await client.call("listTasks", { query, signal });
    list.push(...page.tasks);
    cursor = page.nextCursor;
  } while (cursor !== undefined && list.length < TASK_COUNT_MAX);
  return { list, capped: cursor !== undefined };
}

async function unlessRefused<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (toCodedError(thrown).code === "FORBIDDEN") return undefined;
    throw thrown;
  }
}

function byKey<Value>(list: readonly Value[], keyOf: (value: Value) => string): ReadonlyMap<string, Value> {
  return new Map(list.map((value) => [keyOf(value), value]));
}
