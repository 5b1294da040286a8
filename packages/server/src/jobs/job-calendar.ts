/**
 * A stretch of the calendar. What has come is in the ledger, which also knows of what never began; what comes is worked out
 * from the schedules as they are now.
 */

import { instantFromMs, runsWithin } from "@ironcore-backup/base";
import type { Calendar, CalendarQuery } from "@ironcore-backup/protocol";
import { ENDED_RUN_STATES } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { countInstants, listRunRecords } from "../state/run-records.ts";
import { listFirstTasksOfRuns } from "../state/task-records.ts";
import type { HeldJob } from "./instants.ts";
import type { JobDesk } from "./job-desk.ts";

type Entry = Calendar["entries"][number];

const DAY_COUNT_MAX = 62;
const ENTRY_COUNT_MAX = 5000;
const DAY_MS = 86_400_000;

/** @param jobs  those that may be seen. @throws CALENDAR_TOO_LONG */
export async function readCalendar(
  desk: JobDesk,
  { since, until }: CalendarQuery,
  jobs: readonly HeldJob[],
): Promise<Calendar> {
  if (until < since || until - since > DAY_COUNT_MAX * DAY_MS)
    throw serverErrors.CALENDAR_TOO_LONG({ dayCountMax: DAY_COUNT_MAX });
  const names = jobs.map(({ record }) => record.name);
  const { database } = desk.state;
  const rows = await listRunRecords(database, {
    jobs: names,
    since,
    until,
    limit: ENTRY_COUNT_MAX + 1,
    order: "due",
  });
  const upids = await listFirstTasksOfRuns(
    database,
    rows.map(({ runId }) => runId),
  );
  const past = rows.slice(0, ENTRY_COUNT_MAX).map((run): Entry => {
    const upid = upids.get(run.runId);
    return {
      job: run.job,
      dueAt: run.dueAt,
      state: run.state,
      run: run.runId,
      ...(run.cause === undefined ? {} : { cause: run.cause }),
      ...(upid === undefined ? {} : { upid }),
      instantCount: run.instantCount,
    };
  });
  const future = futureOf(desk, jobs, { since, until, countMax: ENTRY_COUNT_MAX - past.length });
  return {
    entries: [...past, ...future.entries].toSorted((a, b) => a.dueAt - b.dueAt),
    counts: await countsOf(desk, names, { since, until }),
    capped: rows.length > ENTRY_COUNT_MAX || future.capped,
  };
}

/** What the ledger has no row of yet. */
function futureOf(
  desk: JobDesk,
  jobs: readonly HeldJob[],
  { since, until, countMax }: { readonly since: number; readonly until: number; readonly countMax: number },
): { readonly entries: readonly Entry[]; readonly capped: boolean } {
  const entries: Entry[] = [];
  for (const { record, event } of jobs) {
    if (event === undefined) continue;
    const known = desk.expected.get(record.name)?.at(-1)?.dueAt ?? desk.clock.now();
    const period = { from: instantFromMs(Math.max(since, known + 1)), until: instantFromMs(until + 1) };
    for (const dueAt of runsWithin(event, period)) {
      if (entries.length >= countMax) return { entries, capped: true };
      entries.push({ job: record.name, dueAt, state: "expected", instantCount: 1 });
    }
  }
  return { entries, capped: false };
}

async function countsOf(
  desk: JobDesk,
  jobs: readonly string[],
  { since, until }: { readonly since: number; readonly until: number },
): Promise<Calendar["counts"]> {
  const counted = await countInstants(desk.state.database, {
    jobs,
    since,
    until: Math.min(until, desk.clock.now()),
  });
  const of = (state: (typeof ENDED_RUN_STATES)[number]): number => counted.get(state) ?? 0;
  const ended = { met: of("met"), late: of("late"), missed: of("missed"), skipped: of("skipped") };
  const open = (counted.get("expected") ?? 0) + (counted.get("running") ?? 0);
  return { expected: open + ended.met + ended.late + ended.missed + ended.skipped, open, ended };
}
