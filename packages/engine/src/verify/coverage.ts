/** How much of a datastore was checked how long ago, and whether a window can be held. Pure. */

import type { ChunkSurvey } from "./chunk-survey.ts";

const DAY_SECONDS = 86_400;
/** Upper edges of the ages that are shown. */
const AGE_DAYS = [1, 7, 14, 30, 60, 90, 180, 365] as const;

export interface Coverage {
  readonly chunkCount: number;
  /** As stored. */
  readonly totalBytes: number;
  /** Checked within the window. */
  readonly coveredBytes: number;
  /** Never, as far as it is known. */
  readonly neverBytes: number;
  /** Bytes by the age of their last check: up to so many days, and more than the row before. Without empty ones. */
  readonly ages: readonly { readonly days: number; readonly bytes: number }[];
  /** Longer ago than the last of the ages. */
  readonly olderBytes: number;
}

export function coverageOf(
  survey: ChunkSurvey,
  { nowSeconds, windowSeconds }: { readonly nowSeconds: number; readonly windowSeconds: number },
): Coverage {
  const bytes = new Map<number, number>();
  let [totalBytes, coveredBytes, neverBytes, olderBytes] = [0, 0, 0, 0];
  for (let number = 0; number < survey.chunkCount; number++) {
    const sizeBytes = survey.storedSizeBytes(number);
    const checkedAt = survey.checkedAt(number);
    totalBytes += sizeBytes;
    if (checkedAt === 0) {
      neverBytes += sizeBytes;
      continue;
    }
    const age = nowSeconds - checkedAt;
    if (age <= windowSeconds) coveredBytes += sizeBytes;
    const days = AGE_DAYS.find((edge) => age <= edge * DAY_SECONDS);
    if (days === undefined) olderBytes += sizeBytes;
    else bytes.set(days, (bytes.get(days) ?? 0) + sizeBytes);
  }
  const ages = AGE_DAYS.filter((days) => (bytes.get(days) ?? 0) > 0).map((days) => ({
    days,
    bytes: bytes.get(days) ?? 0,
  }));
  return { chunkCount: survey.chunkCount, totalBytes, coveredBytes, neverBytes, ages, olderBytes };
}

export interface CoverPlan {
  /** Numbers of the survey, least recently checked first, and of these the most used. */
  readonly order: Uint32Array;
  /** Of these, how many must be read in this run. */
  readonly dueCount: number;
  readonly dueBytes: number;
}

/** Read a little more than the even share, so that chunks that come later find their place. */
const QUOTA_MARGIN = 1.1;

/**
 * What a run reads: everything whose last check is older than the window, and otherwise the share of all bytes that the time since
 * the last run is of the window. So each byte is read once in a window, and every run reads about as much.
 */
export function planCover(
  survey: ChunkSurvey,
  {
    nowSeconds,
    windowSeconds,
    sinceLastRunSeconds,
  }: {
    readonly nowSeconds: number;
    readonly windowSeconds: number;
    /** Undefined: there was none. */
    readonly sinceLastRunSeconds: number | undefined;
  },
): CoverPlan {
  const order = Uint32Array.from({ length: survey.chunkCount }, (_, number) => number);
  order.sort((a, b) => survey.checkedAt(a) - survey.checkedAt(b) || survey.useCount(b) - survey.useCount(a));
  let totalBytes = 0;
  for (const number of order) totalBytes += survey.storedSizeBytes(number);
  const elapsed = Math.max(0, sinceLastRunSeconds ?? DAY_SECONDS);
  const share = Math.min(1, (elapsed / windowSeconds) * QUOTA_MARGIN);
  const quotaBytes = totalBytes * share;
  let [dueCount, dueBytes] = [0, 0];
  for (const number of order) {
    const isOverdue = survey.checkedAt(number) <= nowSeconds - windowSeconds;
    if (!isOverdue && dueBytes >= quotaBytes) break;
    dueCount++;
    dueBytes += survey.storedSizeBytes(number);
  }
  return { order, dueCount, dueBytes };
}

/**
 * How long all bytes take at the pace of the runs so far, in days. Undefined when there is nothing to go by.
 * @param pace  what a run can read, and how long after one the next one came
 */
export function daysToCover(
  totalBytes: number,
  { bytesPerRun, secondsBetweenRuns }: { readonly bytesPerRun: number; readonly secondsBetweenRuns: number },
): number | undefined {
  if (bytesPerRun <= 0 || secondsBetweenRuns <= 0) return undefined;
  return ((totalBytes / bytesPerRun) * secondsBetweenRuns) / DAY_SECONDS;
}
