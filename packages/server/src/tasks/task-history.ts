/**
 * The Task Browser's questions: one page of tasks under a filter in some order, and how many there are in each state.
 *
 * Store and memory are merged by one rule: **the store says which tasks are on a page and where, memory says what a row
 * reads.** A change of state is stored before anybody hears of it, so a page is never older than a fact that its reader
 * has seen before asking. A row that moved on between the store's answer and ours is shown as it is now; where the filter
 * names states and it is in none of them any more, it is left out.
 */

import type { Task, TaskCountQuery, TaskCounts, TaskList, TaskListQuery } from "@ironcore-backup/protocol";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { Reader } from "../state/reader.ts";
import type { HistoryPlace } from "../state/task-history-question.ts";
import { taskFromRow } from "../state/task-records.ts";
import type { TaskVisibility } from "../state/task-visibility.ts";
import { withoutBulk } from "./task-ledger.ts";
import type { Tasks } from "./tasks.ts";

const PAGE_LENGTH_DEFAULT = 50;

export interface TaskHistory {
  /** @throws TASK_CURSOR_FOREIGN, TASK_QUERY_BUSY, TASK_QUERY_TOO_SLOW, TASK_QUERY_FAILED */
  list(visibility: TaskVisibility, query: TaskListQuery): Promise<TaskList>;
  /** @throws TASK_QUERY_BUSY, TASK_QUERY_TOO_SLOW, TASK_QUERY_FAILED */
  count(visibility: TaskVisibility, query: TaskCountQuery): Promise<TaskCounts>;
}

interface Needs {
  readonly reader: Pick<Reader, "ask">;
  readonly tasks: Pick<Tasks, "findActive" | "get">;
}

export function createTaskHistory(needs: Needs): TaskHistory {
  return {
    list: (visibility, query) => list(needs, visibility, query),
    count: async (visibility, filter) => needs.reader.ask({ kind: "count", visibility, filter }),
  };
}

async function list(needs: Needs, visibility: TaskVisibility, query: TaskListQuery): Promise<TaskList> {
  const { sort = "queued", order = "descending", limit = PAGE_LENGTH_DEFAULT, cursor, ...filter } = query;
  const kind = `${sort} ${order}`;
  const { rows } = await needs.reader.ask({
    kind: "page",
    visibility,
    filter,
    sort,
    descending: order === "descending",
    after: cursor === undefined ? undefined : parseCursor(cursor, kind),
    // One more tells whether there is a next page.
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const tasks = await Promise.all(page.map(({ row }) => asItIsNow(needs, taskFromRow(row))));
  const last = page.at(-1);
  return {
    tasks: tasks.filter((task) => isStillIn(filter.state, task)),
    ...(rows.length > limit && last !== undefined ? { nextCursor: formatCursor(last.place, kind) } : {}),
  };
}

async function asItIsNow({ tasks }: Needs, task: Task): Promise<Task> {
  if (isFinishedTaskState(task.state)) return withoutBulk(task);
  const active = tasks.findActive(task.upid);
  if (active !== undefined) return withoutBulk(active);
  return withoutBulk(await tasks.get(task.upid));
}

function isStillIn(states: string | undefined, task: Task): boolean {
  return states === undefined || states.split(",").includes(task.state);
}

function formatCursor({ value, taskId }: HistoryPlace, kind: string): string {
  return Buffer.from(JSON.stringify([kind, value ?? null, taskId])).toString("base64url");
}

/** @throws TASK_CURSOR_FOREIGN */
function parseCursor(cursor: string, kind: string): HistoryPlace {
  const [ofKind, value, taskId] = decode(cursor);
  if (typeof ofKind !== "string" || !isPlaceNumber(taskId) || !(value === null || isPlaceNumber(value)))
    throw serverErrors.TASK_CURSOR_FOREIGN({ detail: "no list of this server gave it" });
  if (ofKind !== kind)
    throw serverErrors.TASK_CURSOR_FOREIGN({
      detail: `it continues a list sorted by ${ofKind}, not by ${kind}`,
    });
  return { value: value ?? undefined, taskId };
}

function decode(cursor: string): readonly unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(decoded) ? decoded : [];
  } catch {
    return []; // Not JSON: not ours either.
  }
}

function isPlaceNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
