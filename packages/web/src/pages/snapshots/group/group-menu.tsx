/** What can be done with a whole group. */

import { useState } from "react";
import { ActionIcon, Menu, Textarea, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { formatGroupRef } from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import type { ForgottenGroup, Group } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { FormDialog } from "../../../parts/form-dialog.tsx";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import { Rich } from "../../../parts/rich.tsx";

interface GroupMenuProps {
  readonly datastore: string;
  readonly group: GroupRef;
  /** Absent while it is not known. */
  readonly row: Group | undefined;
}

interface MeasureProps {
  readonly isMeasuring: boolean;
  /** To find out how much only this group uses. */
  readonly onMeasure: () => void;
}

interface DialogProps extends GroupMenuProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function GroupMenu({ isMeasuring, onMeasure, ...props }: GroupMenuProps & MeasureProps) {
  const { datastore, group } = props;
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"notes" | "owner" | "forget">();
  const place = { datastore, namespace: group.namespace };
  const mayChange = useMay("snapshot.change", place);
  const mayManage = useMay("namespace.manage", place);
  const mayForget = useMay("snapshot.forget", place);
  const close = (): void => setDialog(undefined);
  const simulate = (): void =>
    void navigate({ to: "/prune-simulator", search: { datastore, group: formatGroupRef(group) } });
  return (
    <>
      <Menu position="bottom-end" withinPortal shadow="md">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("snapshots.group.actions")}
            loading={isMeasuring}
          >
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="prune" size={14} />} onClick={simulate}>
            {t("snapshots.group.simulate")}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="datastore" size={14} />} onClick={onMeasure}>
            {t("snapshots.group.measure")}
          </Menu.Item>
          {mayChange && (
            <Menu.Item leftSection={<Icon name="pencil" size={14} />} onClick={() => setDialog("notes")}>
              {t("snapshots.group.notes")}
            </Menu.Item>
          )}
          {mayManage && (
            <Menu.Item leftSection={<Icon name="user" size={14} />} onClick={() => setDialog("owner")}>
              {t("snapshots.group.changeOwner")}
            </Menu.Item>
          )}
          {mayForget && (
            <Menu.Item
              color="red"
              leftSection={<Icon name="trash" size={14} />}
              onClick={() => setDialog("forget")}
            >
              {t("snapshots.group.forget")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <NotesDialog {...props} isOpen={dialog === "notes"} onClose={close} />
      <OwnerDialog {...props} isOpen={dialog === "owner"} onClose={close} />
      <ForgetDialog {...props} isOpen={dialog === "forget"} onClose={close} />
    </>
  );
}

const NOTES_LENGTH_MAX = 65_536;

function NotesDialog({ datastore, group, row, isOpen, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [edited, setEdited] = useState<string>();
  const end = (): void => {
    setEdited(undefined);
    onClose();
  };
  const save = useDatastoreChange({
    datastore,
    run: (notes: string) =>
      client.call("updateGroup", { params: { datastore, group: formatGroupRef(group) }, body: { notes } }),
    failed: t("snapshots.notes.failed"),
    onDone: end,
  });
  const notes = edited ?? row?.notes ?? "";
  return (
    <FormDialog
      title={t("snapshots.notes.groupTitle", { group: formatGroupRef(group) })}
      isOpen={isOpen}
      onClose={end}
      submit={t("common.save")}
      isBusy={save.isPending}
      onSubmit={() => save.mutate(notes)}
    >
      <Textarea
        label={t("snapshots.notes.label")}
        description={t("snapshots.notes.groupRule")}
        autosize
        minRows={4}
        maxRows={16}
        maxLength={NOTES_LENGTH_MAX}
        value={notes}
        onChange={(event) => setEdited(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function OwnerDialog({ datastore, group, row, isOpen, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [edited, setEdited] = useState<string>();
  const end = (): void => {
    setEdited(undefined);
    onClose();
  };
  const change = useDatastoreChange({
    datastore,
    run: (owner: string) =>
      client.call("changeGroupOwner", {
        params: { datastore, group: formatGroupRef(group) },
        body: { owner },
      }),
    failed: t("snapshots.group.ownerFailed"),
    onDone: end,
  });
  const owner = (edited ?? row?.owner ?? "").trim();
  return (
    <FormDialog
      title={t("snapshots.group.ownerTitle", { group: formatGroupRef(group) })}
      isOpen={isOpen}
      onClose={end}
      submit={t("snapshots.group.changeOwner")}
      isBusy={change.isPending}
      isReady={owner !== "" && owner !== row?.owner}
      onSubmit={() => change.mutate(owner)}
    >
      <TextInput
        label={t("snapshots.group.owner")}
        description={t("snapshots.group.ownerRule")}
        value={edited ?? row?.owner ?? ""}
        onChange={(event) => setEdited(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function ForgetDialog({ datastore, group, row, isOpen, onClose }: DialogProps) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const text = formatGroupRef(group);
  const forget = useDatastoreChange({
    datastore,
    run: () => client.call("forgetGroup", { params: { datastore, group: text } }),
    failed: t("snapshots.group.notForgotten"),
    done: formatForgotten,
    onDone: async ({ removed }) => {
      onClose();
      const search = group.namespace === "" ? {} : { namespace: group.namespace };
      if (removed) await navigate({ to: "/snapshots/$datastore", params: { datastore }, search });
    },
  });
  return (
    <FormDialog
      title={t("snapshots.group.forgetTitle")}
      isOpen={isOpen}
      onClose={onClose}
      submit={t("snapshots.group.forgetSubmit")}
      isBusy={forget.isPending}
      isDangerous
      onSubmit={() => forget.mutate()}
    >
      <p>
        <Rich
          text={row === undefined ? "snapshots.group.hasUnknown" : "snapshots.group.has"}
          values={{ group: text, snapshots: t("common.count.snapshot", { count: row?.snapshotCount ?? 0 }) }}
          elements={{ strong: <strong /> }}
        />
      </p>
      <p className="quiet">{t("snapshots.group.protectedStay")}</p>
      <CommandLine command={`ironcore-backup group forget ${datastore}:${text}`} />
    </FormDialog>
  );
}

function formatForgotten({ removedCount, protectedCount, inUseCount }: ForgottenGroup): string {
  const values = {
    snapshots: t("common.count.snapshot", { count: removedCount }),
    protected: protectedCount,
    inUse: inUseCount,
  };
  if (protectedCount > 0 && inUseCount > 0) return t("snapshots.group.forgottenBoth", values);
  if (protectedCount > 0) return t("snapshots.group.forgottenProtected", values);
  return inUseCount > 0
    ? t("snapshots.group.forgottenInUse", values)
    : t("snapshots.group.forgotten", values);
}
