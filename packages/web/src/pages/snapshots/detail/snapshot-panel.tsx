/** One snapshot beside its group, under its own address: what it is, what is in it, whether it can be trusted, what people say. */

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
import { ChangesTab } from "../changes/changes-tab.tsx";
import { ContentsTab } from "../contents/contents-tab.tsx";
import { SNAPSHOT_TABS } from "../snapshot-search.ts";
import type { SnapshotTab } from "../snapshot-search.ts";
import { useSnapshotAddress } from "../use-snapshot-address.ts";
import type { SnapshotAddress } from "../use-snapshot-address.ts";
import { VerificationTab } from "../verification/verification-tab.tsx";
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
  useDocumentTitle(`${datastore}:${snapshot}`);
  useKeys([{ keys: "Escape", does: "Close the snapshot", run: address.close }]);
  if (data === undefined) {
    return (
      <section className={styles["panel"]} aria-label="Snapshot">
        {error === null ? (
          <p className={styles["opening"]} role="status">
            Opening {snapshot} …
          </p>
        ) : (
          <NoSnapshot error={error} onRetry={() => void refetch()} onClose={address.close} />
        )}
      </section>
    );
  }
  return (
    <section className={styles["panel"]} aria-label={`Snapshot ${snapshot}`}>
      <SnapshotHead datastore={datastore} snapshot={data.snapshot} onClose={address.close} />
      <Tabs address={address} tab={tab} show={data} />
      <div className={styles["tabBody"]} data-tab={tab}>
        <TabBody key={snapshot} tab={tab} show={data} address={address} datastore={datastore} />
      </div>
    </section>
  );
}

const TAB_WORDS: Readonly<Record<SnapshotTab, string>> = {
  contents: "Contents",
  changes: "Changes",
  verification: "Verification",
  notes: "Notes",
};

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
    <nav className={styles["tabs"]} aria-label="Parts of the snapshot">
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
          {TAB_WORDS[one]}
          {one === "notes" && (show.snapshot.notes ?? "") !== "" && (
            <>
              <span className={styles["dot"]} aria-hidden="true" />
              <span className="hidden-visually">(there are some)</span>
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
}: {
  readonly tab: SnapshotTab;
  readonly show: SnapshotShow;
  readonly address: SnapshotAddress;
  readonly datastore: string;
}) {
  switch (tab) {
    case "contents":
      return <ContentsTab datastore={datastore} snapshot={show.snapshot} address={address} />;
    case "changes":
      return <ChangesTab datastore={datastore} snapshot={show.snapshot} />;
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
          Show the group
        </Button>
      </div>
    </div>
  );
}
