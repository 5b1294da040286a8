/**
 * The step that makes runs of instants that have come. Everything about an instant is one transaction: its own end or begin
 * and the row of the next one. So a kill at any moment leaves each instant with exactly one row, and every job that has a
 * schedule with a row for what comes.
 */

import { expectedAfter } from "./instants.ts";
import type { HeldJob } from "./instants.ts";
import { decideNewest, decideOlder } from "./due-instants.ts";
import type { Situation, Verdict } from "./due-instants.ts";
import { readOpenRuns } from "./job-desk.ts";
import type { JobDesk } from "./job-desk.ts";
import { subjectsOf } from "./run-start.ts";
import {
  beginRunRecord,
  endRunRecord,
  findLastInstant,
  findRunAt,
  insertRunRecords,
} from "../state/run-records.ts";
import type { NewRun, RunRecord } from "../state/run-records.ts";
import type { StateDatabase } from "../state/schema.ts";

/** Missed instants that get a row of their own; those before them share one. */
export const MISSED_ROW_COUNT_MAX = 5000;
/** Jobs whose instants go in one transaction. */
const JOBS_PER_TRANSACTION = 100;

/** @returns numbers of the runs that began, in the order in which they were due; their tasks are still to be queued */
export async function takeDue(desk: JobDesk): Promise<number[]> {
  const now = desk.clock.now();
  const due = [...desk.jobs.values()].filter((held) => isDue(desk, held, now));
  const begun: { readonly runId: number; readonly dueAt: number }[] = [];
  for (let at = 0; at < due.length; at += JOBS_PER_TRANSACTION) {
    const some = due.slice(at, at + JOBS_PER_TRANSACTION);
    await desk.state.database.transaction().execute(async (database) => {
      for (const held of some) {
        const run = await takeDueOf(desk, database, { held, now });
        if (run !== undefined) begun.push(run);
      }
    });
    await readOpenRuns(
      desk,
      some.map(({ record }) => record.name),
    );
  }
  if (due.length > 0) await desk.state.flush();
  return begun.toSorted((a, b) => a.dueAt - b.dueAt || a.runId - b.runId).map(({ runId }) => runId);
}

function isDue(desk: JobDesk, { record, event }: HeldJob, now: number): boolean {
  const rows = desk.expected.get(record.name);
  if (rows === undefined) return event !== undefined;
  const held = rows.filter((row) => row.fireAt <= now);
  if (held.length === 0) return false;
  // One that is held back is looked at again when the scheduler goes on, or when the next has come.
  return held.length > 1 || held.length === rows.length || !desk.isPaused();
}

async function takeDueOf(
  desk: JobDesk,
  database: StateDatabase,
  { held, now }: { readonly held: HeldJob; readonly now: number },
): Promise<{ readonly runId: number; readonly dueAt: number } | undefined> {
  const { record } = held;
  const rows = desk.expected.get(record.name) ?? [];
  const come = rows.filter((row) => row.fireAt <= now);
  const hasNext = rows.length > come.length;
  const last = rows.at(-1)?.dueAt ?? (await findLastInstant(database, record.name)) ?? record.changedAt;
  const { missed, next } = hasNext ? NOTHING : instantsSince(held, last, now);
  const situation: Situation = {
    now,
    policy: record.definition.missedRuns ?? "run-once",
    isPaused: desk.isPaused(),
    runningRun: desk.running.get(record.name)?.runId,
  };
  if (next !== undefined) await insertRunRecords(database, [next]);
  const newest = missed.pop();
  const older = newest === undefined ? come.slice(0, -1) : come;
  const verdict = decideOlder(situation);
  for (const row of older) await endRunRecord(database, row.runId, { ...verdict, endedAt: now });
  await insertRunRecords(
    database,
    missed.map((run) => ({ ...run, ...verdict, endedAt: now })),
  );
  const candidate = newest === undefined ? come.at(-1) : await enterLate(database, newest);
  return candidate === undefined ? undefined : takeNewest(desk, database, { held, candidate, situation });
}

const NOTHING: { readonly missed: NewRun[]; readonly next: NewRun | undefined } = {
  missed: [],
  next: undefined,
};

async function enterLate(database: StateDatabase, run: NewRun): Promise<RunRecord | undefined> {
  await insertRunRecords(database, [run]);
  return findRunAt(database, run.job, run.dueAt);
}

async function takeNewest(
  desk: JobDesk,
  database: StateDatabase,
  {
    held,
    candidate,
    situation,
  }: { readonly held: HeldJob; readonly candidate: RunRecord; readonly situation: Situation },
): Promise<{ readonly runId: number; readonly dueAt: number } | undefined> {
  const { runId, fireAt, dueAt } = candidate;
  const { now } = situation;
  const decision = decideNewest(fireAt, situation);
  if (decision === "hold") return undefined;
  const end = (verdict: Verdict) => endRunRecord(database, runId, { ...verdict, endedAt: now });
  if (decision !== "start") {
    await end(decision);
    return undefined;
  }
  const subjects = subjectsOf(held.record, desk.workloads.all());
  if (subjects.length === 0) {
    const message = "No workload fits the job's sources";
    await end({ state: "missed", cause: "no-workloads", message });
    return undefined;
  }
  const isBegun = await beginRunRecord(database, runId, { subjects, startedAt: now });
  return isBegun ? { runId, dueAt } : undefined;
}

/** The instants after `last` that have come, oldest first, and the first that has not. */
function instantsSince(
  held: HeldJob,
  last: number,
  now: number,
): { readonly missed: NewRun[]; readonly next: NewRun | undefined } {
  const missed: NewRun[] = [];
  let shared: NewRun | undefined;
  let next = expectedAfter(held, last);
  while (next !== undefined && next.fireAt <= now) {
    missed.push(next);
    if (missed.length > 2 * MISSED_ROW_COUNT_MAX) {
      const old = missed.splice(0, MISSED_ROW_COUNT_MAX);
      shared = shareRow(shared, old);
    }
    next = expectedAfter(held, next.dueAt);
  }
  return { missed: shared === undefined ? missed : [shared, ...missed], next };
}

/** One row for many. It carries the first instant. */
function shareRow(shared: NewRun | undefined, old: readonly NewRun[]): NewRun | undefined {
  const first = shared ?? old[0];
  return first === undefined
    ? undefined
    : { ...first, instantCount: (shared?.instantCount ?? 0) + old.length };
}
