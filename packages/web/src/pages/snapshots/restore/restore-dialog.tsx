/**
 * Brings a snapshot, one of its archives or what was picked in it back. Nothing is written over unless that was chosen, and a
 * damaged snapshot is not restored before somebody insisted.
 */

import { useState } from "react";
import { Checkbox, NativeSelect, Radio, Stack, TextInput } from "@mantine/core";
import type { Snapshot, StartedTask } from "@ironcore-backup/protocol/calls";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { FormDialog } from "../../../parts/form-dialog.tsx";
import { useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import { listArchives } from "../contents/archive-list.ts";
import type { ShownArchive } from "../contents/archive-list.ts";
import { useOrigin } from "../origin.ts";
import { DamageWays } from "./damage-ways.tsx";
import { isDamaged } from "./damage.ts";
import { commandOf, originalPlace, requestOf, restorable } from "./restore-plan.ts";
import type { OverwritePolicy, PickedEntry, RestoreChoice } from "./restore-plan.ts";
import styles from "./restore.module.css";

/** What the dialog begins with. */
export interface RestoreWish {
  readonly archive?: string | undefined;
  readonly picked: readonly PickedEntry[];
}

export interface RestoreDialogProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
  readonly wish: RestoreWish;
  readonly onStarted: (upid: string) => void;
  readonly onClose: () => void;
}

const WHOLE = "";
const TARGET_EXAMPLE = "/tmp/restore";
const KEY_EXAMPLE = "/root/backup.key";

export function RestoreDialog({ datastore, snapshot, wish, onStarted, onClose }: RestoreDialogProps) {
  const { client } = useNeeds();
  const form = useRestoreForm(datastore, snapshot, wish);
  const { choice } = form;
  const start = useDatastoreChange<void, StartedTask>({
    datastore,
    run: () => client.call("startRestore", { body: requestOf(choice) }),
    failed: t("snapshots.restore.failed"),
    onDone: ({ upid }) => onStarted(upid),
  });
  return (
    <FormDialog
      title={t("snapshots.restore.title")}
      isOpen
      onClose={onClose}
      submit={t("snapshots.restore.submit")}
      isBusy={start.isPending}
      isReady={form.isReady}
      isDangerous={choice.overwrite === "always"}
      size="xl"
      onSubmit={() => start.mutate()}
    >
      <p className={styles["name"]}>
        {datastore}:{snapshot.snapshot}
      </p>
      {form.isDamaged && (
        <div className={styles["damage"]}>
          <p>
            <strong>{t("snapshots.restore.damaged", { result: form.damageWord })}</strong>
          </p>
          <DamageWays datastore={datastore} snapshot={snapshot} onLeave={onClose} />
          <Checkbox
            label={t("snapshots.restore.override")}
            description={t("snapshots.restore.overrideRule")}
            checked={choice.allowCorrupt}
            onChange={(event) => form.setAllowCorrupt(event.currentTarget.checked)}
          />
        </div>
      )}
      <WhatField form={form} wish={wish} />
      <WhereField form={form} />
      <OverwriteField value={choice.overwrite} onChange={form.setOverwrite} />
      {form.isEncrypted && (
        <TextInput
          label={t("snapshots.restore.keyFile")}
          description={t("snapshots.restore.keyFileRule")}
          placeholder={KEY_EXAMPLE}
          required
          value={choice.keyFile ?? ""}
          onChange={(event) => form.setKeyFile(event.currentTarget.value)}
        />
      )}
      {start.error !== null && <ErrorCard error={start.error} />}
      <CommandLine command={commandOf(choice)} />
    </FormDialog>
  );
}

type RestoreForm = ReturnType<typeof useRestoreForm>;

function useRestoreForm(datastore: string, snapshot: Snapshot, wish: RestoreWish) {
  const archives = restorable(listArchives(snapshot.files), snapshot.files);
  const only = archives.length === 1 ? archives[0]?.name : undefined;
  const [what, setWhat] = useState(wish.archive ?? only ?? WHOLE);
  const [isPlaceOriginal, setPlaceOriginal] = useState(false);
  const [path, setPath] = useState("");
  const [overwrite, setOverwrite] = useState<OverwritePolicy>("never");
  const [keyFile, setKeyFile] = useState("");
  const [allowCorrupt, setAllowCorrupt] = useState(false);
  const { task } = useOrigin(datastore, snapshot);
  const chosen = archives.filter(({ name }) => what === WHOLE || name === what);
  const [single] = chosen;
  const original =
    task === undefined || single === undefined || chosen.length > 1
      ? undefined
      : originalPlace(task.source, single);
  const isEncrypted = chosen.some(({ cryptMode }) => cryptMode === "encrypt");
  const target = isPlaceOriginal && original !== undefined ? original : path;
  const damage = isDamaged(snapshot);
  const choice: RestoreChoice = {
    datastore,
    snapshot: snapshot.snapshot,
    archive: what === WHOLE ? undefined : what,
    picked: what === wish.archive ? wish.picked : [],
    target,
    overwrite,
    keyFile: isEncrypted ? keyFile : undefined,
    allowCorrupt,
  };
  return {
    choice,
    archives,
    chosen,
    original,
    isEncrypted,
    isPlaceOriginal: isPlaceOriginal && original !== undefined,
    path,
    isDamaged: damage,
    damageWord: snapshot.verification?.result ?? "CORRUPT",
    isReady: isAbsolute(target) && (!isEncrypted || isAbsolute(keyFile)) && (!damage || allowCorrupt),
    setWhat,
    setPlaceOriginal,
    setPath,
    setOverwrite,
    setKeyFile,
    setAllowCorrupt,
  };
}

const isAbsolute = (path: string): boolean => path.startsWith("/");

function WhatField({ form, wish }: { readonly form: RestoreForm; readonly wish: RestoreWish }) {
  const { archives, choice } = form;
  const pickedCount = wish.picked.length;
  const wordsOf = ({ name }: ShownArchive): string =>
    name === wish.archive && pickedCount > 0
      ? t("snapshots.restore.pickedOf", { count: pickedCount, archive: name })
      : t("snapshots.restore.archive", { archive: name });
  return (
    <NativeSelect
      label={t("snapshots.restore.what")}
      value={choice.archive ?? WHOLE}
      data={[
        ...(archives.length > 1 ? [{ value: WHOLE, label: t("snapshots.restore.whole") }] : []),
        ...archives.map((one) => ({ value: one.name, label: wordsOf(one) })),
      ]}
      onChange={(event) => form.setWhat(event.currentTarget.value)}
      description={
        choice.picked.length > 0
          ? choice.picked
              .map(({ path }) => path)
              .slice(0, 8)
              .join(", ")
          : undefined
      }
    />
  );
}

function WhereField({ form }: { readonly form: RestoreForm }) {
  const { original, isPlaceOriginal, path, chosen } = form;
  return (
    <div className={styles["where"]}>
      {original !== undefined && (
        <Radio.Group
          label={t("snapshots.restore.where")}
          value={isPlaceOriginal ? "original" : "other"}
          onChange={(value) => form.setPlaceOriginal(value === "original")}
        >
          <Stack gap={6} mt={6}>
            <Radio value="other" label={t("snapshots.restore.other")} />
            <Radio value="original" label={t("snapshots.restore.original", { path: original })} />
          </Stack>
        </Radio.Group>
      )}
      {!isPlaceOriginal && (
        <TextInput
          label={t("snapshots.restore.target")}
          description={
            chosen.length > 1 ? t("snapshots.restore.targetOfSeveral") : t("snapshots.restore.targetRule")
          }
          placeholder={TARGET_EXAMPLE}
          data-autofocus
          required
          error={path !== "" && !isAbsolute(path) && t("snapshots.restore.notAbsolute")}
          value={path}
          onChange={(event) => form.setPath(event.currentTarget.value)}
        />
      )}
    </div>
  );
}

const POLICIES = [
  ["never", "snapshots.restore.never", "snapshots.restore.neverRule"],
  ["if-changed", "snapshots.restore.ifChanged", "snapshots.restore.ifChangedRule"],
  ["always", "snapshots.restore.always", "snapshots.restore.alwaysRule"],
] as const;

function OverwriteField({
  value,
  onChange,
}: {
  readonly value: OverwritePolicy;
  readonly onChange: (value: OverwritePolicy) => void;
}) {
  return (
    <Radio.Group
      label={t("snapshots.restore.overwrite")}
      value={value}
      onChange={(word) => onChange(POLICIES.find(([policy]) => policy === word)?.[0] ?? "never")}
    >
      <Stack gap={6} mt={6}>
        {POLICIES.map(([policy, words, rule]) => (
          <Radio key={policy} value={policy} label={t(words)} description={t(rule)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
