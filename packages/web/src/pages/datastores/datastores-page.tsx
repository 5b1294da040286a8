/** Every datastore: how it stands, how full it is and when it will be; beside the list the one that is looked at. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import type { Datastore } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { useRowWalk } from "../../parts/row-walk.ts";
import { countOf } from "../../parts/stage-text.ts";
import { useMay, useNeeds, useNow } from "../../session/needs.tsx";
import { datastoreQuery } from "../../session/datastore-query.ts";
import { datastoresQuery } from "../../session/query.ts";
import { CreateDialog } from "./create-dialog.tsx";
import { DatastoreStatusMark } from "./datastore-status.tsx";
import { DiskShare } from "./disk-share.tsx";
import { formatFill, formatFillRange, isFillNear } from "./fill-text.ts";
import styles from "./datastores.module.css";

const MINUTE_SECONDS = 60;

export function DatastoresPage() {
  const { client } = useNeeds();
  const { datastore: open } = useParams({ strict: false });
  const { data, error, refetch } = useQuery(datastoresQuery(client));
  const mayCreate = useMay("datastore.change");
  const [isCreating, setCreating] = useState(false);
  const walk = useRowWalk<HTMLUListElement>(open);
  return (
    <>
      <div className={styles["pageHead"]} data-open={open !== undefined}>
        <PageHead
          title="Datastores"
          aside={
            mayCreate && (
              <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
                New datastore
              </Button>
            )
          }
        />
      </div>
      <div className={styles["page"]} data-open={open !== undefined}>
        <section className={styles["list"]} aria-label="Datastores">
          {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
          {data?.length === 0 && (
            <EmptyState command="ironcore-backup datastore create main --path /srv/backups">
              No datastore is here yet. Create one on a disk with room:
            </EmptyState>
          )}
          <ul ref={walk.ref} onKeyDown={walk.onKeyDown}>
            {data?.map((datastore) => (
              <li key={datastore.name}>
                <Row datastore={datastore} isOpen={datastore.name === open} />
              </li>
            ))}
          </ul>
        </section>
        <Outlet />
      </div>
      <CreateDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </>
  );
}

const COUNTS_RULE =
  "As it was looked at last: a minute after something was done in it, else every ten minutes";

function Row({ datastore, isOpen }: { readonly datastore: Datastore; readonly isOpen: boolean }) {
  const { name, comment, path, logicalBytes = 0, deduplicationRatio } = datastore;
  const { client } = useNeeds();
  // The panel beside it counts; both must say the same.
  const { data: counted } = useQuery({ ...datastoreQuery(client, name), enabled: isOpen });
  const { snapshotCount, groupCount } = counted ?? datastore;
  return (
    <Link
      to="/datastores/$datastore"
      params={{ datastore: name }}
      className={styles["row"]}
      data-walk={name}
      aria-current={isOpen ? "true" : undefined}
      replace={isOpen}
    >
      <span className={styles["name"]}>
        <span className={styles["nameLine"]}>
          <strong>{name}</strong>
          <DatastoreStatusMark {...datastore} />
        </span>
        <span className={styles["comment"]}>{comment ?? path}</span>
      </span>
      <DiskShare datastore={datastore} />
      <span className={styles["counts"]} title={COUNTS_RULE}>
        <span>{snapshotCount !== undefined && countOf(snapshotCount, "snapshot")}</span>
        <span className="quiet">{groupCount !== undefined && countOf(groupCount, "group")}</span>
      </span>
      <span className={styles["ratio"]}>
        {deduplicationRatio !== undefined && logicalBytes > 0 && (
          <>
            <span>{deduplicationRatio.toFixed(1)}×</span>
            <span className="quiet">deduplicated</span>
          </>
        )}
      </span>
      <FillWords datastore={datastore} />
    </Link>
  );
}

function FillWords({ datastore: { fill } }: { readonly datastore: Datastore }) {
  const now = useNow(MINUTE_SECONDS);
  if (fill === undefined) return <span className={styles["fill"]} />;
  return (
    <span className={styles["fill"]} title={formatFillRange(fill) ?? fill.reason}>
      <span className={isFillNear(fill, now) ? (styles["concern"] ?? "") : ""}>{formatFill(fill)}</span>
      <span className="quiet">{fill.state === "filling" ? "projected full" : "projection"}</span>
    </span>
  );
}
