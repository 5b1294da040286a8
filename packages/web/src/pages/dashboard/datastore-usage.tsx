/** How full each datastore's disk is, and how much is kept there. */

import { useQuery } from "@tanstack/react-query";
import { formatSize } from "@ironcore-backup/base";
import type { Datastore } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { formatFill, formatFillRange } from "../datastores/fill-text.ts";
import { useNeeds } from "../../session/needs.tsx";
import { datastoresQuery } from "../../session/query.ts";
import row from "../../parts/row.module.css";
import styles from "./dashboard.module.css";

const NEARLY_FULL_SHARE = 0.9;

export function DatastoreUsage() {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(datastoresQuery(client));
  return (
    <Panel title="Datastore usage" flush>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState command="ironcore-backup datastore create main --path /srv/backups">
          No datastore is here yet. Create one on a disk with room:
        </EmptyState>
      )}
      <ul>
        {data?.map((datastore) => (
          <Usage key={datastore.name} datastore={datastore} />
        ))}
      </ul>
    </Panel>
  );
}

function Usage({ datastore }: { readonly datastore: Datastore }) {
  const { name, path, status, statusReason, snapshotCount, groupCount } = datastore;
  return (
    <li className={row["row"]}>
      <div className={row["head"]}>
        <Icon name="datastore" />
        <strong>{name}</strong>
        {status === "offline" && (
          <Mark tone="failed" icon="failed" word="offline" rule={statusReason ?? ""} />
        )}
        {(status === "maintenance" || status === "read-only") && (
          <Mark tone="warning" icon="warning" word={status} rule={statusReason ?? ""} />
        )}
        <span className={row["time"]}>
          {snapshotCount !== undefined && countOf(snapshotCount, "snapshot")}
          {groupCount !== undefined && ` in ${countOf(groupCount, "group")}`}
        </span>
      </div>
      <DiskShare datastore={datastore} />
      <Outlook datastore={datastore} />
      {statusReason !== undefined && <p>{statusReason}</p>}
      <code className={`${styles["path"]} quiet`}>{path}</code>
    </li>
  );
}

/** When it will be full, and how much more is kept than stored: as last measured. */
function Outlook({ datastore: { fill, deduplicationRatio } }: { readonly datastore: Datastore }) {
  if (fill === undefined && deduplicationRatio === undefined) return null;
  return (
    <div className={styles["diskWords"]}>
      <span title={fill?.reason}>
        {fill !== undefined && `Full: ${formatFill(fill)}`}
        {fill !== undefined && formatFillRange(fill) !== undefined && ` (${formatFillRange(fill) ?? ""})`}
      </span>
      <span>{deduplicationRatio !== undefined && `deduplication ${deduplicationRatio.toFixed(1)} : 1`}</span>
    </div>
  );
}

function DiskShare({
  datastore: { name, totalBytes, usedBytes, freeBytes },
}: {
  readonly datastore: Datastore;
}) {
  if (totalBytes === undefined || usedBytes === undefined || totalBytes === 0) return null;
  const share = Math.min(1, usedBytes / totalBytes);
  const percent = Math.round(share * 100);
  const isNearlyFull = share >= NEARLY_FULL_SHARE;
  return (
    <>
      <div
        className={styles["disk"]}
        data-full={isNearlyFull}
        role="meter"
        aria-label={`Disk of ${name}, used`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      <div className={styles["diskWords"]}>
        <span>
          {formatSize(usedBytes)} of {formatSize(totalBytes)} used on its disk ({percent} %)
        </span>
        <span className={isNearlyFull ? (styles["concern"] ?? "") : ""}>
          {freeBytes !== undefined && `${formatSize(freeBytes)} free`}
        </span>
      </div>
    </>
  );
}
