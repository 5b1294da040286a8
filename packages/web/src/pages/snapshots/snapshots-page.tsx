/**
 * Everything that can be restored, by place: datastores and namespaces at the left, what lies there in the middle, and beside
 * it the snapshot that is looked at, which has an address of its own.
 */

import { useEffect } from "react";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { datastoresQuery } from "../../session/query.ts";
import { t } from "../../texts/texts.ts";
import { GroupList } from "./group/group-list.tsx";
import { GroupTimeline } from "./group/group-timeline.tsx";
import { PlaceTree } from "./tree/place-tree.tsx";
import { useSnapshotAddress } from "./use-snapshot-address.ts";
import styles from "./snapshots-page.module.css";

export function SnapshotsPage() {
  const { client } = useNeeds();
  const address = useSnapshotAddress();
  const { data: datastores, error, refetch } = useQuery(datastoresQuery(client));
  useFirstDatastore(address.datastore, datastores?.[0]?.name);
  const { datastore, namespace, group, snapshot } = address;
  const isOpen = snapshot !== undefined;
  return (
    <div className={styles["page"]} data-open={isOpen}>
      <div className={styles["head"]}>
        <PageHead title={t("snapshots.page.title")} />
      </div>
      <div className={styles["tree"]}>
        {datastores !== undefined && datastores.length > 0 && (
          <PlaceTree datastores={datastores} address={address} />
        )}
      </div>
      <div className={styles["list"]}>
        {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
        {datastores?.length === 0 && (
          <div className={styles["card"]}>
            <EmptyState command="ironcore-backup datastore create main --path /srv/backups">
              {t("snapshots.page.noDatastore")}
            </EmptyState>
          </div>
        )}
        {datastore !== undefined &&
          (group === undefined ? (
            <GroupList datastore={datastore} namespace={namespace} />
          ) : (
            <GroupTimeline
              datastore={datastore}
              group={group}
              openSnapshot={snapshot}
              tab={address.search.tab}
            />
          ))}
      </div>
      {isOpen && <Outlet />}
    </div>
  );
}

/** Whoever comes without naming a datastore is shown the first one. */
function useFirstDatastore(datastore: string | undefined, first: string | undefined): void {
  const navigate = useNavigate();
  useEffect(() => {
    if (datastore !== undefined || first === undefined) return;
    void navigate({ to: "/snapshots/$datastore", params: { datastore: first }, replace: true });
  }, [datastore, first, navigate]);
}
