/** How many instants of all schedules came to which end; many thousands in a day, so it is asked of the reader's thread. */

import type { ReaderDatabase } from "./reader-database.ts";
import type { InstantCount, InstantCountQuestion } from "./task-history-question.ts";

export function readInstantCounts(
  database: ReaderDatabase,
  { since, until }: InstantCountQuestion,
): readonly InstantCount[] {
  return database.all<InstantCount>(
    `select state, sum(instant_count) as count from runs
     where origin = 'schedule' and due_at between ? and ? group by state`,
    [since, until],
  );
}
