/** What people wrote about the snapshot. */

import { useState } from "react";
import { Button, Textarea } from "@mantine/core";
import type { Snapshot } from "@ironcore-backup/protocol/calls";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { quoteForShell } from "../../tasks/detail/task-command.ts";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import styles from "./detail.module.css";

const NOTES_LENGTH_MAX = 65_536;
const COMMAND_LENGTH_MAX = 200;

export function NotesTab({
  datastore,
  snapshot,
}: {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}) {
  const { client } = useNeeds();
  const may = useMay("snapshot.change", { datastore, namespace: snapshot.namespace });
  const saved = snapshot.notes ?? "";
  const [edited, setEdited] = useState<string>();
  const save = useDatastoreChange({
    datastore,
    run: (notes: string) =>
      client.call("updateSnapshot", { params: { datastore, snapshot: snapshot.snapshot }, body: { notes } }),
    failed: t("snapshots.notes.failed"),
    done: () => t("snapshots.notes.saved"),
    onDone: () => setEdited(undefined),
  });
  const notes = edited ?? saved;
  const isChanged = notes !== saved;
  return (
    <form
      className={styles["inner"]}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(notes);
      }}
    >
      <Textarea
        label={t("snapshots.notes.label")}
        description={t("snapshots.notes.rule")}
        placeholder={may ? t("snapshots.notes.example") : t("snapshots.notes.none")}
        autosize
        minRows={6}
        maxRows={24}
        maxLength={NOTES_LENGTH_MAX}
        readOnly={!may}
        value={notes}
        onChange={(event) => setEdited(event.currentTarget.value)}
      />
      {may && (
        <div className={styles["buttons"]}>
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>
            {t("common.save")}
          </Button>
          {isChanged && (
            <Button variant="subtle" onClick={() => setEdited(undefined)}>
              {t("snapshots.notes.back")}
            </Button>
          )}
        </div>
      )}
      <div>
        <h3>{t("snapshots.page.commandLine")}</h3>
        <CommandLine command={notesCommand(`${datastore}:${snapshot.snapshot}`, notes)} />
      </div>
    </form>
  );
}

function notesCommand(snapshot: string, notes: string): string {
  const text = notes === "" || notes.length > COMMAND_LENGTH_MAX ? "TEXT" : notes;
  return `ironcore-backup snapshot notes ${snapshot} ${quoteForShell(text)}`;
}
