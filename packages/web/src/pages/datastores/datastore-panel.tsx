/** One datastore beside the list, under its own address: how full it is and will be, what is done for it, how it is set up. */

import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { Datastore } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { useDocumentTitle } from "../../parts/page-head.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { datastoresQuery } from "../../session/query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { CarePart } from "./care-part.tsx";
import { DatastoreStatusMark } from "./datastore-status.tsx";
import { SettingsPart } from "./settings-part.tsx";
import { SpacePart } from "./space-part.tsx";
import styles from "./datastores.module.css";

export function DatastorePanel() {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { datastore: name = "" } = useParams({ strict: false });
  const { data, error, refetch } = useQuery(datastoresQuery(client));
  const datastore = data?.find((one) => one.name === name);
  const close = (): void => void navigate({ to: "/datastores" });
  useDocumentTitle(name);
  useKeys([{ keys: "Escape", does: "Close the datastore", run: close }]);
  if (datastore === undefined) {
    return (
      <section className={styles["panel"]} aria-label="Datastore">
        <div className={styles["missing"]}>
          {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
          {error === null && (
            <p role="status">{data === undefined ? `Opening ${name} …` : `There is no datastore ${name}`}</p>
          )}
          {data !== undefined && <Link to="/datastores">All datastores</Link>}
        </div>
      </section>
    );
  }
  return (
    <section className={styles["panel"]} aria-label={`Datastore ${name}`}>
      <Head datastore={datastore} onClose={close} />
      <SpacePart key={`space ${name}`} datastore={datastore} />
      <CarePart key={`care ${name}`} datastore={datastore} />
      <SettingsPart key={`settings ${name}`} datastore={datastore} />
    </section>
  );
}

function Head({ datastore, onClose }: { readonly datastore: Datastore; readonly onClose: () => void }) {
  const { name, path, status, statusReason, comment } = datastore;
  return (
    <header className={styles["head"]}>
      <div className={styles["headLine"]}>
        <h2 className={styles["title"]}>{name}</h2>
        <DatastoreStatusMark {...datastore} />
        <span className={styles["spring"]} />
        <Link to="/snapshots/$datastore" params={{ datastore: name }}>
          Its snapshots
        </Link>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the datastore" onClick={onClose}>
          <Icon name="close" />
        </ActionIcon>
      </div>
      {path !== "" && <code className={styles["path"]}>{path}</code>}
      {comment !== undefined && <p className="quiet">{comment}</p>}
      {status !== "online" && statusReason !== undefined && (
        <p className={styles["reason"]} data-status={status}>
          {statusReason}
        </p>
      )}
    </header>
  );
}
