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
import { snapshotMark } from "../group/snapshot-signs.ts";
import { VerifyNowButton } from "../verification/verify-now.tsx";
import styles from "./detail.module.css";

const weekdayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "long" });

export interface SnapshotActionProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}

export function SnapshotHead({
  datastore,
  snapshot,
  onClose,
}: SnapshotActionProps & { readonly onClose: () => void }) {
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
            word="protected"
            rule="Neither pruned nor forgotten while it is protected"
          />
        )}
        {keyFingerprint !== undefined && (
          <Mark tone="queued" icon="lock" word="encrypted" rule={`With the key ${keyFingerprint}`} />
        )}
        <span className={styles["spring"]} />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Close the snapshot"
          title="Close (Esc)"
          onClick={onClose}
        >
          <Icon name="close" size={15} />
        </ActionIcon>
      </div>
      <h2 className={styles["title"]}>
        {type}/{id}{" "}
        <span title={formatAbsoluteWithZone(at)}>
          {weekdayFormat.format(at)} {formatAbsolute(at)}
        </span>
      </h2>
      <Facts datastore={datastore} snapshot={snapshot} />
      <div className={styles["headLine"]}>
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
        taken <Ago at={backupTime * 1000} />
      </span>
      {sizeBytes !== undefined && (
        <span title="Sum of its archives, as they were on the source">
          <b>{formatSize(sizeBytes)}</b>
        </span>
      )}
      {own !== undefined && (
        <span title="As stored, in chunks that no other snapshot uses">
          <b>{formatSize(own.ownBytes)}</b> only in it
        </span>
      )}
      {owner !== undefined && <span>owner {owner}</span>}
      {job !== undefined && <span>by the job {job}</span>}
    </p>
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
    failed: isProtected ? "The protection was not lifted" : "The snapshot was not protected",
  });
  if (!may || !snapshot.finished) return null;
  return (
    <Button
      variant="default"
      leftSection={<Icon name="shield" size={14} />}
      loading={change.isPending}
      title={
        isProtected
          ? "Prune may take it again when the retention does not keep it"
          : "It is neither pruned nor forgotten while it is protected"
      }
      onClick={() => change.mutate()}
    >
      {isProtected ? "Lift protection" : "Protect"}
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
          <ActionIcon variant="subtle" color="gray" aria-label="More actions of the snapshot">
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
            Forget{snapshot.protected && " (lift its protection first)"}
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
    failed: "The snapshot was not forgotten",
    done: () => "The snapshot is forgotten",
    onDone: () => {
      onClose();
      const group = formatGroupRef(parseSnapshotRef(name));
      return navigate({ to: "/snapshots/$datastore", params: { datastore }, search: { group } });
    },
  });
  return (
    <FormDialog
      title="Forget this snapshot?"
      isOpen={isOpen}
      onClose={onClose}
      submit="Forget the snapshot"
      isBusy={forget.isPending}
      isDangerous
      onSubmit={() => forget.mutate()}
    >
      <p style={{ overflowWrap: "anywhere" }}>
        <strong>
          {datastore}:{name}
        </strong>
      </p>
      <p>It cannot be restored afterwards, and there is no way back. Other snapshots are not touched.</p>
      <p className="quiet">The space that only it uses becomes free with a later garbage collection.</p>
      <CommandLine command={`ironcore-backup snapshot forget ${datastore}:${name}`} />
    </FormDialog>
  );
}
