/**
 * What the newest report of each snapshot says, summed up for each datastore. It walks every report there is, along the
 * index by snapshot, so it is asked of the reader's thread.
 */

import type { ReaderDatabase } from "./reader-database.ts";
import type { VerificationStanding } from "./task-history-question.ts";

export function readVerificationStandings(database: ReaderDatabase): readonly VerificationStanding[] {
  return database.all<VerificationStanding>(
    `select v.datastore, v.report ->> '$.result' as result, count(*) as "snapshotCount",
       min(v.started_at) as "oldestAt"
     from (
       select max(verification_id) as newest_id from verifications indexed by verifications_by_snapshot
       where (verification_id & 511) <> 0 or in_time()
       group by datastore, snapshot
     )
     join verifications v on v.verification_id = newest_id
     group by v.datastore, result`,
  );
}
