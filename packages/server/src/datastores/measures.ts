/**
 * What was measured of the datastores over time, and what follows from it: the newest measure and the forecast are kept in
 * memory, so that whoever shows a datastore has them without asking anybody.
 *
 * Every look is kept for eight days, then the last of each hour, after three months the last of each day.
 */

import type { Clock } from "@ironcore-backup/base";
import type {
  DatastoreMeasure,
  DatastoreMeasures,
  FillForecast,
  MeasureQuery,
  Task,
} from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import {
  addChunkTotals,
  deleteChunkTotals,
  deleteMeasures,
  findChunkTotals,
  insertMeasure,
  listMeasures,
  putChunkTotals,
  ratioOf,
  thinMeasures,
} from "../state/measure-records.ts";
import type { ChunkTotals } from "../state/measure-records.ts";
import { forecastFill } from "./fill-forecast.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FORECAST_MS = 91 * DAY_MS;
const EACH_KEPT_MS = 8 * DAY_MS;
const HOURLY_KEPT_MS = 92 * DAY_MS;
const DAILY_KEPT_MS = 10 * 366 * DAY_MS;
const LIMIT_DEFAULT = 300;

export interface Measured {
  readonly measure: DatastoreMeasure;
  readonly fill: FillForecast;
}

export interface Measures {
  /** Undefined: not measured yet. */
  latest(datastore: string): Measured | undefined;
  record(datastore: string, measure: DatastoreMeasure): Promise<void>;
  list(datastore: string, query: MeasureQuery): Promise<DatastoreMeasures>;
  /** Undefined: nobody has counted yet. */
  chunkTotals(datastore: string): Promise<ChunkTotals | undefined>;
  chunksCounted(datastore: string, totals: ChunkTotals): Promise<void>;
  /** What a task that ended has added to the chunks of its datastore, or counted of them. */
  taskEnding(task: Task, options: { readonly isDone: boolean }): Promise<void>;
  /** The datastore is removed; another may come under its name. */
  forget(datastore: string): Promise<void>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
}

/** @param datastores  names of those there are */
export async function openMeasures(needs: Needs, datastores: readonly string[]): Promise<Measures> {
  const { clock, state } = needs;
  const recent = new Map<string, DatastoreMeasure[]>();
  const latest = new Map<string, Measured>();
  const conclude = (datastore: string): void => {
    const measures = recent.get(datastore) ?? [];
    const measure = measures.at(-1);
    if (measure !== undefined) latest.set(datastore, { measure, fill: forecastFill(measures) });
  };
  for (const datastore of datastores) {
    const until = clock.now();
    recent.set(
      datastore,
      await listMeasures(state.database, datastore, { since: until - FORECAST_MS, until }),
    );
    conclude(datastore);
  }
  return {
    latest: (datastore) => latest.get(datastore),
    record: async (datastore, measure) => {
      await insertMeasure(state.database, datastore, measure);
      const known = recent.get(datastore) ?? [];
      // A clock that was set back must not make what comes seem older than what was.
      const kept = known.filter(({ at }) => at > measure.at - FORECAST_MS && at < measure.at);
      recent.set(datastore, [...kept, measure]);
      conclude(datastore);
      if (isFirstOfDay(kept.at(-1), measure)) await tidy(state, datastore, measure.at);
    },
    list: async (datastore, { since = 0, until = clock.now(), limit = LIMIT_DEFAULT }) => {
      const measures = await listMeasures(state.database, datastore, { since, until });
      const fill = latest.get(datastore)?.fill ?? forecastFill([]);
      return { datastore, measures: spread(measures, limit), fill };
    },
    chunkTotals: (datastore) => findChunkTotals(state.database, datastore),
    chunksCounted: (datastore, totals) =>
      putChunkTotals(state.database, datastore, { at: clock.now(), totals }),
    taskEnding: async ({ datastore, statistics }, { isDone }) => {
      // A collection that went through has seen every chunk there is.
      if (statistics?.kind === "gc" && isDone && !statistics.gc.isDryRun) {
        const { usedChunkCount, usedBytes, pendingChunkCount, pendingBytes } = statistics.gc;
        const totals = {
          chunkCount: usedChunkCount + pendingChunkCount,
          storedBytes: usedBytes + pendingBytes,
          isEstimate: false,
        };
        await putChunkTotals(state.database, datastore, { at: clock.now(), totals });
      }
      if (statistics?.kind !== "backup") return;
      const { chunkCount, knownChunkCount, newStoredBytes } = statistics.backup;
      const added = { chunkCount: chunkCount - knownChunkCount, storedBytes: newStoredBytes };
      await addChunkTotals(state.database, datastore, added);
    },
    forget: async (datastore) => {
      recent.delete(datastore);
      latest.delete(datastore);
      await deleteMeasures(state.database, datastore);
      await deleteChunkTotals(state.database, datastore);
    },
  };
}

function isFirstOfDay(before: DatastoreMeasure | undefined, now: DatastoreMeasure): boolean {
  return before === undefined || Math.floor(before.at / DAY_MS) !== Math.floor(now.at / DAY_MS);
}

async function tidy({ database }: State, datastore: string, now: number): Promise<void> {
  await thinMeasures(database, datastore, { before: now - EACH_KEPT_MS, stretchMs: HOUR_MS });
  await thinMeasures(database, datastore, { before: now - HOURLY_KEPT_MS, stretchMs: DAY_MS });
  await deleteMeasures(database, datastore, { before: now - DAILY_KEPT_MS });
}

/** At most so many, evenly over their time: the last of each stretch, so that the newest is always there. */
export function spread(measures: readonly DatastoreMeasure[], limit: number): DatastoreMeasure[] {
  const [first] = measures;
  const last = measures.at(-1);
  if (first === undefined || last === undefined || measures.length <= limit) return [...measures];
  const stretchMs = (last.at - first.at) / (limit - 1);
  const chosen = new Map<number, DatastoreMeasure>();
  for (const measure of measures) chosen.set(Math.ceil((measure.at - first.at) / stretchMs), measure);
  return [...chosen.values()];
}

export function measureFrom(
  at: number,
  usage: Pick<DatastoreMeasure, "totalBytes" | "usedBytes" | "freeBytes">,
  parts: {
    readonly summary: {
      readonly groupCount: number;
      readonly snapshotCount: number;
      readonly logicalBytes: number;
    };
    readonly chunks: ChunkTotals | undefined;
  },
): DatastoreMeasure {
  const { summary, chunks } = parts;
  const { totalBytes, usedBytes, freeBytes } = usage;
  const ratio = chunks === undefined ? undefined : ratioOf(summary.logicalBytes, chunks.storedBytes);
  return {
    at,
    totalBytes,
    usedBytes,
    freeBytes,
    ...summary,
    ...(chunks === undefined ? {} : { chunkCount: chunks.chunkCount, storedBytes: chunks.storedBytes }),
    ...(chunks?.isEstimate === true ? { chunksAreEstimate: true } : {}),
    ...(ratio === undefined ? {} : { deduplicationRatio: ratio }),
  };
}
