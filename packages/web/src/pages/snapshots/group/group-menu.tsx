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
import { countOf } from "../../../parts/stage-text.ts";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";

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
          <ActionIcon variant="subtle" color="gray" aria-label="Actions of the group" loading={isMeasuring}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="prune" size={14} />} onClick={simulate}>
            Simulate a prune
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="datastore" size={14} />} onClick={onMeasure}>
            Measure what only it uses
          </Menu.Item>
          {mayChange && (
            <Menu.Item leftSection={<Icon name="pencil" size={14} />} onClick={() => setDialog("notes")}>
              Notes of the group
            </Menu.Item>
          )}
          {mayManage && (
            <Menu.Item leftSection={<Icon name="user" size={14} />} onClick={() => setDialog("owner")}>
              Change owner
            </Menu.Item>
          )}
          {mayForget && (
            <Menu.Item
              color="red"
              leftSection={<Icon name="trash" size={14} />}
              onClick={() => setDialog("forget")}
            >
              Forget the group
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
    failed: "The notes were not saved",
    onDone: end,
  });
  const notes = edited ?? row?.notes ?? "";
  return (
    <FormDialog
      title={`Notes of ${formatGroupRef(group)}`}
      isOpen={isOpen}
      onClose={end}
      submit="Save"
      isBusy={save.isPending}
      onSubmit={() => save.mutate(notes)}
    >
      <Textarea
        label="Notes"
        description="For people: what this is, who to ask, what to mind at a restore"
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
    failed: "The owner was not changed",
    onDone: end,
  });
  const owner = (edited ?? row?.owner ?? "").trim();
  return (
    <FormDialog
      title={`Owner of ${formatGroupRef(group)}`}
      isOpen={isOpen}
      onClose={end}
      submit="Change owner"
      isBusy={change.isPending}
      isReady={owner !== "" && owner !== row?.owner}
      onSubmit={() => change.mutate(owner)}
    >
      <TextInput
        label="Owner"
        description="Only the owner's backups may add to this group: user@realm, or a token of theirs"
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
    failed: "The group was not forgotten",
    done: formatForgotten,
    onDone: async ({ removed }) => {
      onClose();
      const search = group.namespace === "" ? {} : { namespace: group.namespace };
      if (removed) await navigate({ to: "/snapshots/$datastore", params: { datastore }, search });
    },
  });
  return (
    <FormDialog
      title="Forget this group?"
      isOpen={isOpen}
      onClose={onClose}
      submit="Forget all its snapshots"
      isBusy={forget.isPending}
      isDangerous
      onSubmit={() => forget.mutate()}
    >
      <p>
        <strong>{text}</strong>
        {row !== undefined && ` has ${countOf(row.snapshotCount, "snapshot")}.`} They cannot be restored
        afterwards, and there is no way back.
      </p>
      <p className="quiet">
        Protected snapshots stay, and the group with them. The space becomes free with a later garbage
        collection.
      </p>
      <CommandLine command={`ironcore-backup group forget ${datastore}:${text}`} />
    </FormDialog>
  );
}

function formatForgotten({ removedCount, protectedCount, inUseCount }: ForgottenGroup): string {
  const stay = [
    ...(protectedCount > 0 ? [`${protectedCount} protected`] : []),
    ...(inUseCount > 0 ? [`${inUseCount} in use`] : []),
  ];
  const stayed = stay.length === 0 ? "" : `; ${stay.join(" and ")} stayed`;
  return `${countOf(removedCount, "snapshot")} forgotten${stayed}`;
}
