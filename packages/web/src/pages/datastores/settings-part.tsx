/** How the datastore is set up, and the dialogs that change it. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { formatSize } from "@ironcore-backup/base";
import type { Datastore, DatastoreProbe } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { When } from "../../parts/instant.tsx";
import { formatRetention } from "../../parts/retention-text.ts";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { ModeDialog } from "./mode-dialog.tsx";
import { RetentionDialog } from "./retention-dialog.tsx";
import { SettingsDialog } from "./settings-dialog.tsx";
import styles from "./datastores.module.css";

type DialogName = "settings" | "mode" | "retention";
/** The server's own, where nothing is set. */
const FREE_PERCENT_DEFAULT = 10;

export function SettingsPart({ datastore }: { readonly datastore: Datastore }) {
  const mayChange = useMay("datastore.change", { datastore: datastore.name });
  const [open, setOpen] = useState<DialogName>();
  const close = (): void => setOpen(undefined);
  const button = (name: DialogName, word: string) => (
    <Button variant="default" size="xs" onClick={() => setOpen(name)}>
      {word}
    </Button>
  );
  return (
    <section className={styles["part"]} aria-label="Settings">
      <div className={styles["partHead"]}>
        <h3>Settings</h3>
        {mayChange && (
          <div className={styles["buttons"]}>
            {button("retention", "Retention")}
            {button("mode", "Mode")}
            {button("settings", "Limits")}
          </div>
        )}
      </div>
      <Facts datastore={datastore} />
      {mayChange && <Probe datastore={datastore.name} />}
      {open === "settings" && <SettingsDialog datastore={datastore} onClose={close} />}
      {open === "mode" && <ModeDialog datastore={datastore} onClose={close} />}
      {open === "retention" && <RetentionDialog datastore={datastore} onClose={close} />}
    </section>
  );
}

function Facts({ datastore }: { readonly datastore: Datastore }) {
  const { retention, bandwidthLimitBytesPerSecond: limit, runningTaskCountMax, createdAt } = datastore;
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    [
      "Keeps",
      retention === undefined ? "everything, where no namespace says otherwise" : formatRetention(retention),
    ],
    ["Mode", datastore.mode ?? "normal"],
    ["Bandwidth", limit === undefined ? "not limited" : `at most ${formatSize(limit)} a second`],
    [
      "Tasks at once",
      runningTaskCountMax === undefined ? "as many as there are slots" : String(runningTaskCountMax),
    ],
    ["Free space is low", `below ${datastore.freePercentMin ?? FREE_PERCENT_DEFAULT} % of the disk`],
    ["Tells of itself", datastore.notificationGroup ?? "the inbox alone"],
    ["Created", <When key="created" at={createdAt} />],
  ];
  return (
    <dl className={styles["facts"]}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Looks at the store right now: path, identity, directories, a write, the space. */
function Probe({ datastore }: { readonly datastore: string }) {
  const { client } = useNeeds();
  const [found, setFound] = useState<DatastoreProbe>();
  const probe = useDatastoreChange<void, DatastoreProbe>({
    datastore,
    run: () => client.call("probeDatastore", { params: { datastore } }),
    failed: "The datastore was not probed",
    onDone: setFound,
  });
  return (
    <div className={styles["probe"]}>
      <Button
        variant="default"
        size="xs"
        loading={probe.isPending}
        title="Looks at path, identity, directories, a write and the free space, now"
        onClick={() => probe.mutate()}
      >
        Probe now
      </Button>
      {found !== undefined && (
        <ul className={styles["checks"]} role="status">
          {found.checks.map(({ name, outcome, detail }) => (
            <li key={name} className={styles["check"]} data-outcome={outcome}>
              <Icon name={outcome === "ok" ? "ok" : outcome === "failed" ? "failed" : "minus"} />
              <span>
                <b>{name}</b> {outcome === "ok" ? detail : `${outcome}: ${detail}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
