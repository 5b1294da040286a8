/** When a queued task may start, as far as that can be said. */

import { formatRelative } from "./instant-text.ts";

const SOON_MS = 1000;

/** `any moment`, `within 3 min`, `in 2 min to 8 min`, `in about 5 min`. */
export function formatPrediction(
  { earliestAt, latestAt }: { readonly earliestAt: number; readonly latestAt: number },
  now: number,
): string {
  const distance = (at: number): string => formatRelative(at, now).replace(/^in /, "");
  if (latestAt < now + SOON_MS) return "any moment";
  if (earliestAt < now + SOON_MS) return `within ${distance(latestAt)}`;
  const [from, to] = [distance(earliestAt), distance(latestAt)];
  return from === to ? `in about ${from}` : `in ${from} to ${to}`;
}
