/** The backup that wrote a snapshot: its run among those of the group, and its task as long as that is kept. */

import { useQuery } from "@tanstack/react-query";
import { parseSnapshotRef } from "@ironcore-backup/base";
import type { RunStatistics, Snapshot, Task } from "@ironcore-backup/protocol/calls";
import { groupSnapshotsQuery } from "../../session/datastore-query.ts";
import { useNeeds } from "../../session/needs.tsx";
import { taskQuery } from "../../session/query.ts";
import { statisticsQuery } from "../../session/statistics-query.ts";

export interface Origin {
  /** Everything was answered; what is absent is not known. */
  readonly isKnown: boolean;
  readonly run: RunStatistics | undefined;
  readonly task: Task | undefined;
  /** The finished snapshot before it in its group, and the run that wrote that one. */
  readonly before: Snapshot | undefined;
  readonly runBefore: RunStatistics | undefined;
}

export function useOrigin(datastore: string, snapshot: Snapshot): Origin {
  const { client } = useNeeds();
  const { namespace, type, id, backupTime } = snapshot;
  const place = { datastore, ...parseSnapshotRef(snapshot.snapshot) };
  const { data: listed } = useQuery(groupSnapshotsQuery(client, place));
  const finished = listed?.filter((one) => one.finished);
  const before = finished?.find((one) => one.backupTime < backupTime);
  const after = finished?.findLast((one) => one.backupTime > backupTime);
  const runs = useQuery({
    ...statisticsQuery(client, {
      datastore,
      namespace,
      group: `${type}/${id}`,
      since: (before ?? snapshot).backupTime * 1000,
      ...(after === undefined ? {} : { until: after.backupTime * 1000 }),
    }),
    enabled: listed !== undefined,
  });
  const known = runs.isPlaceholderData ? undefined : runs.data?.runs;
  const run = known?.findLast(({ endedAt }) => endedAt >= backupTime * 1000);
  const task = useQuery({ ...taskQuery(client, run?.upid ?? ""), enabled: run !== undefined, retry: false });
  const isKnown = (known !== undefined || runs.isError) && (run === undefined || !task.isPending);
  // Two backups of a group never run at once; yet another server may have written here, and its runs are not ours.
  const isOther =
    task.data?.statistics?.kind === "backup" &&
    task.data.statistics.snapshot !== `${datastore}:${snapshot.snapshot}`;
  return {
    isKnown,
    run: isOther ? undefined : run,
    task: isOther || run === undefined ? undefined : task.data,
    before,
    runBefore:
      before === undefined ? undefined : known?.findLast(({ endedAt }) => endedAt < backupTime * 1000),
  };
}
