/** What can be done with a namespace: make one inside it, say how long its snapshots stay, take it away. */

import { useState } from "react";
import { ActionIcon, Menu, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { parseNamespace } from "@ironcore-backup/base";
import type { NamespaceRow, Retention } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { FormDialog } from "../../../parts/form-dialog.tsx";
import { RetentionFields } from "../../../parts/retention-fields.tsx";
import { formatOrigin, formatRetention, hasWindow } from "../../../parts/retention-text.ts";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { namespacesQuery } from "../../../session/datastore-query.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import { Rich } from "../../../parts/rich.tsx";

interface NamespacePlace {
  readonly datastore: string;
  readonly namespace: string;
}

interface DialogProps extends NamespacePlace {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function NamespaceMenu({
  datastore,
  namespace,
  isEmpty,
}: NamespacePlace & { readonly isEmpty: boolean }) {
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"create" | "retention" | "remove">();
  const mayManage = useMay("namespace.manage", { datastore, namespace });
  const close = (): void => setDialog(undefined);
  const place = { datastore, namespace };
  const simulate = (): void =>
    void navigate({
      to: "/prune-simulator",
      search: namespace === "" ? { datastore } : { datastore, namespace },
    });
  return (
    <>
      <Menu position="bottom-end" withinPortal shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("snapshots.namespace.actions")}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="prune" size={14} />} onClick={simulate}>
            {t("snapshots.group.simulate")}
          </Menu.Item>
          {mayManage && (
            <Menu.Item leftSection={<Icon name="plus" size={14} />} onClick={() => setDialog("create")}>
              {namespace === "" ? t("snapshots.namespace.new") : t("snapshots.namespace.inside")}
            </Menu.Item>
          )}
          {mayManage && namespace !== "" && (
            <>
              <Menu.Item leftSection={<Icon name="stale" size={14} />} onClick={() => setDialog("retention")}>
                {t("snapshots.namespace.retention")}
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<Icon name="trash" size={14} />}
                disabled={!isEmpty}
                onClick={() => setDialog("remove")}
              >
                {isEmpty ? t("common.remove") : t("snapshots.namespace.removeEmpty")}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <CreateDialog {...place} isOpen={dialog === "create"} onClose={close} />
      <RetentionDialog {...place} isOpen={dialog === "retention"} onClose={close} />
      <RemoveDialog {...place} isOpen={dialog === "remove"} onClose={close} />
    </>
  );
}

function CreateDialog({ datastore, namespace, isOpen, onClose }: DialogProps) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const whole = namespace === "" ? name.trim() : `${namespace}/${name.trim()}`;
  const trouble = name.trim() === "" ? undefined : troubleOf(whole);
  const create = useDatastoreChange({
    datastore,
    run: () => client.call("createNamespace", { params: { datastore }, body: { namespace: whole } }),
    failed: t("snapshots.namespace.notMade"),
    onDone: () => {
      setName("");
      onClose();
      void navigate({ to: "/snapshots/$datastore", params: { datastore }, search: { namespace: whole } });
    },
  });
  return (
    <FormDialog
      title={t("snapshots.namespace.newIn", { place: namespace === "" ? datastore : namespace })}
      isOpen={isOpen}
      onClose={onClose}
      submit={t("common.create")}
      isBusy={create.isPending}
      isReady={name.trim() !== "" && trouble === undefined}
      onSubmit={() => create.mutate()}
    >
      <TextInput
        label={t("common.name")}
        description={t("snapshots.namespace.nameRule")}
        data-autofocus
        value={name}
        error={trouble}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <CommandLine command={`ironcore-backup namespace create ${whole || "NAME"} --datastore ${datastore}`} />
    </FormDialog>
  );
}

function troubleOf(namespace: string): string | undefined {
  try {
    parseNamespace(namespace);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

function RetentionDialog({ datastore, namespace, isOpen, onClose }: DialogProps) {
  const { client } = useNeeds();
  const { data } = useQuery(namespacesQuery(client, datastore));
  const row = data?.find((one) => one.namespace === namespace);
  const [edited, setEdited] = useState<Retention>();
  const end = (): void => {
    setEdited(undefined);
    onClose();
  };
  const save = useDatastoreChange({
    datastore,
    run: (retention: Retention | null) =>
      client.call("updateNamespace", { params: { datastore, namespace }, body: { retention } }),
    failed: t("snapshots.namespace.retentionFailed"),
    onDone: end,
  });
  const retention = edited ?? row?.retention ?? {};
  return (
    <FormDialog
      title={t("snapshots.namespace.retentionOf", { namespace })}
      isOpen={isOpen}
      onClose={end}
      submit={hasWindow(retention) ? t("common.save") : t("snapshots.namespace.useAbove")}
      isBusy={save.isPending}
      isReady={edited !== undefined}
      onSubmit={() => save.mutate(hasWindow(retention) ? retention : null)}
    >
      <RetentionFields retention={retention} onChange={setEdited} />
      <p className="quiet">{effectiveWords(row, retention)}</p>
    </FormDialog>
  );
}

function effectiveWords(row: NamespaceRow | undefined, retention: Retention): string {
  if (hasWindow(retention)) return t("snapshots.namespace.willKeep", { what: formatRetention(retention) });
  if (row === undefined || row.retention !== undefined) {
    return t("snapshots.namespace.withoutWindow");
  }
  const { effectiveRetention } = row;
  return t("snapshots.namespace.keepsNow", {
    what: formatRetention(effectiveRetention.retention),
    origin: formatOrigin(effectiveRetention),
  });
}

function RemoveDialog({ datastore, namespace, isOpen, onClose }: DialogProps) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const above = namespace.split("/").slice(0, -1).join("/");
  const remove = useDatastoreChange({
    datastore,
    run: () => client.call("removeNamespace", { params: { datastore, namespace } }),
    failed: t("snapshots.namespace.notRemoved"),
    onDone: () => {
      onClose();
      const search = above === "" ? {} : { namespace: above };
      void navigate({ to: "/snapshots/$datastore", params: { datastore }, search });
    },
  });
  return (
    <FormDialog
      title={t("snapshots.namespace.removeTitle")}
      isOpen={isOpen}
      onClose={onClose}
      submit={t("common.remove")}
      isBusy={remove.isPending}
      isDangerous
      onSubmit={() => remove.mutate()}
    >
      <p>
        <Rich text="snapshots.namespace.empty" values={{ namespace }} elements={{ strong: <strong /> }} />
      </p>
    </FormDialog>
  );
}
