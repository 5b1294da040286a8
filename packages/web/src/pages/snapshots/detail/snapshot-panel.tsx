/** One snapshot beside its group, under its own address: what it is, what is in it, whether it can be trusted, what people say. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { toCodedError } from "@ironcore-backup/base";
import type { SnapshotShow } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { useDocumentTitle } from "../../../parts/page-head.tsx";
import { useNeeds } from "../../../session/needs.tsx";
import { snapshotQuery } from "../../../session/datastore-query.ts";
import { useKeys } from "../../../shell/keys.tsx";
import { t } from "../../../texts/texts.ts";
import { ChangesTab } from "../changes/changes-tab.tsx";
import { ContentsTab } from "../contents/contents-tab.tsx";
import { SNAPSHOT_TABS } from "../snapshot-search.ts";
import type { SnapshotTab } from "../snapshot-search.ts";
import { useSnapshotAddress } from "../use-snapshot-address.ts";
import type { SnapshotAddress } from "../use-snapshot-address.ts";
import { VerificationTab } from "../verification/verification-tab.tsx";
import { DamageBanner } from "../restore/damage-banner.tsx";
import { RestoreDialog } from "../restore/restore-dialog.tsx";
import type { RestoreWish } from "../restore/restore-dialog.tsx";
import { RestoreWatch } from "../restore/restore-watch.tsx";
import { StatisticsTab } from "../statistics/statistics-tab.tsx";
import { NotesTab } from "./notes-tab.tsx";
import { SnapshotHead } from "./snapshot-head.tsx";
import styles from "./detail.module.css";

export function SnapshotPanel() {
  const address = useSnapshotAddress();
  const { datastore, snapshot } = address;
  if (datastore === undefined || snapshot === undefined) return null;
  return <OpenSnapshot datastore={datastore} snapshot={snapshot} address={address} />;
}

function OpenSnapshot({
  datastore,
  snapshot,
  address,
}: {
  readonly datastore: string;
  readonly snapshot: string;
  readonly address: SnapshotAddress;
}) {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(snapshotQuery(client, { datastore, snapshot }));
  const tab = address.search.tab ?? "contents";
  const restore = useRestoreState(snapshot);
  useDocumentTitle(`${datastore}:${snapshot}`);
  useKeys([{ keys: "Escape", does: t("snapshots.head.close"), run: address.close }]);
  if (data === undefined) {
    return (
      <section className={styles["panel"]} aria-label={t("snapshots.head.snapshot")}>
        {error === null ? (
          <p className={styles["opening"]} role="status">
            {t("snapshots.head.opening", { snapshot })}
          </p>
        ) : (
          <NoSnapshot error={error} onRetry={() => void refetch()} onClose={address.close} />
        )}
      </section>
    );
  }
  return (
    <section className={styles["panel"]} aria-label={t("snapshots.head.named", { snapshot })}>
      <SnapshotHead
        datastore={datastore}
        snapshot={data.snapshot}
        onRestore={() => restore.open({ picked: [] })}
        onClose={address.close}
      />
      <RestoreWatch datastore={datastore} snapshot={data.snapshot} started={restore.started} />
      <DamageBanner datastore={datastore} snapshot={data.snapshot} />
      <Tabs address={address} tab={tab} show={data} />
      <div className={styles["tabBody"]} data-tab={tab}>
        <TabBody
          key={snapshot}
          tab={tab}
          show={data}
          address={address}
          datastore={datastore}
          onRestore={restore.open}
        />
      </div>
      {restore.wish !== undefined && (
        <RestoreDialog
          datastore={datastore}
          snapshot={data.snapshot}
          wish={restore.wish}
          onStarted={restore.follow}
          onClose={restore.close}
        />
      )}
    </section>
  );
}

/** What is asked and followed about one snapshot is no other's. */
function useRestoreState(snapshot: string) {
  const [state, setState] = useState<{
    readonly snapshot: string;
    readonly wish?: RestoreWish | undefined;
    readonly started?: string | undefined;
  }>();
  const here = state?.snapshot === snapshot ? state : undefined;
  return {
    wish: here?.wish,
    started: here?.started,
    open: (wish: RestoreWish) => setState({ snapshot, wish, started: here?.started }),
    close: () => setState({ snapshot, started: here?.started }),
    follow: (started: string) => setState({ snapshot, started }),
  };
}

const TAB_WORDS = {
  contents: "snapshots.tab.contents",
  changes: "snapshots.tab.changes",
  statistics: "snapshots.tab.statistics",
  verification: "snapshots.tab.verification",
  notes: "snapshots.tab.notes",
} as const satisfies Record<SnapshotTab, string>;

/** Each tab is an address, so they are links. */
function Tabs({
  address,
  tab,
  show,
}: {
  readonly address: SnapshotAddress;
  readonly tab: SnapshotTab;
  readonly show: SnapshotShow;
}) {
  const { datastore = "", snapshot = "" } = address;
  return (
    <nav className={styles["tabs"]} aria-label={t("snapshots.head.parts")}>
      {SNAPSHOT_TABS.map((one) => (
        <Link
          key={one}
          to="/snapshots/$datastore/$"
          params={{ datastore, _splat: snapshot }}
          search={one === "contents" ? {} : { tab: one }}
          className={styles["tab"]}
          data-chosen={one === tab}
          aria-current={one === tab ? "page" : undefined}
          activeOptions={{ exact: true }}
        >
          {t(TAB_WORDS[one])}
          {one === "notes" && (show.snapshot.notes ?? "") !== "" && (
            <>
              <span className={styles["dot"]} aria-hidden="true" />
              <span className="hidden-visually">{t("snapshots.head.some")}</span>
            </>
          )}
        </Link>
      ))}
    </nav>
  );
}

function TabBody({
  tab,
  show,
  address,
  datastore,
  onRestore,
}: {
  readonly tab: SnapshotTab;
  readonly show: SnapshotShow;
  readonly address: SnapshotAddress;
  readonly datastore: string;
  readonly onRestore: (wish: RestoreWish) => void;
}) {
  switch (tab) {
    case "contents":
      return (
        <ContentsTab datastore={datastore} snapshot={show.snapshot} address={address} onRestore={onRestore} />
      );
    case "changes":
      return <ChangesTab datastore={datastore} snapshot={show.snapshot} />;
    case "statistics":
      return <StatisticsTab datastore={datastore} snapshot={show.snapshot} />;
    case "verification":
      return <VerificationTab datastore={datastore} show={show} />;
    case "notes":
      return <NotesTab datastore={datastore} snapshot={show.snapshot} />;
  }
}

/** Somebody else's snapshot and none at all read the same. */
function NoSnapshot({
  error,
  onRetry,
  onClose,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly onClose: () => void;
}) {
  const isGone = toCodedError(error).code === "SNAPSHOT_MISSING";
  return (
    <div className={styles["missing"]}>
      <ErrorCard error={error} onRetry={isGone ? undefined : onRetry} />
      <div>
        <Button variant="default" onClick={onClose}>
          {t("snapshots.head.showGroup")}
        </Button>
      </div>
    </div>
  );
}
