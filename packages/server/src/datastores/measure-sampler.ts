/**
 * Looks at every datastore every ten minutes and writes down what it sees; at a new one at once, and a little sooner when
 * something was done in it. One that does not answer is left out.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import type { DatastoreMode } from "@ironcore-backup/protocol";
import type { ChunkTotals } from "../state/measure-records.ts";
import type { DatastoreEngine } from "./datastore-engine.ts";
import type { Measures } from "./measures.ts";
import { measureFrom } from "./measures.ts";

const SAMPLE_INTERVAL_MS = 600_000;
const SAMPLE_INTERVAL_MS_MIN = 60_000;
/** What is known to be away: not told each time. */
const QUIET_CODES = new Set([
  "DATASTORE_OFFLINE",
  "DATASTORE_MISSING",
  "DATASTORE_NOT_SAME",
  "DATASTORE_NOT_FOUND",
  "DATASTORE_IN_MAINTENANCE",
]);

interface Needs {
  readonly clock: Clock;
  /** Guarded: in maintenance nothing is looked at, and only the datastore's own store. */
  readonly engine: Pick<DatastoreEngine, "probe" | "summarize" | "sampleChunks">;
  readonly measures: Measures;
  readonly list: () => readonly {
    readonly name: string;
    readonly path: string;
    readonly mode: DatastoreMode;
  }[];
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

export interface MeasureSampler {
  /** Something was done in it: it is looked at, a minute after the last look at the earliest. */
  changed(name: string): void;
  close(): void;
}

export function startMeasureSampler(needs: Needs): MeasureSampler {
  const { clock } = needs;
  const closing = new AbortController();
  const underWay = new Set<string>();
  const sample = async (name: string): Promise<void> => {
    const one = needs.list().find((other) => other.name === name);
    if (one === undefined || one.mode === "maintenance") return;
    try {
      await sampleOne(needs, one);
    } catch (cause) {
      if (closing.signal.aborted || QUIET_CODES.has(toCodedError(cause).code)) return;
      needs.warn("MEASURE_FAILED", `a datastore could not be measured: ${String(cause)}`, {
        datastore: name,
      });
    }
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      for (const { name } of needs.list()) await sample(name);
      await clock.sleep(SAMPLE_INTERVAL_MS, closing.signal);
    }
  };
  const changed = (name: string): void => {
    if (underWay.has(name)) return;
    underWay.add(name);
    const measuredAt = needs.measures.latest(name)?.measure.at ?? -Infinity;
    const ageMs = Math.abs(clock.now() - measuredAt);
    clock
      .sleep(Math.max(0, SAMPLE_INTERVAL_MS_MIN - ageMs), closing.signal)
      .finally(() => underWay.delete(name))
      .then(
        () => sample(name),
        () => undefined, // The server stops.
      );
  };
  watch().catch((cause: unknown) => {
    if (!isCancelled(cause)) throw cause;
  });
  return { changed, close: () => closing.abort() };
}

async function sampleOne(
  needs: Needs,
  { name, path }: { readonly name: string; readonly path: string },
): Promise<void> {
  const { clock, engine, measures } = needs;
  // Guarded, so it tells first whether this is the store at all.
  const summary = await engine.summarize(path);
  const usage = await engine.probe(path, { count: false });
  const chunks = (await measures.chunkTotals(name)) ?? (await firstTotals(needs, { name, path }, summary));
  await measures.record(name, measureFrom(clock.now(), usage, { summary, chunks }));
}

/** Of a store that nobody has counted yet. One without snapshots was made just now. */
async function firstTotals(
  { engine, measures }: Needs,
  { name, path }: { readonly name: string; readonly path: string },
  { snapshotCount }: { readonly snapshotCount: number },
): Promise<ChunkTotals> {
  const sample = await engine.sampleChunks(path);
  const totals = { ...sample, isEstimate: snapshotCount > 0 || sample.chunkCount > 0 };
  await measures.chunksCounted(name, totals);
  return totals;
}
