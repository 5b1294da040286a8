/** `--limit` of commands that list. */

import { cliErrors } from "./errors.ts";

/** The server's own bound on one page. */
export const PAGE_LENGTH_MAX = 1000;
const LIMIT_MAX = 100_000;

/** @throws USAGE_INVALID */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw cliErrors.USAGE_INVALID({ detail: `--limit is a whole number from 1 to ${LIMIT_MAX}` });
  return limit;
}
