/**
 * Finding text anywhere in a task. The index knows which tasks have the needle's three-letter pieces; the rarest pieces
 * make the candidates, and each candidate is looked at. Tasks that are not over are not in the index: they are few.
 *
 * Candidates come by their number, which is the order they were queued in, except where the clock was set back. The store
 * knows how far it ever was, and so how far a search by the queued instant must look beyond its last find.
 */

import type { HistoryNeeds } from "./task-history-effort.ts";
import { foldAscii, foldsAlike, piecesOf, quoted } from "./task-history-needle.ts";
import { ACTIVE } from "./task-history-lead.ts";
import { comparePlaces } from "./task-history-order.ts";
import type { OrderPart } from "./task-history-order.ts";
import type { HistoryPlace } from "./task-history-question.ts";
import { findAlong, findAmong, firstOf } from "./task-history-search.ts";
import type { Condition } from "./task-history-filter.ts";

/** More lists to be joined cost more than the candidates they rule out. */
const PIECE_COUNT_MAX = 3;
const SAMPLED_PIECE_COUNT_MAX = 24;

/** The finished tasks that may contain a needle. */
export interface Candidates {
  /** In the index's query language; undefined when no finished task can. */
  readonly match: string | undefined;
  /** Roughly how many. */
  readonly size: number;
}

/** @returns undefined when the needle has no piece to look up */
export function candidatesOf(needs: HistoryNeeds, needle: string): Candidates | undefined {
  const totalCount = needs.sizes.total();
  const pieces = someOf(piecesOf(needle)).map((piece) => ({
    piece,
    size: sizeOf(needs, piece, totalCount),
  }));
  const rarest = pieces.toSorted((left, right) => left.size - right.size).slice(0, PIECE_COUNT_MAX);
  const [first] = rarest;
  if (first === undefined) return undefined;
  if (first.size === 0) return { match: undefined, size: 0 };
  return { match: rarest.map(({ piece }) => quoted(piece)).join(" AND "), size: first.size };
}

const PIECE_FROM_NEWEST = "from history_text where history_text match ? order by rowid desc";

/** Of a long needle, pieces from all over it: the rarest of two dozen is rare enough. */
function someOf(pieces: readonly string[]): readonly string[] {
  const step = Math.ceil(pieces.length / SAMPLED_PIECE_COUNT_MAX);
  return pieces.filter((_piece, at) => at % step === 0);
}

/** Counts the newest tasks with the piece, and takes the older ones for alike. */
function sizeOf(needs: HistoryNeeds, piece: string, totalCount: number): number {
  const match = quoted(piece);
  const newest = needs.database.number(`select rowid as value ${PIECE_FROM_NEWEST} limit 1`, [match]);
  if (newest === undefined) return 0;
  const oldest = needs.database.number(`select rowid as value ${PIECE_FROM_NEWEST} limit 1 offset ?`, [
    match,
    needs.effort.sampleCount - 1,
  ]);
  if (oldest !== undefined)
    return Math.min(totalCount, Math.ceil((needs.effort.sampleCount * totalCount) / (newest - oldest + 1)));
  return (
    needs.database.number("select count(*) as value from history_text where history_text match ?", [match]) ??
    0
  );
}

/** Of one or two letters, by all pieces that begin with them: every text is followed by two that close it. */
export function rareCandidatesOf(needs: HistoryNeeds, needle: string): Candidates | undefined {
  const start = foldAscii(needle).toLowerCase();
  const characters = Array.from(start);
  const last = characters.at(-1)?.codePointAt(0);
  if (characters.length > 2 || last === undefined || !characters.every(foldsAlike)) return undefined;
  const end = characters.slice(0, -1).join("") + String.fromCodePoint(last + 1);
  const terms = needs.database.all<{ term: string; doc: number }>(
    "select term, doc from history_pieces where term >= ? and term < ? limit ?",
    [start, end, needs.effort.shortPieceCountMax + 1],
  );
  if (terms.length > needs.effort.shortPieceCountMax) return undefined;
  if (terms.length === 0) return { match: undefined, size: 0 };
  return {
    match: terms.map(({ term }) => quoted(term)).join(" OR "),
    size: terms.reduce((sum, { doc }) => sum + doc, 0),
  };
}

interface TextWalk {
  readonly part: OrderPart;
  readonly wish: Condition;
  readonly limit: number;
  readonly after: HistoryPlace | undefined;
}

/** The first tasks of the part that contain the needle, among its candidates and those that are not over. */
export function findText(needs: HistoryNeeds, { match }: Candidates, walk: TextWalk): HistoryPlace[] {
  const active = findAlong(needs.database, ACTIVE, walk);
  if (match === undefined) return active;
  const finished = walk.part.isOrderOfLeads
    ? findInOrder(needs, match, walk)
    : findInAnyOrder(needs, match, walk);
  return firstOf(walk, [...active, ...finished]);
}

function findInAnyOrder(needs: HistoryNeeds, match: string, walk: TextWalk): HistoryPlace[] {
  let found: HistoryPlace[] = [];
  for (const taskIds of batches(needs, match, { descending: true, from: undefined }))
    found = firstOf(walk, [...found, ...findAmong(needs.database, taskIds, walk)]);
  return found;
}

/** Stops when nothing that comes later can stand before the last find. */
function findInOrder(needs: HistoryNeeds, match: string, walk: TextWalk): HistoryPlace[] {
  const { part, limit } = walk;
  const stepBackMs =
    needs.database.number("select value from counters where name = 'task-queued-step-back'") ?? 0;
  const from = firstCandidate(needs, walk, stepBackMs);
  let found: HistoryPlace[] = [];
  for (const taskIds of batches(needs, match, { descending: part.descending, from })) {
    found = firstOf(walk, [...found, ...findAmong(needs.database, taskIds, walk)]);
    const last = found[limit - 1];
    const reached = queuedAt(needs, taskIds.at(-1));
    if (last === undefined || reached === undefined) continue;
    const value = part.descending ? reached + stepBackMs : reached - stepBackMs;
    if (comparePlaces(part, last, { value, taskId: taskIds.at(-1) ?? 0 }) < 0) break;
  }
  return found;
}

/** Where candidates of a further page begin: no task beyond has been queued after (before) the place. */
function firstCandidate(
  needs: HistoryNeeds,
  { part, after }: TextWalk,
  stepBackMs: number,
): number | undefined {
  const value = after?.value;
  if (value === undefined) return undefined;
  const [bound, from, to] = part.descending
    ? ["max", value - stepBackMs, value]
    : ["min", value, value + stepBackMs];
  return needs.database.number(
    `select ${bound}(task_id) as value from tasks indexed by history_by_queued where queued_at between ? and ?`,
    [from, to],
  );
}

function queuedAt(needs: HistoryNeeds, taskId: number | undefined): number | undefined {
  if (taskId === undefined) return undefined;
  return needs.database.number("select queued_at as value from tasks where task_id = ?", [taskId]);
}

/** @param way.from  the first number, itself included */
export function* batches(
  needs: HistoryNeeds,
  match: string,
  way: { readonly descending: boolean; readonly from: number | undefined },
): Generator<readonly number[]> {
  let from = way.from ?? (way.descending ? Number.MAX_SAFE_INTEGER : 0);
  const [sign, direction, step] = way.descending
    ? (["<=", "desc", -1] as const)
    : ([">=", "asc", 1] as const);
  for (;;) {
    needs.database.assertInTime();
    const rows = needs.database.all<{ rowid: number }>(
      `select rowid from history_text where history_text match ? and rowid ${sign} ?
       order by rowid ${direction} limit ?`,
      [match, from, needs.effort.candidateBatchCount],
    );
    if (rows.length > 0) yield rows.map((row) => row.rowid);
    if (rows.length < needs.effort.candidateBatchCount) return;
    from = (rows.at(-1)?.rowid ?? 0) + step;
  }
}
