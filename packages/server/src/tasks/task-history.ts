/**
 * The Task Browser's questions: one page of tasks under a filter in some order, and how many there are in each state.
 *
 * Store and memory are merged by one rule: **the store says which tasks are on a page and where, memory says what a row
 * reads.** A change of state is stored before anybody hears of it, so a page is never older than a fact that its reader
 * has seen. A row that moved on between the store's answer and ours is shown as it is now; where the filter names states
 * and it is in none of them any more, it is left out.
 */

import type { Task, TaskCountQuery, TaskCounts, TaskList, TaskListQuery } from "@ironcore-backup/protocol";
import { isFinishedTaskState, TASK_STATES } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { countTaskHistory, listTaskHistory } from "../state/task-history-records.ts";
import type { HistoryPlace, HistoryRow } from "../state/task-history-records.ts";
import type { TaskVisibility } from "../state/task-visibility.ts";
import { withoutBulk } from "./task-ledger.ts";
import type { Tasks } from "./tasks.ts";

const PAGE_LENGTH_DEFAULT = 50;
/** Of one state. A browser shows "10,000+" above it. */
export const COUNT_MAX = 10_000;

export interface TaskHistory {
  /** @throws REQUEST_INVALID of a cursor that belongs to another question */
  list(visibility: TaskVisibility, query: TaskListQuery): Promise<TaskList>;
  count(visibility: TaskVisibility, query: TaskCountQuery): Promise<TaskCounts>;
  close(): Promise<void>;
}

interface Needs {
  readonly state: State;
  readonly tasks: Pick<Tasks, "findActive" | "get">;
}

export function createTaskHistory(needs: Needs): TaskHistory {
  return {
    list: (visibility, query) => list(needs, visibility, query),
    count: (visibility, query) => count(needs, visibility, query),
    close: async () => undefined,
  };
}

async function list(needs: Needs, visibility: TaskVisibility, query: TaskListQuery): Promise<TaskList> {
  const { sort = "queued", order = "descending", limit = PAGE_LENGTH_DEFAULT, cursor, ...filter } = query;
  const kind = `${sort} ${order}`;
  const rows = await listTaskHistory(needs.state.database, {
    visibility,
    filter,
    sort,
    descending: order === "descending",
    after: cursor === undefined ? undefined : parseCursor(cursor, kind),
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const tasks = (await Promise.all(page.map((row) => asItIsNow(needs, row)))).filter(
    (task) => filter.state === undefined || filter.state.split(",").includes(task.state),
  );
  return {
    tasks: tasks.map(withoutBulk),
    ...(rows.length > limit && last !== undefined ? { nextCursor: formatCursor(last.place, kind) } : {}),
  };
}

async function asItIsNow({ tasks }: Needs, { task }: HistoryRow): Promise<Task> {
  if (isFinishedTaskState(task.state)) return task;
  return tasks.findActive(task.upid) ?? tasks.get(task.upid);
}

async function count(needs: Needs, visibility: TaskVisibility, query: TaskCountQuery): Promise<TaskCounts> {
  const { state: _state, ...filter } = query;
  const counted = await countTaskHistory(needs.state.database, {
    visibility,
    filter,
    countMax: COUNT_MAX + 1,
  });
  const capped = TASK_STATES.some((state) => counted[state] > COUNT_MAX);
  const entries = TASK_STATES.map((state) => [state, Math.min(COUNT_MAX, counted[state])] as const);
  return { counts: Object.fromEntries(entries) as TaskCounts["counts"], capped }; // One entry for each state.
}

function formatCursor({ value, taskId }: HistoryPlace, kind: string): string {
  return Buffer.from(JSON.stringify([kind, value ?? null, taskId])).toString("base64url");
}

/** @throws REQUEST_INVALID */
function parseCursor(cursor: string, kind: string): HistoryPlace {
  const [ofKind, value, taskId] = decode(cursor);
  if (typeof ofKind !== "string" || !isPlaceNumber(taskId) || !(value === null || isPlaceNumber(value)))
    throw cursorInvalid("it was not made by this server");
  if (ofKind !== kind) throw cursorInvalid(`it belongs to a list sorted by ${ofKind}`);
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

function cursorInvalid(why: string): Error {
  return serverErrors.REQUEST_INVALID({ part: "query", detail: `cursor cannot be used: ${why}` });
}
