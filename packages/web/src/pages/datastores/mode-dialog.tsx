/** What an operator lets happen in a datastore: everything, only reading, or nothing at all, and why. */

import { useState } from "react";
import { Radio, TextInput } from "@mantine/core";
import { DATASTORE_MODES } from "@ironcore-backup/protocol/calls";
import type { Datastore, DatastoreMode } from "@ironcore-backup/protocol/calls";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { useNeeds } from "../../session/needs.tsx";
import type { DialogProps } from "./settings-dialog.tsx";

const MODE_WORDS: Readonly<Record<DatastoreMode, string>> = {
  normal: "Everything runs",
  "read-only": "Restores and verifications run; nothing is written into it",
  maintenance: "The server does not touch its path; no task starts on it",
};
const REASON_LENGTH_MAX = 256;

export function ModeDialog({ datastore, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [mode, setMode] = useState<DatastoreMode>(datastore.mode ?? "normal");
  const [reason, setReason] = useState("");
  const change = useDatastoreChange<void, Datastore>({
    datastore: datastore.name,
    run: () =>
      client.call("updateDatastore", {
        params: { datastore: datastore.name },
        body: { mode, ...(mode === "normal" || reason.trim() === "" ? {} : { modeReason: reason.trim() }) },
      }),
    failed: "The mode was not changed",
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Mode of ${datastore.name}`}
      isOpen
      onClose={onClose}
      submit="Set"
      isBusy={change.isPending}
      onSubmit={() => change.mutate()}
    >
      <Radio.Group label="What may happen in it" value={mode} onChange={(value) => setMode(modeOf(value))}>
        {DATASTORE_MODES.map((one) => (
          <Radio key={one} value={one} label={one} description={MODE_WORDS[one]} mt="xs" />
        ))}
      </Radio.Group>
      {mode !== "normal" && (
        <TextInput
          label="Why"
          description="Shown wherever somebody is told that it does not go"
          value={reason}
          maxLength={REASON_LENGTH_MAX}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      <p className="quiet">What runs now goes on to its end. What waits, waits until the mode allows it.</p>
    </FormDialog>
  );
}

function modeOf(value: string): DatastoreMode {
  return DATASTORE_MODES.find((one) => one === value) ?? "normal";
}
