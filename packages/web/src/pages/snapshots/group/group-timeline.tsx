/**
 * The snapshots of one group on a line through time, newest first. Each says how it was verified, what protects it, and by
 * which window of the retention it stays, or that the next prune takes it.
 */

import { useMemo, useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { formatGroupRef, formatSize } from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import type { GroupSpace, PlannedSnapshot, PrunePlan, Snapshot } from "@ironcore-backup/protocol/calls";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { useRowWalk } from "../../../parts/row-walk.ts";
import { useNeeds } from "../../../session/needs.tsx";
import {
  groupSnapshotsQuery,
  groupSpaceQuery,
  groupsQuery,
  prunePlanQuery,
} from "../../../session/datastore-query.ts";
import { t } from "../../../texts/texts.ts";
import type { SnapshotSearch } from "../snapshot-search.ts";
import { ActiveBackup } from "./active-backup.tsx";
import { isDamaged } from "../restore/damage.ts";
import { DamageCount } from "./damage-count.tsx";
import { GroupMenu } from "./group-menu.tsx";
import { ListHead } from "./list-head.tsx";
import { SnapshotRow } from "./snapshot-row.tsx";
import { monthOf } from "./weekday.ts";
import styles from "./group.module.css";

/** Drawn at first; groups with more are rare, and their old snapshots are looked for rarely. */
const SHOWN_STEP = 300;

export interface GroupTimelineProps {
  readonly datastore: string;
  readonly group: GroupRef;
  readonly openSnapshot: string | undefined;
  readonly tab: SnapshotSearch["tab"];
}

export function GroupTimeline({ datastore, group, openSnapshot, tab }: GroupTimelineProps) {
  const { client } = useNeeds();
  const place = { datastore, ...group };
  const groupText = formatGroupRef(group);
  const { data, error, refetch } = useQuery(groupSnapshotsQuery(client, place));
  const { data: groups } = useQuery(groupsQuery(client, datastore, group.namespace));
  const { data: plan } = useQuery(prunePlanQuery(client, { datastore, group: groupText }));
  // Every index of the datastore is read for it: only when somebody asks.
  const space = useQuery({ ...groupSpaceQuery(client, datastore, groupText), enabled: false });
  const row = groups?.find((one) => one.group === groupText);
  return (
    <section className={styles["card"]} aria-label={t("snapshots.group.timeline", { group: groupText })}>
      <ListHead
        datastore={datastore}
        namespace={group.namespace}
        group={group}
        words={[
          data === undefined ? "" : t("common.count.snapshot", { count: data.length }),
          spaceWords(space.data),
        ]
          .filter((words) => words !== "")
          .join(" · ")}
        sign={<DamageCount count={data?.filter(isDamaged).length} />}
        actions={
          <GroupMenu
            datastore={datastore}
            group={group}
            row={row}
            isMeasuring={space.isFetching}
            onMeasure={() => void space.refetch()}
          />
        }
      />
      {space.error !== null && <ErrorCard error={space.error} onRetry={() => void space.refetch()} />}
      {row?.notes !== undefined && row.notes !== "" && <p className={styles["notes"]}>{row.notes}</p>}
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      <ActiveBackup datastore={datastore} group={groupText} />
      {data?.length === 0 && (
        <EmptyState command={`ironcore-backup snapshot list --datastore ${datastore}`}>
          {t("snapshots.group.gone")}
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <SnapshotRows
          key={groupText}
          datastore={datastore}
          snapshots={data}
          plan={plan}
          space={space.data}
          openSnapshot={openSnapshot}
          tab={tab}
        />
      )}
    </section>
  );
}

function SnapshotRows({
  datastore,
  snapshots,
  plan,
  space,
  openSnapshot,
  tab,
}: {
  readonly datastore: string;
  readonly snapshots: readonly Snapshot[];
  readonly plan: PrunePlan | undefined;
  readonly space: GroupSpace | undefined;
  readonly openSnapshot: string | undefined;
  readonly tab: SnapshotSearch["tab"];
}) {
  const openAt = snapshots.findIndex(({ snapshot }) => snapshot === openSnapshot);
  const [shownCount, setShownCount] = useState(Math.max(SHOWN_STEP, openAt + 1));
  const walk = useRowWalk<HTMLDivElement>(openSnapshot);
  const decisions = useMemo(() => decisionsOf(plan), [plan]);
  const ownBytes = useMemo(
    () => new Map(space?.snapshots.map((one) => [one.snapshot, one.ownBytes])),
    [space],
  );
  const months = monthsOf(snapshots.slice(0, shownCount));
  const hiddenCount = snapshots.length - shownCount;
  return (
    <div className={styles["scroller"]} ref={walk.ref} onKeyDown={walk.onKeyDown}>
      {months.map(([month, inMonth]) => (
        <section key={month} aria-label={month}>
          <h3 className={styles["month"]}>{month}</h3>
          <ul>
            {inMonth.map((snapshot) => {
              const decision = decisions.get(snapshot.snapshot);
              return (
                <li key={snapshot.snapshot}>
                  <SnapshotRow
                    datastore={datastore}
                    snapshot={snapshot}
                    decision={decision}
                    ownBytes={ownBytes.get(snapshot.snapshot)}
                    retention={plan?.retentions[decision?.retentionIndex ?? -1]?.retention}
                    isOpen={snapshot.snapshot === openSnapshot}
                    tab={tab}
                  />
                </li>
              );
            })}
          </ul>
        </section>
      ))}
      {hiddenCount > 0 && (
        <p className={styles["more"]}>
          <Button variant="default" onClick={() => setShownCount(shownCount + SHOWN_STEP)}>
            {t("snapshots.group.older", { count: hiddenCount })}
          </Button>
        </p>
      )}
    </div>
  );
}

function spaceWords(space: GroupSpace | undefined): string {
  if (space === undefined) return "";
  if (space.ownBytes === undefined)
    return t("snapshots.group.ownUnknown", { why: space.unknownBecause ?? "" }).trimEnd();
  return t("snapshots.group.own", { size: formatSize(space.ownBytes) });
}

function decisionsOf(plan: PrunePlan | undefined): ReadonlyMap<string, PlannedSnapshot> {
  return new Map(
    plan?.groups.flatMap(({ snapshots }) => snapshots).map((planned) => [planned.snapshot, planned]),
  );
}

/** In the reader's zone, as the times beside them. */
function monthsOf(snapshots: readonly Snapshot[]): [string, Snapshot[]][] {
  const months = new Map<string, Snapshot[]>();
  for (const snapshot of snapshots) {
    const month = monthOf(snapshot.backupTime * 1000);
    const inMonth = months.get(month);
    if (inMonth === undefined) months.set(month, [snapshot]);
    else inMonth.push(snapshot);
  }
  return [...months];
}
