/** The words of what is measured, without any schema. */

/** How a datastore stands, as the server found or was told. */
export const DATASTORE_STATUSES = ["online", "offline", "read-only", "maintenance"] as const;
export type DatastoreStatus = (typeof DATASTORE_STATUSES)[number];

/** What an operator lets happen in a datastore. */
export const DATASTORE_MODES = ["normal", "read-only", "maintenance"] as const;
export type DatastoreMode = (typeof DATASTORE_MODES)[number];

/**
 * - `filling`          it will be full, within the times given
 * - `not-filling`      it does not grow, or not within any time worth telling
 * - `full`             nothing is free
 * - `too-little-data`  not measured for long enough to say anything
 */
export const FILL_STATES = ["filling", "not-filling", "full", "too-little-data"] as const;
export type FillState = (typeof FILL_STATES)[number];

/** The panel's metrics of a backup. Rates in bytes a second, shares from 0 to 1, the others as factors. */
export const RUN_METRICS = [
  "effectiveTransferRateBytesPerSecond",
  "sourceReadRateBytesPerSecond",
  "deduplicationHitRate",
  "compressionRatio",
  "preEncryptToDiskRatio",
  "durationMs",
  "newStoredBytes",
] as const;
export type RunMetric = (typeof RUN_METRICS)[number];

/** Where a run's value lies in the usual range of the runs before it; `unknown`: too few of them. */
export const RANGE_VERDICTS = ["usual", "high", "low", "unknown"] as const;
export type RangeVerdict = (typeof RANGE_VERDICTS)[number];
