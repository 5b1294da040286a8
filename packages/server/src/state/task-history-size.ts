/**
 * How many tasks a lead has, roughly: counted to a limit and kept for a while. A wrong guess costs time and never a task.
 */

import type { Clock } from "@ironcore-backup/base";
import type { ReaderDatabase } from "./reader-database.ts";
import { joinConditions } from "./task-history-filter.ts";
import type { Condition } from "./task-history-filter.ts";
import { WHOLE } from "./task-history-lead.ts";
import type { Branch, Lead } from "./task-history-lead.ts";

/** More is as good as all. */
const COUNTED_MAX = 65_536;
const RANGE_COUNTED_MAX = 30_000;
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
  const count = (index: string, where: Condition, limit: number): number =>
    database.number(
      `select count(*) as value from (select 1 from tasks indexed by ${index} where ${where.sql} limit ?)`,
      [...where.parameters, limit],
    ) ?? 0;
  const sizeOf = ({ index, equal }: Branch): number => {
    const key = `${index} ${equal.parameters.join(" ")}`;
    const known = kept.get(key);
    const nowMs = clock.elapsedMs();
    if (known !== undefined && nowMs - known.atMs < KEPT_MS) return known.size;
    if (kept.size >= KEPT_COUNT_MAX) kept.clear();
    const size = count(index, equal, COUNTED_MAX);
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
      const size = count(branch.index, bounds, RANGE_COUNTED_MAX);
      return size >= RANGE_COUNTED_MAX ? undefined : { branches: [branch], size };
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
