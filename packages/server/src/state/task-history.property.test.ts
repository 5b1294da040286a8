import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { Task, TaskState } from "@ironcore-backup/protocol";
import { TASK_STATES } from "@ironcore-backup/protocol";
import { openState } from "./database.ts";
import type { State } from "./database.ts";
import { saveTaskRecords } from "./queue-records.ts";
import { openReaderDatabase } from "./reader-database.ts";
import type { ReaderDatabase } from "./reader-database.ts";
import { countHistory } from "./task-history-count.ts";
import { DEFAULT_EFFORT } from "./task-history-effort.ts";
import type { HistoryEffort, HistoryNeeds } from "./task-history-effort.ts";
import { findHistoryPage } from "./task-history-page.ts";
import type { HistoryPageQuestion, HistoryPlace } from "./task-history-question.ts";
import { createHistorySizes } from "./task-history-size.ts";
import {
  fits,
  recordOf,
  someChanges,
  someFilter,
  someSort,
  someVisibility,
  sorted,
  taskFrom,
} from "./task-history.testing.ts";
import type { Changes } from "./task-history.testing.ts";
import { insertTaskRecord } from "./task-records.ts";
import { EVERYTHING_VISIBLE } from "./task-visibility.ts";

/** So little that a few dozen tasks lead every way. */
const LITTLE: HistoryEffort = {
  ...DEFAULT_EFFORT,
  gatheredCountMax: 3,
  readCountMax: 4,
  commonTextShare: 3,
  sampleCount: 5,
  candidateBatchCount: 3,
  shortPieceCountMax: 4,
};

let root = "";
let state: State;
let database: ReaderDatabase;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "ironcore-history-"));
  state = await openState(join(root, "state.db"));
  database = openReaderDatabase({ clock: createFakeClock() }, join(root, "state.db"));
});
afterEach(async () => {
  database.close();
  await state.close();
  rmSync(root, { recursive: true, force: true });
});

/** As in life: queued first, over later. Some are written as they are, as an import would. */
async function store(changes: readonly Changes[]): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  await state.database.transaction().execute(async (inside) => {
    await inside.deleteFrom("tasks").execute();
    await inside.deleteFrom("counters").execute();
    for (const [at, one] of changes.entries()) {
      const task = taskFrom(one, at + 1, tasks);
      tasks.push(task);
      await insertTaskRecord(
        inside,
        recordOf(at + 1, wasQueued(tasks, at) ? { ...task, state: "running" } : task),
      );
    }
  });
  const ended = tasks.map((task, at) => recordOf(at + 1, task)).filter((_record, at) => wasQueued(tasks, at));
  await saveTaskRecords(state.database, ended);
  return tasks;
}

const wasQueued = (tasks: readonly Task[], at: number): boolean =>
  tasks[at]?.endedAt !== undefined && at % 3 !== 0;

function needsWith(effort: HistoryEffort): HistoryNeeds {
  return { database, sizes: createHistorySizes({ clock: createFakeClock(), database }), effort };
}

function walk(
  needs: HistoryNeeds,
  question: Omit<HistoryPageQuestion, "kind" | "after" | "limit">,
  limit: number,
): string[] {
  const upids: string[] = [];
  let after: HistoryPlace | undefined;
  for (let page = 0; page < 100; page++) {
    const { rows } = needs.database.within(1000, () =>
      findHistoryPage(needs, { kind: "page", ...question, after, limit }),
    );
    upids.push(...rows.map(({ row }) => row.upid));
    if (rows.length < limit) return upids;
    after = rows.at(-1)?.place;
  }
  throw new Error("the pages have no end");
}

const someTasks = fc.array(someChanges, { minLength: 0, maxLength: 60 });
const someEffort = fc.constantFrom(LITTLE, DEFAULT_EFFORT);

test("every filter, visibility and order finds what plain code finds, page by page", async () => {
  await fc.assert(
    fc.asyncProperty(
      someTasks,
      someEffort,
      fc.array(fc.tuple(someFilter, someVisibility, someSort, fc.integer({ min: 1, max: 12 })), {
        minLength: 20,
        maxLength: 20,
      }),
      async (changes, effort, questions) => {
        const tasks = await store(changes);
        const needs = needsWith(effort);
        for (const [filter, visibility, order, limit] of questions) {
          const expected = sorted(tasks.filter(fits(tasks, filter, visibility)), order).map(
            (task) => task.upid,
          );
          expect(walk(needs, { filter, visibility, ...order }, limit)).toEqual(expected);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("counts are those of plain code, or lower bounds that say so", async () => {
  await fc.assert(
    fc.asyncProperty(
      someTasks,
      fc.constantFrom({ ...LITTLE, countMax: 3 }, DEFAULT_EFFORT),
      fc.array(fc.tuple(someFilter, someVisibility), { minLength: 20, maxLength: 20 }),
      async (changes, effort, questions) => {
        const tasks = await store(changes);
        const needs = needsWith(effort);
        for (const [filter, visibility] of questions) {
          const { state: _state, ...rest } = filter;
          const found = tasks.filter(fits(tasks, rest, visibility));
          const right = (state: TaskState): number => found.filter((task) => task.state === state).length;
          const { counts, capped } = needs.database.within(1000, () =>
            countHistory(needs, { kind: "count", filter, visibility }),
          );
          for (const state of TASK_STATES) {
            if (capped) expect(counts[state]).toBeLessThanOrEqual(right(state));
            else expect(counts[state]).toBe(right(state));
          }
          if (effort === DEFAULT_EFFORT) expect(capped).toBe(false);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test("text is found in the order of the queued instants, however the clock was set back", async () => {
  const onlyCandidates = { ...LITTLE, commonTextShare: 0, readCountMax: 0 };
  const over = someChanges.map((changes) => ({ ...changes, state: "ok" as const }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(over, { minLength: 10, maxLength: 60 }),
      fc.constantFrom("web-1", "srv", "host/a"),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      async (changes, text, descending, limit) => {
        const tasks = await store(changes);
        const question = {
          filter: { text },
          visibility: EVERYTHING_VISIBLE,
          sort: "queued",
          descending,
        } as const;
        const expected = sorted(tasks.filter(fits(tasks, { text }, EVERYTHING_VISIBLE)), question);
        expect(walk(needsWith(onlyCandidates), question, limit)).toEqual(expected.map((task) => task.upid));
      },
    ),
    { numRuns: 60 },
  );
});
