/**
 * How many tasks a lead has, roughly: a small one is counted, of a larger one the newest tasks tell how closely they lie.
 * Counting a large one costs more than the question it would help. A wrong guess costs time and never a task.
 */

import type { Clock } from "@ironcore-backup/base";
import type { ReaderDatabase } from "./reader-database.ts";
import { joinConditions } from "./task-history-filter.ts";
import type { Condition } from "./task-history-filter.ts";
import { WHOLE } from "./task-history-lead.ts";
import type { Branch, Lead } from "./task-history-lead.ts";

/** The newest tasks of a lead, that tell how many there are. */
const SAMPLE_COUNT = 1000;
const RANGE_COUNT_MAX = 30_000;
const KEPT_MS = 60_000;
const KEPT_COUNT_MAX = 1000;

export interface SizedLead extends Lead {
  readonly size: number;
}

export interface HistorySizes {
  /** The one with the fewest tasks; undefined when there is none to choose from. */
  smallest(leads: readonly Lead[]): SizedLead | undefined;
  /** The tasks that were queued in a time, as a lead, when they are not too many. */
  ofTime(bounds: Condition | undefined): SizedLead | undefined;
  /** Of all tasks. */
  total(): number;
}

export function createHistorySizes(needs: {
  readonly clock: Clock;
  readonly database: ReaderDatabase;
}): HistorySizes {
  const { clock, database } = needs;
  const kept = new Map<string, { readonly size: number; readonly atMs: number }>();
  const taskIdAt = (index: string, where: Condition, order: string): number | undefined =>
    database.number(
      `select task_id as value from tasks indexed by ${index} where ${where.sql} order by ${order}`,
      [...where.parameters],
    );
  const newestFirst = "queued_at desc, task_id desc limit 1";
  const oldestFirst = "queued_at, task_id limit 1";
  /** Tasks are numbered in the order they are queued: as many lie between two places as their numbers are apart. */
  const spanOf = (index: string, where: Condition): number => {
    const newest = taskIdAt(index, where, newestFirst);
    const oldest = taskIdAt(index, where, oldestFirst);
    return newest === undefined || oldest === undefined ? 0 : Math.abs(newest - oldest) + 1;
  };
  const estimate = (index: string, where: Condition): number => {
    const newest = taskIdAt(index, where, newestFirst);
    const sampled = taskIdAt(index, where, `${newestFirst} offset ${SAMPLE_COUNT - 1}`);
    if (newest === undefined || sampled === undefined) return countFew(index, where);
    return Math.ceil((SAMPLE_COUNT * spanOf(index, where)) / (Math.abs(newest - sampled) + 1));
  };
  const countFew = (index: string, where: Condition): number =>
    database.number(
      `select count(*) as value from (select 1 from tasks indexed by ${index} where ${where.sql} limit ?)`,
      [...where.parameters, SAMPLE_COUNT],
    ) ?? 0;
  const sizeOf = ({ index, equal }: Branch): number => {
    const key = `${index} ${equal.parameters.join(" ")}`;
    const known = kept.get(key);
    const nowMs = clock.elapsedMs();
    if (known !== undefined && nowMs - known.atMs < KEPT_MS) return known.size;
    if (kept.size >= KEPT_COUNT_MAX) kept.clear();
    const size = estimate(index, equal);
    kept.set(key, { size, atMs: nowMs });
    return size;
  };
  return {
    smallest: (leads) => {
      let best: SizedLead | undefined;
      for (const lead of leads) {
        const size = lead.branches.reduce((sum, branch) => sum + sizeOf(branch), 0);
        if (best === undefined || size < best.size) best = { ...lead, size };
      }
      return best;
    },
    ofTime: (bounds) => {
      if (bounds === undefined) return undefined;
      const [branch] = WHOLE.branches;
      if (branch === undefined) return undefined;
      const size = spanOf(branch.index, bounds);
      return size >= RANGE_COUNT_MAX ? undefined : { branches: [branch], size };
    },
    total: () =>
      1 +
      (database.number("select max(task_id) as value from tasks") ?? 0) -
      (database.number("select min(task_id) as value from tasks") ?? 1),
  };
}

/** The bounds of a time; undefined when it has none. */
export function boundsOf(filter: {
  readonly since?: number;
  readonly until?: number;
}): Condition | undefined {
  const bounds = [
    ...(filter.since === undefined ? [] : [{ sql: "queued_at >= ?", parameters: [filter.since] }]),
    ...(filter.until === undefined ? [] : [{ sql: "queued_at <= ?", parameters: [filter.until] }]),
  ];
  return bounds.length === 0 ? undefined : joinConditions(bounds);
}
