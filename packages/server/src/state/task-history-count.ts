/**
 * How many tasks there are in each state. Counted along the smallest lead of each state, to a limit; with a text, the
 * newest tasks that may have it are looked at, to a limit.
 */

import { TASK_STATES } from "@ironcore-backup/protocol";
import type { TaskState } from "@ironcore-backup/protocol";
import { IN_TIME } from "./reader-database.ts";
import type { ReaderDatabase } from "./reader-database.ts";
import type { HistoryNeeds } from "./task-history-effort.ts";
import { joinConditions } from "./task-history-filter.ts";
import { ACTIVE, leadsOf, WHOLE } from "./task-history-lead.ts";
import type { Branch, Lead } from "./task-history-lead.ts";
import { partsOf } from "./task-history-order.ts";
import type { HistoryCountQuestion, HistoryCounts } from "./task-history-question.ts";
import { cut, familyOf, wishOf } from "./task-history-search.ts";
import { boundsOf } from "./task-history-size.ts";
import { batches, candidatesOf, rareCandidatesOf } from "./task-history-text.ts";
import type { Candidates } from "./task-history-text.ts";
import { isBlind } from "./task-visibility.ts";

type Counts = Record<TaskState, number>;

export function countHistory(needs: HistoryNeeds, asked: HistoryCountQuestion): HistoryCounts {
  const { state: _state, ...filter } = asked.filter;
  const question = { ...asked, filter };
  if (isBlind(question.visibility)) return { counts: zeros(), capped: false };
  if (filter.parent !== undefined) return countFamily(needs, question, filter.parent);
  if (filter.text !== undefined) return countText(needs, question, filter.text);
  const counts = zeros();
  for (const state of TASK_STATES) counts[state] = countState(needs, question, state);
  const { countMax } = needs.effort;
  const capped = TASK_STATES.some((state) => counts[state] > countMax);
  for (const state of TASK_STATES) counts[state] = Math.min(counts[state], countMax);
  return { counts, capped };
}

function zeros(): Counts {
  return { queued: 0, running: 0, ok: 0, warning: 0, failed: 0, cancelled: 0 };
}

/** One more than the limit when there are more. */
function countState(
  { database, sizes, effort }: HistoryNeeds,
  question: HistoryCountQuestion,
  state: TaskState,
): number {
  const filter = { ...question.filter, state };
  const lead = sizes.smallest(leadsOf(filter, question.visibility)) ?? WHOLE;
  const wish = wishOf({ ...question, filter });
  let count = 0;
  for (const branch of lead.branches) {
    const where = joinConditions([branch.equal, wish, branch.also]);
    count +=
      database.number(
        `select count(*) as value from (select 1 from tasks indexed by ${branch.index}
         where ${where.sql} and ${IN_TIME} limit ?)`,
        [...where.parameters, effort.countMax + 1 - count],
      ) ?? 0;
    if (count > effort.countMax) break;
  }
  return count;
}

function countFamily(
  { database }: HistoryNeeds,
  question: HistoryCountQuestion,
  parent: string,
): HistoryCounts {
  const counts = zeros();
  addAmong(database, counts, familyOf(database, parent), question);
  return { counts, capped: false };
}

function countText(needs: HistoryNeeds, question: HistoryCountQuestion, text: string): HistoryCounts {
  const { sizes } = needs;
  const candidates = candidatesOf(needs, text) ?? rareCandidatesOf(needs, text);
  const leads = leadsOf(question.filter, question.visibility);
  const ofTime = sizes.ofTime(boundsOf(question.filter));
  const smallest = sizes.smallest(leads);
  const lead = ofTime !== undefined && ofTime.size < (smallest?.size ?? Infinity) ? ofTime : smallest;
  if (candidates !== undefined && (lead === undefined || candidates.size <= lead.size))
    return countCandidates(needs, candidates, question);
  return countNewest(needs, lead ?? WHOLE, question);
}

function countCandidates(
  needs: HistoryNeeds,
  { match }: Candidates,
  question: HistoryCountQuestion,
): HistoryCounts {
  const { database, effort } = needs;
  const counts = zeros();
  for (const branch of ACTIVE.branches) addAlong(database, counts, branch, question);
  let seenCount = 0;
  for (const taskIds of match === undefined
    ? []
    : batches(needs, match, { descending: true, from: undefined })) {
    if (seenCount >= effort.readCountMax) return { counts, capped: true };
    addAmong(database, counts, taskIds, question);
    seenCount += taskIds.length;
  }
  return { counts, capped: false };
}

/** Each branch's newest tasks. */
function countNewest(
  { database, effort }: HistoryNeeds,
  lead: Lead,
  question: HistoryCountQuestion,
): HistoryCounts {
  const counts = zeros();
  let capped = false;
  const eachCount = Math.ceil(effort.readCountMax / lead.branches.length);
  for (const branch of lead.branches) {
    const [order] = partsOf("queued", true);
    const piece = order === undefined ? undefined : cut(database, branch, order, eachCount);
    capped ||= piece !== undefined;
    addAlong(database, counts, branch, question, piece?.belongs);
  }
  return { counts, capped };
}

function addAlong(
  database: ReaderDatabase,
  counts: Counts,
  branch: Branch,
  question: HistoryCountQuestion,
  bound = { sql: "true", parameters: [] as readonly (string | number)[] },
): void {
  const where = joinConditions([branch.equal, bound, wishOf(question), branch.also]);
  const rows = database.all<{ state: TaskState; count: number }>(
    `select state, count(*) as count from tasks indexed by ${branch.index}
     where ${where.sql} and ${IN_TIME} group by state`,
    where.parameters,
  );
  for (const { state, count } of rows) counts[state] += count;
}

function addAmong(
  database: ReaderDatabase,
  counts: Counts,
  taskIds: readonly number[],
  question: HistoryCountQuestion,
): void {
  database.assertInTime();
  const wish = wishOf(question);
  const rows = database.all<{ state: TaskState; count: number }>(
    `select state, count(*) as count from tasks
     where task_id in (select value from json_each(?)) and ${wish.sql} group by state`,
    [JSON.stringify(taskIds), ...wish.parameters],
  );
  for (const { state, count } of rows) counts[state] += count;
}
