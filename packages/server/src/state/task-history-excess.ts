/**
 * Which finished tasks are too old or too many to be kept. Found along indexes, a few at a time.
 *
 * However old it is, the newest finished task of each type on each datastore stays: "when did the last verify run, and
 * what did it say" has an answer for as long as there is one.
 */

import { IN_TIME } from "./reader-database.ts";
import type { ReaderDatabase, SqlValue } from "./reader-database.ts";
import type { HistoryExcess, HistoryExcessQuestion } from "./task-history-question.ts";

const TROUBLED = ["warning", "failed"];
const UNTROUBLED = ["ok", "cancelled"];
const BATCH_COUNT = 1000;

interface Candidate {
  readonly taskId: number;
  readonly upid: string;
  readonly type: string;
  readonly datastore: string;
  readonly queuedAt: number;
}

export function findHistoryExcess(database: ReaderDatabase, question: HistoryExcessQuestion): HistoryExcess {
  const { endedBefore, troubledEndedBefore, limit } = question;
  const found = [...oldest(database, { states: UNTROUBLED, endedBefore, limit })];
  if (found.length < limit) {
    const wish = { states: TROUBLED, endedBefore: troubledEndedBefore, limit: limit - found.length };
    found.push(...oldest(database, wish));
  }
  if (found.length === 0) found.push(...findSurplus(database, question));
  return { tasks: found.map(({ taskId, upid }) => ({ taskId, upid })) };
}

/** Over the count: the oldest first, those with trouble only when there are no others. */
function findSurplus(database: ReaderDatabase, { countMax, limit }: HistoryExcessQuestion): Candidate[] {
  const count = database.number("select count(*) as value from tasks indexed by history_by_bytes") ?? 0;
  const surplusCount = Math.min(limit, count - countMax);
  if (surplusCount <= 0) return [];
  const found = [...oldest(database, { states: UNTROUBLED, endedBefore: undefined, limit: surplusCount })];
  const wish = { states: TROUBLED, endedBefore: undefined, limit: surplusCount - found.length };
  return wish.limit === 0 ? found : [...found, ...oldest(database, wish)];
}

/** In the order they were queued, which is nearly the one they ended in. */
function* oldest(
  database: ReaderDatabase,
  wish: {
    readonly states: readonly string[];
    readonly endedBefore: number | undefined;
    readonly limit: number;
  },
): Generator<Candidate> {
  const { states, endedBefore, limit } = wish;
  // One that ended before it was queued, because the clock was set, is left to the limit of the count.
  const bound = endedBefore === undefined ? "" : "and queued_at < ? and ended_at < ?";
  const bounds: SqlValue[] = endedBefore === undefined ? [] : [endedBefore, endedBefore];
  let foundCount = 0;
  let [queuedAt, taskId] = [-1, -1];
  for (;;) {
    const batch = database.all<Candidate>(
      `select task_id as "taskId", upid, type, datastore, queued_at as "queuedAt"
       from tasks indexed by history_by_queued
       where (queued_at, task_id) > (?, ?) ${bound} and state in (${states.map(() => "?").join(", ")}) and ${IN_TIME}
       order by queued_at, task_id limit ?`,
      [queuedAt, taskId, ...bounds, ...states, BATCH_COUNT],
    );
    for (const candidate of batch) {
      if (!hasNewer(database, candidate)) continue;
      yield candidate;
      if (++foundCount >= limit) return;
    }
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH_COUNT) return;
    ({ queuedAt, taskId } = last);
  }
}

/** Whether a later task of the same type on the same datastore is over too. */
function hasNewer(database: ReaderDatabase, { type, datastore, queuedAt, taskId }: Candidate): boolean {
  const index = type === "backup" ? "history_by_datastore" : "history_by_type";
  const also = type === "backup" ? "" : "type <> 'backup' and";
  const newer = database.number(
    `select 1 as value from tasks indexed by ${index}
     where ${also} type = ? and datastore = ? and (queued_at, task_id) > (?, ?)
       and state not in ('queued', 'running') and ${IN_TIME} limit 1`,
    [type, datastore, queuedAt, taskId],
  );
  return newer !== undefined;
}
