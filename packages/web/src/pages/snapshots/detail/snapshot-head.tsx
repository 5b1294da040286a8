/** The snapshot in one look, and what can be done with it. */

import { useState } from "react";
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { formatGroupRef, formatSize, parseSnapshotRef } from "@ironcore-backup/base";
import type { Snapshot } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { FormDialog } from "../../../parts/form-dialog.tsx";
import { Ago } from "../../../parts/instant.tsx";
import { formatAbsolute, formatAbsoluteWithZone } from "../../../parts/instant-text.ts";
import { Mark } from "../../../parts/mark.tsx";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { groupSpaceQuery } from "../../../session/datastore-query.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";
import { Rich } from "../../../parts/rich.tsx";
import { t } from "../../../texts/texts.ts";
import { useMayRestore } from "../restore/may-restore.ts";
import { snapshotMark } from "../group/snapshot-signs.ts";
import { weekdayOf } from "../group/weekday.ts";
import { VerifyNowButton } from "../verification/verify-now.tsx";
import styles from "./detail.module.css";

export interface SnapshotActionProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}

export function SnapshotHead({
  datastore,
  snapshot,
  onRestore,
  onClose,
}: SnapshotActionProps & { readonly onRestore: () => void; readonly onClose: () => void }) {
  const { type, id, backupTime, keyFingerprint } = snapshot;
  const at = backupTime * 1000;
  return (
    <header className={styles["head"]}>
      <div className={styles["headLine"]}>
        <Mark {...snapshotMark(snapshot)} />
        {snapshot.protected && (
          <Mark
            tone="queued"
            icon="shield"
            word={t("snapshots.head.protected")}
            rule={t("snapshots.head.protectedRule")}
          />
        )}
        {keyFingerprint !== undefined && (
          <Mark
            tone="queued"
            icon="lock"
            word={t("snapshots.head.encrypted")}
            rule={t("snapshots.head.keyRule", { key: keyFingerprint })}
          />
        )}
        <span className={styles["spring"]} />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t("snapshots.head.close")}
          title={t("snapshots.head.closeKey")}
          onClick={onClose}
        >
          <Icon name="close" size={15} />
        </ActionIcon>
      </div>
      <h2 className={styles["title"]}>
        {type}/{id}{" "}
        <span title={formatAbsoluteWithZone(at)}>
          {weekdayOf(at, "long")} {formatAbsolute(at)}
        </span>
      </h2>
      <Facts datastore={datastore} snapshot={snapshot} />
      <div className={styles["headLine"]}>
        <RestoreButton datastore={datastore} snapshot={snapshot} onRestore={onRestore} />
        <VerifyNowButton datastore={datastore} snapshot={snapshot} />
        <ProtectButton datastore={datastore} snapshot={snapshot} />
        <span className={styles["spring"]} />
        <SnapshotMenu datastore={datastore} snapshot={snapshot} />
      </div>
    </header>
  );
}

function Facts({ datastore, snapshot }: SnapshotActionProps) {
  const { client } = useNeeds();
  const group = formatGroupRef(parseSnapshotRef(snapshot.snapshot));
  // Shown when the group's menu was used to measure it.
  const { data: space } = useQuery({ ...groupSpaceQuery(client, datastore, group), enabled: false });
  const own = space?.snapshots.find((one) => one.snapshot === snapshot.snapshot);
  const { sizeBytes, owner, job, backupTime } = snapshot;
  return (
    <p className={styles["facts"]}>
      <span>
        <Rich text="snapshots.head.taken" elements={{ when: <Ago at={backupTime * 1000} /> }} />
      </span>
      {sizeBytes !== undefined && (
        <span title={t("snapshots.head.sizeRule")}>
          <b>{formatSize(sizeBytes)}</b>
        </span>
      )}
      {own !== undefined && (
        <span title={t("snapshots.head.ownRule")}>
          <Rich
            text="snapshots.head.own"
            values={{ size: formatSize(own.ownBytes) }}
            elements={{ b: <b /> }}
          />
        </span>
      )}
      {owner !== undefined && <span>{t("snapshots.head.owner", { owner })}</span>}
      {job !== undefined && <span>{t("snapshots.head.job", { job })}</span>}
    </p>
  );
}

function RestoreButton({
  datastore,
  snapshot,
  onRestore,
}: SnapshotActionProps & { readonly onRestore: () => void }) {
  const may = useMayRestore(datastore, snapshot.namespace);
  if (!may || !snapshot.finished) return null;
  return (
    <Button leftSection={<Icon name="restore" size={14} />} onClick={onRestore}>
      {t("snapshots.restore.button")}
    </Button>
  );
}

function ProtectButton({ datastore, snapshot }: SnapshotActionProps) {
  const { client } = useNeeds();
  const may = useMay("snapshot.change", { datastore, namespace: snapshot.namespace });
  const isProtected = snapshot.protected;
  const change = useDatastoreChange({
    datastore,
    run: () =>
      client.call("updateSnapshot", {
        params: { datastore, snapshot: snapshot.snapshot },
        body: { protected: !isProtected },
      }),
    failed: isProtected ? t("snapshots.head.notLifted") : t("snapshots.head.notProtected"),
  });
  if (!may || !snapshot.finished) return null;
  return (
    <Button
      variant="default"
      leftSection={<Icon name="shield" size={14} />}
      loading={change.isPending}
      title={isProtected ? t("snapshots.head.liftRule") : t("snapshots.head.protectRule")}
      onClick={() => change.mutate()}
    >
      {isProtected ? t("snapshots.head.lift") : t("snapshots.head.protect")}
    </Button>
  );
}

function SnapshotMenu({ datastore, snapshot }: SnapshotActionProps) {
  const [isForgetting, setForgetting] = useState(false);
  const may = useMay("snapshot.forget", { datastore, namespace: snapshot.namespace });
  if (!may) return null;
  return (
    <>
      <Menu position="bottom-end" withinPortal shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("snapshots.head.more")}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="red"
            disabled={snapshot.protected}
            leftSection={<Icon name="trash" size={14} />}
            onClick={() => setForgetting(true)}
          >
            {snapshot.protected ? t("snapshots.head.forgetLift") : t("snapshots.head.forget")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ForgetDialog
        datastore={datastore}
        snapshot={snapshot}
        isOpen={isForgetting}
        onClose={() => setForgetting(false)}
      />
    </>
  );
}

function ForgetDialog({
  datastore,
  snapshot,
  isOpen,
  onClose,
}: SnapshotActionProps & { readonly isOpen: boolean; readonly onClose: () => void }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const name = snapshot.snapshot;
  const forget = useDatastoreChange({
    datastore,
    run: () => client.call("forgetSnapshot", { params: { datastore, snapshot: name } }),
    failed: t("snapshots.head.notForgotten"),
    done: () => t("snapshots.head.forgotten"),
    onDone: () => {
      onClose();
      const group = formatGroupRef(parseSnapshotRef(name));
      return navigate({ to: "/snapshots/$datastore", params: { datastore }, search: { group } });
    },
  });
  return (
    <FormDialog
      title={t("snapshots.head.forgetTitle")}
      isOpen={isOpen}
      onClose={onClose}
      submit={t("snapshots.head.forgetSubmit")}
      isBusy={forget.isPending}
      isDangerous
      onSubmit={() => forget.mutate()}
    >
      <p style={{ overflowWrap: "anywhere" }}>
        <strong>
          {datastore}:{name}
        </strong>
      </p>
      <p>{t("snapshots.head.noWayBack")}</p>
      <p className="quiet">{t("snapshots.head.spaceLater")}</p>
      <CommandLine command={`ironcore-backup snapshot forget ${datastore}:${name}`} />
    </FormDialog>
  );
}
