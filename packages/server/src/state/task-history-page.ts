/**
 * One page of tasks. Which way is taken is decided by how many tasks each way would have to look at:
 *
 * - in the order of the queued instant: along the smallest lead, which has that order itself;
 * - in another order: all of the smallest lead where it is small, else along the order's own index for a while, and
 *   all of the lead only when that did not fill the page;
 * - with text: along an index for a while when the text is common, else through its candidates.
 *
 * No way reads the whole table, and each looks at the clock.
 */

import type { ReaderDatabase } from "./reader-database.ts";
import type { HistoryNeeds } from "./task-history-effort.ts";
import type { Condition } from "./task-history-filter.ts";
import { leadsOf, WHOLE } from "./task-history-lead.ts";
import type { Lead } from "./task-history-lead.ts";
import { after, isOfPart, partsOf } from "./task-history-order.ts";
import type { OrderPart } from "./task-history-order.ts";
import type { HistoryPage, HistoryPageQuestion, HistoryPlace, HistoryRow } from "./task-history-question.ts";
import { cut, familyOf, findAlong, findAmong, firstOf, wholeOf, wishOf } from "./task-history-search.ts";
import { boundsOf } from "./task-history-size.ts";
import type { SizedLead } from "./task-history-size.ts";
import { candidatesOf, findText, rareCandidatesOf } from "./task-history-text.ts";
import type { Candidates } from "./task-history-text.ts";
import { isBlind } from "./task-visibility.ts";

/** Longer statistics (a verify of many snapshots) are left to the question for the one task. */
const STATISTICS_LENGTH_MAX = 16_384;

interface Search {
  readonly needs: HistoryNeeds;
  readonly question: HistoryPageQuestion;
  readonly wish: Condition;
  readonly smallest: SizedLead | undefined;
  /** Undefined without a text, "any" with one that has no piece to look up. */
  readonly candidates: Candidates | "any" | undefined;
  readonly isCommon: boolean;
  readonly family: readonly number[] | undefined;
}

export function findHistoryPage(needs: HistoryNeeds, question: HistoryPageQuestion): HistoryPage {
  if (isBlind(question.visibility)) return { rows: [] };
  const search = prepare(needs, question);
  const places: HistoryPlace[] = [];
  for (const part of partsOf(question.sort, question.descending)) {
    const place = question.after;
    if (place !== undefined && !isOfPart(part, place) && part.keys.length > 1) continue;
    const limit = question.limit - places.length;
    if (limit > 0) places.push(...findPlaces(search, beginning(part, place), limit));
  }
  return { rows: readRows(needs.database, places) };
}

function prepare(needs: HistoryNeeds, question: HistoryPageQuestion): Search {
  const { filter, visibility, sort } = question;
  const { text, parent } = filter;
  const { sizes, effort, database } = needs;
  const candidates = text === undefined ? undefined : (candidatesOf(needs, text) ?? "any");
  const smallest = sizes.smallest(leadsOf(filter, visibility));
  const ofTime = sort === "queued" && text === undefined ? undefined : sizes.ofTime(boundsOf(filter));
  return {
    needs,
    question,
    wish: wishOf(question),
    smallest: smaller(smallest, ofTime),
    candidates,
    isCommon:
      candidates === "any" ||
      (candidates !== undefined && candidates.size * effort.commonTextShare >= Math.max(1, sizes.total())),
    family: parent === undefined ? undefined : familyOf(database, parent),
  };
}

function smaller(left: SizedLead | undefined, right: SizedLead | undefined): SizedLead | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return right.size < left.size ? right : left;
}

function beginning(part: OrderPart, place: HistoryPlace | undefined): OrderPart {
  if (place === undefined || !isOfPart(part, place)) return part;
  const { sql, parameters } = after(part, place);
  return {
    ...part,
    belongs: {
      sql: `${part.belongs.sql} and ${sql}`,
      parameters: [...part.belongs.parameters, ...parameters],
    },
  };
}

function findPlaces(search: Search, part: OrderPart, limit: number): HistoryPlace[] {
  const { needs, wish, family, candidates, smallest } = search;
  const { database, effort } = needs;
  const walk = { part, wish, limit };
  if (family !== undefined) return firstOf(walk, findAmong(database, family, walk));
  if (candidates !== undefined) return findWithText(search, part, limit);
  if (part.isOrderOfLeads) return findAlong(database, smallest ?? WHOLE, walk);
  if (smallest !== undefined && smallest.size <= effort.gatheredCountMax)
    return findAlong(database, smallest, walk);
  const soon = findSoon(search, wholeOf(part), { part, limit });
  return soon ?? findAlong(database, smallest ?? wholeOf(part), walk);
}

function findWithText(search: Search, part: OrderPart, limit: number): HistoryPlace[] {
  const { needs, wish, smallest, candidates, isCommon, question } = search;
  const { database, effort } = needs;
  const walk = { part, wish, limit };
  if (smallest !== undefined && smallest.size <= effort.readCountMax)
    return findAlong(database, smallest, walk);
  if (isCommon) {
    const way = part.isOrderOfLeads && smallest?.branches.length === 1 ? smallest : wholeOf(part);
    const soon = findSoon(search, way, { part, limit });
    if (soon !== undefined) return soon;
  }
  const rare = candidates === "any" ? rareCandidatesOf(needs, question.filter.text ?? "") : candidates;
  if (rare === undefined || (smallest !== undefined && smallest.size < rare.size))
    return findAlong(database, smallest ?? wholeOf(part), walk);
  return findText(needs, rare, { ...walk, after: question.after });
}

/** A page from a lead's first tasks; undefined when they do not fill one and there are more. */
function findSoon(
  { needs, wish }: Search,
  lead: Lead,
  { part, limit }: { readonly part: OrderPart; readonly limit: number },
): HistoryPlace[] | undefined {
  const { database, effort } = needs;
  const [branch] = lead.branches;
  if (branch === undefined) return [];
  const piece = cut(database, branch, part, effort.readCountMax);
  const found = findAlong(database, { branches: [branch] }, { part: piece ?? part, wish, limit });
  return piece === undefined || found.length >= limit ? found : undefined;
}

const ROW_COLUMNS = `task_id, upid, type, state, auth_id, datastore, source, target, queued_at, started_at, ended_at, attempt,
  bytes, warning_count, error_count, log_line_count, exit_status, cancel_requested, retry_of, exclusive_key, stages, error,
  iif(length(statistics) > ${STATISTICS_LENGTH_MAX} and type = 'verify', null, statistics) as statistics,
  class, priority, project, namespace, worker, lease_until, not_before, retried_by, try_number, retry_policy, parent, bandwidth_limit,
  child_count, after_parent, planned_target`;

function readRows(database: ReaderDatabase, places: readonly HistoryPlace[]): HistoryPage["rows"] {
  const rows = database.all<HistoryRow>(
    `select ${ROW_COLUMNS} from tasks where task_id in (select value from json_each(?))`,
    [JSON.stringify(places.map((place) => place.taskId))],
  );
  const byId = new Map(rows.map((row) => [row.task_id, row]));
  return places.flatMap((place) => {
    const row = byId.get(place.taskId);
    return row === undefined ? [] : [{ place, row }];
  });
}
