/** What is measured over time: how full a datastore is, when it will be full, how its backups run and what is unusual. */

import { Type } from "typebox";
import type { Static } from "typebox";
import {
  DATASTORE_MODES,
  DATASTORE_STATUSES,
  FILL_STATES,
  RANGE_VERDICTS,
  RUN_METRICS,
} from "./measure-words.ts";
import { CountSchema, InstantSchema, NameSchema, SizeSchema, strictObject, words } from "./shapes.ts";

export const DatastoreStatusSchema = words(DATASTORE_STATUSES);
export const DatastoreModeSchema = words(DATASTORE_MODES);

/** Less would let one chunk wait longer than a task may stand still. */
export const BANDWIDTH_LIMIT_MIN = 65_536;
export const BandwidthLimitSchema = Type.Integer({
  minimum: BANDWIDTH_LIMIT_MIN,
  maximum: 1e12,
  description: "Bytes a second into and out of the datastore, as stored",
});
export const FreePercentMinSchema = Type.Integer({ minimum: 1, maximum: 99 });

/** One look at a datastore. What is not known (yet) is absent; what was reckoned from a sample of the store says so. */
export const DatastoreMeasureSchema = strictObject(
  {
    at: InstantSchema,
    /** Of the file system that holds it. */
    totalBytes: SizeSchema,
    usedBytes: SizeSchema,
    freeBytes: SizeSchema,
    groupCount: Type.Optional(CountSchema),
    snapshotCount: Type.Optional(CountSchema),
    /** Sum of all snapshots' archives as they were before deduplication and compression. */
    logicalBytes: Type.Optional(SizeSchema),
    /** Chunks in the store and their bytes on disk. */
    chunkCount: Type.Optional(CountSchema),
    storedBytes: Type.Optional(SizeSchema),
    chunksAreEstimate: Type.Optional(Type.Boolean()),
    /** Logical bytes over stored bytes. */
    deduplicationRatio: Type.Optional(Type.Number({ minimum: 0 })),
  },
  "DatastoreMeasure",
);
export type DatastoreMeasure = Static<typeof DatastoreMeasureSchema>;

/** Low and high bound what is expected in four of five cases. */
const rangeOf = (value: ReturnType<typeof Type.Number>) =>
  strictObject({ low: value, likely: value, high: value });

/**
 * When the datastore will be full, from how it grew lately. `earliestAt` to `latestAt` holds in four of five cases; without
 * `latestAt` it may never be full. While `too-little-data`, `reason` says what is missing.
 */
export const FillForecastSchema = strictObject(
  {
    state: words(FILL_STATES),
    /** One sentence for people. */
    reason: Type.String(),
    /** Present when filling. */
    likelyAt: Type.Optional(InstantSchema),
    earliestAt: Type.Optional(InstantSchema),
    latestAt: Type.Optional(InstantSchema),
    growthBytesPerDay: Type.Optional(rangeOf(Type.Number())),
    /** The measures that it stands on. */
    sinceAt: Type.Optional(InstantSchema),
    measureCount: CountSchema,
  },
  "FillForecast",
);
export type FillForecast = Static<typeof FillForecastSchema>;

const MEASURE_COUNT_MAX = 2000;

export const MeasureQuerySchema = strictObject({
  since: Type.Optional(InstantSchema),
  until: Type.Optional(InstantSchema),
  /** At most so many, evenly spread; the newest is always among them. */
  limit: Type.Optional(Type.Integer({ minimum: 2, maximum: MEASURE_COUNT_MAX, default: 300 })),
});
export type MeasureQuery = Static<typeof MeasureQuerySchema>;

export const DatastoreMeasuresSchema = strictObject(
  {
    datastore: Type.String(),
    /** Oldest first. */
    measures: Type.Array(DatastoreMeasureSchema),
    fill: FillForecastSchema,
  },
  "DatastoreMeasures",
);
export type DatastoreMeasures = Static<typeof DatastoreMeasuresSchema>;

/** One thing that `datastore probe` looked at. */
export const ProbeCheckSchema = strictObject({
  /** `path`, `identity`, `chunk-directories`, `write`, `free-space` */
  name: Type.String(),
  outcome: words(["ok", "failed", "skipped"]),
  detail: Type.String(),
});

const metricsOf = <Value extends ReturnType<typeof strictObject> | ReturnType<typeof Type.Number>>(
  value: Value,
) =>
  strictObject(
    Object.fromEntries(RUN_METRICS.map((metric) => [metric, Type.Optional(value)])) as Record<
      (typeof RUN_METRICS)[number],
      ReturnType<typeof Type.Optional<Value>>
    >,
  );

/** One backup that ended well, in the panel's metrics. A metric that had nothing to divide is absent. */
export const RunStatisticsSchema = strictObject(
  {
    upid: Type.String(),
    endedAt: InstantSchema,
    datastore: Type.String(),
    namespace: Type.String(),
    /** `type/id` */
    group: Type.String(),
    job: Type.Optional(Type.String()),
    project: Type.Optional(Type.String()),
    /** The group's first backup, or one that read everything again: not compared with the others. */
    isFull: Type.Boolean(),
    warningCount: CountSchema,
    sourceReadBytes: SizeSchema,
    preEncryptBytes: SizeSchema,
    onDiskBytes: SizeSchema,
    chunkCount: CountSchema,
    knownChunkCount: CountSchema,
    newRawBytes: SizeSchema,
    newCompressedBytes: SizeSchema,
    metrics: metricsOf(Type.Number()),
    /** Of its metrics, those outside of what was usual before it. */
    unusual: Type.Array(words(RUN_METRICS)),
  },
  "RunStatistics",
);
export type RunStatistics = Static<typeof RunStatisticsSchema>;

/** Present when enough runs came before. */
export const UsualRangeSchema = strictObject({
  low: Type.Number(),
  middle: Type.Number(),
  high: Type.Number(),
  runCount: CountSchema,
});
export type UsualRange = Static<typeof UsualRangeSchema>;

const MetricStandingSchema = strictObject({
  latest: Type.Optional(Type.Number()),
  verdict: words(RANGE_VERDICTS),
  usual: Type.Optional(UsualRangeSchema),
});

/** Runs that are compared with each other: of one job, or by hand of one group. */
export const RunSeriesSchema = strictObject(
  {
    datastore: Type.String(),
    namespace: Type.String(),
    group: Type.String(),
    job: Type.Optional(Type.String()),
    /** In the time asked for. */
    runCount: CountSchema,
    latestUpid: Type.String(),
    latestAt: InstantSchema,
    /** What the latest run says, each metric with the range of the runs before it. */
    metrics: metricsOf(MetricStandingSchema),
    unusual: Type.Array(words(RUN_METRICS)),
  },
  "RunSeries",
);
export type RunSeries = Static<typeof RunSeriesSchema>;

/** All runs of a stretch of time together. */
export const RunPeriodSchema = strictObject({
  at: InstantSchema,
  runCount: CountSchema,
  sourceReadBytes: SizeSchema,
  preEncryptBytes: SizeSchema,
  onDiskBytes: SizeSchema,
  metrics: metricsOf(Type.Number()),
});
export type RunPeriod = Static<typeof RunPeriodSchema>;

export const StatisticsQuerySchema = strictObject({
  datastore: Type.Optional(NameSchema),
  namespace: Type.Optional(Type.String({ maxLength: 256 })),
  /** `type/id` */
  group: Type.Optional(NameSchema),
  job: Type.Optional(NameSchema),
  project: Type.Optional(NameSchema),
  since: Type.Optional(InstantSchema),
  until: Type.Optional(InstantSchema),
  /** Of the newest runs. */
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
});
export type StatisticsQuery = Static<typeof StatisticsQuerySchema>;

export const StatisticsSchema = strictObject(
  {
    since: InstantSchema,
    until: InstantSchema,
    /** In the time asked for; `runs` may be fewer. */
    runCount: CountSchema,
    /** Newest first. */
    runs: Type.Array(RunStatisticsSchema),
    /** Those with something unusual first, then the latest; at most 200. */
    series: Type.Array(RunSeriesSchema),
    /** Oldest first, each `periodMs` long, without those that no run ended in. */
    periods: Type.Array(RunPeriodSchema),
    periodMs: CountSchema,
  },
  "Statistics",
);
export type Statistics = Static<typeof StatisticsSchema>;
