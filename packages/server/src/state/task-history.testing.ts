/** Random tasks in a real store, and the questions about them answered in plain code. */

import fc from "fast-check";
import type { Task, TaskCountQuery, TaskSortKey, TaskState } from "@ironcore-backup/protocol";
import { TASK_SORT_KEYS, TASK_STATES, TASK_TYPES } from "@ironcore-backup/protocol";
import { containsText } from "./task-history-needle.ts";
import type { TaskRecord } from "./task-records.ts";
import { isTaskVisible } from "./task-visibility.ts";
import type { TaskVisibility } from "./task-visibility.ts";

export const NAMES = {
  user: ["a@ibs", "a@ibs!one", "a@ibs!two", "ab@ibs", "b@ibs"],
  project: ["red", "blue", "green"],
  datastore: ["s1", "s2", "s22"],
  namespace: ["", "x", "x/y", "xy", "z"],
  source: ["/srv/Web-1", "/srv/web-12", "/srv/mÜller", "/ДАЧА", "C:\\100%_done", "日本語の資料", "zq"],
} as const;

export function aTask(taskId: number, changes: Partial<Task> = {}): Task {
  return {
    upid: `UPID:vm:00000001:00000001:${taskId.toString(16).toUpperCase().padStart(8, "0")}:65000000:backup:s1\\x3ahost-a:a@ibs:`,
    type: "backup",
    state: "queued",
    authId: "a@ibs",
    datastore: "s1",
    namespace: "",
    source: "/",
    target: "s1:host/a",
    queuedAt: taskId * 10,
    stages: [],
    bytes: 0,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    cancelRequested: false,
    class: "worker",
    priority: "normal",
    tryNumber: 1,
    childCount: 0,
    ...changes,
  };
}

export function recordOf(taskId: number, task: Task): TaskRecord {
  return {
    taskId,
    task,
    attempt: 0,
    exclusiveKey: undefined,
    parameters: {},
    notBefore: undefined,
    afterParent: false,
    plannedTarget: task.target,
  };
}

/** Changes that make a task of a random kind; `back` sets its clock back. */
export const someChanges = fc.record({
  type: fc.constantFrom(...TASK_TYPES),
  state: fc.constantFrom<TaskState>(...TASK_STATES, "ok", "ok", "failed"),
  authId: fc.constantFrom(...NAMES.user),
  project: fc.option(fc.constantFrom(...NAMES.project), { nil: undefined }),
  datastore: fc.constantFrom(...NAMES.datastore),
  namespace: fc.constantFrom(...NAMES.namespace),
  source: fc.constantFrom(...NAMES.source),
  exitStatus: fc.option(fc.constantFrom("OK", "WARNINGS: 3", "Cannot read ДАЧА"), { nil: undefined }),
  bytes: fc.constantFrom(0, 0, 5, 7, 1_000_000_000_000),
  durationMs: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  back: fc.constantFrom(0, 0, 0, 0, 15, 200),
  familyOf: fc.option(fc.nat(), { nil: undefined }),
  isTry: fc.boolean(),
});

export type Changes = typeof someChanges extends fc.Arbitrary<infer T> ? T : never;

export function taskFrom(changes: Changes, taskId: number, earlier: readonly Task[]): Task {
  const { durationMs, back, familyOf, isTry, project, exitStatus, ...plain } = changes;
  const queuedAt = 1000 + taskId * 10 - back;
  const isOver = plain.state !== "queued" && plain.state !== "running";
  const wasStarted = plain.state === "running" || (isOver && durationMs !== undefined);
  const relative = familyOf === undefined ? undefined : earlier[familyOf % Math.max(1, earlier.length)]?.upid;
  return {
    ...aTask(taskId, plain),
    queuedAt,
    ...(project === undefined ? {} : { project }),
    ...(wasStarted ? { startedAt: queuedAt + 1 } : {}),
    ...(isOver ? { endedAt: queuedAt + 1 + (durationMs ?? 0) } : {}),
    ...(isOver && exitStatus !== undefined ? { exitStatus } : {}),
    ...(relative === undefined ? {} : isTry ? { retryOf: relative } : { parent: relative }),
  };
}

const subset = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.subarray([...values], { minLength: 1, maxLength: Math.min(3, values.length) });
const maybe = <T>(value: fc.Arbitrary<T>, freq = 3): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq });

export const someFilter = fc
  .record({
    type: maybe(
      subset(TASK_TYPES).map((list) => list.join(",")),
      2,
    ),
    state: maybe(
      subset(TASK_STATES).map((list) => list.join(",")),
      2,
    ),
    datastore: maybe(fc.constantFrom(...NAMES.datastore, "none"), 2),
    project: maybe(fc.constantFrom(...NAMES.project, "none"), 2),
    user: maybe(fc.constantFrom(...NAMES.user, "a", "a@ibs!"), 2),
    since: maybe(fc.integer({ min: 900, max: 2200 }), 1),
    until: maybe(fc.integer({ min: 900, max: 2200 }), 1),
    text: maybe(
      fc.constantFrom(
        "web-1",
        "WEB-12",
        "e",
        "z",
        "zq",
        "müller",
        "дача",
        "資料",
        "の",
        "100%_",
        "\\",
        "%",
        ":",
        "nothing here",
        "ok",
        "OK",
        "upid:VM",
        "0000001",
        "cannot read",
        "a@ibs:",
        "/srv/web-1/",
        "é",
        "Ü",
        "3",
      ),
      1,
    ),
    parent: maybe(fc.nat({ max: 60 }), 1),
  })
  .map(({ parent, ...rest }) => ({
    ...(Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as TaskCountQuery),
    ...(parent === undefined ? {} : { parent: aTask(parent + 1).upid }),
  }));

export const someVisibility: fc.Arbitrary<TaskVisibility> = fc
  .record({
    everything: fc.constantFrom(true, true, false, false, false),
    projects: fc.subarray([...NAMES.project]),
    datastores: fc.subarray(["s2", "none"]),
    namespaces: fc.subarray(["s1:x", "s22:xy", "s2:x/y"]),
    authIds: fc.subarray(["a@ibs!one", "b@ibs"]),
  })
  .map(({ everything, ...lists }) => ({
    everything,
    projects: new Set<string>(lists.projects),
    datastores: new Set(lists.datastores),
    namespaces: new Set(lists.namespaces),
    authIds: new Set(lists.authIds),
  }));

export const someSort = fc.record({
  sort: fc.constantFrom<TaskSortKey>(...TASK_SORT_KEYS),
  descending: fc.boolean(),
});

/** What the store should find, without any index. */
export function fits(all: readonly Task[], filter: TaskCountQuery, visibility: TaskVisibility) {
  const family = filter.parent === undefined ? undefined : familyOf(all, filter.parent);
  return (task: Task): boolean =>
    isTaskVisible(visibility, task) &&
    isIn(filter.type, task.type) &&
    isIn(filter.state, task.state) &&
    (filter.datastore === undefined || task.datastore === filter.datastore) &&
    (filter.project === undefined || task.project === filter.project) &&
    (filter.user === undefined || task.authId === filter.user || task.authId.startsWith(`${filter.user}!`)) &&
    task.queuedAt >= (filter.since ?? 0) &&
    task.queuedAt <= (filter.until ?? Infinity) &&
    (filter.text === undefined || hasText(task, filter.text)) &&
    (family === undefined || family.has(task.upid));
}

const isIn = (list: string | undefined, word: string): boolean =>
  list === undefined || list.split(",").includes(word);

const hasText = (task: Task, text: string): boolean =>
  [task.upid, task.source, task.target, task.exitStatus ?? ""].some((field) => containsText(field, text));

function familyOf(all: readonly Task[], upid: string): Set<string> {
  const tries = new Set([upid]);
  for (let size = 0; size !== tries.size;) {
    size = tries.size;
    for (const task of all) if (task.retryOf !== undefined && tries.has(task.retryOf)) tries.add(task.upid);
  }
  const parts = all.filter((task) => task.parent === upid).map((task) => task.upid);
  const isOwnTry = all.some(
    (task) => task.upid === upid && task.retryOf !== undefined && tries.has(task.retryOf),
  );
  if (!isOwnTry) tries.delete(upid);
  return new Set([...tries, ...parts]);
}

export function sorted(
  tasks: readonly Task[],
  { sort, descending }: { readonly sort: TaskSortKey; readonly descending: boolean },
): Task[] {
  const ids = new Map(tasks.map((task) => [task, Number.parseInt(task.upid.split(":")[4] ?? "", 16)]));
  const idOf = (task: Task): number => ids.get(task) ?? 0;
  const sign = descending ? -1 : 1;
  return tasks.toSorted((left, right) => {
    const [a, b] = [valueOf(left, sort), valueOf(right, sort)];
    if (a === undefined || b === undefined) {
      if (a === undefined && b === undefined) return idOf(right) - idOf(left);
      return a === undefined ? 1 : -1;
    }
    return sign * (a === b ? idOf(left) - idOf(right) : a - b);
  });
}

function valueOf(task: Task, sort: TaskSortKey): number | undefined {
  switch (sort) {
    case "queued":
      return task.queuedAt;
    case "ended":
      return task.endedAt;
    case "bytes":
      return task.bytes;
    case "duration":
      return task.endedAt === undefined || task.startedAt === undefined
        ? undefined
        : task.endedAt - task.startedAt;
  }
}
