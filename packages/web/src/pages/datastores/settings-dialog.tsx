/** Limits and comment of a datastore. An empty field takes the limit away. */

import { useState } from "react";
import { NumberInput, TextInput } from "@mantine/core";
import type { Datastore } from "@ironcore-backup/protocol/calls";
import { GroupChoice } from "../../parts/group-choice.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { useNeeds } from "../../session/needs.tsx";

export interface DialogProps {
  readonly datastore: Datastore;
  readonly onClose: () => void;
}

const MIB = 1 << 20;
/** As the server takes them. */
const BANDWIDTH_MIB_MIN = 0.0625;
const BANDWIDTH_MIB_MAX = 950_000;
const TASK_COUNT_MAX = 1000;

// Long because each field is a few lines, and there is nothing else in it.
export function SettingsDialog({ datastore, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [comment, setComment] = useState(datastore.comment ?? "");
  const [bandwidth, setBandwidth] = useState<number | string>(
    (datastore.bandwidthLimitBytesPerSecond ?? 0) / MIB || "",
  );
  const [taskCount, setTaskCount] = useState<number | string>(datastore.runningTaskCountMax ?? "");
  const [freePercent, setFreePercent] = useState<number | string>(datastore.freePercentMin ?? "");
  const [group, setGroup] = useState(datastore.notificationGroup ?? "");
  const change = useDatastoreChange<void, Datastore>({
    datastore: datastore.name,
    run: () =>
      client.call("updateDatastore", {
        params: { datastore: datastore.name },
        body: {
          comment: comment.trim() === "" ? null : comment.trim(),
          bandwidthLimitBytesPerSecond: typeof bandwidth === "number" ? Math.round(bandwidth * MIB) : null,
          runningTaskCountMax: typeof taskCount === "number" ? taskCount : null,
          freePercentMin: typeof freePercent === "number" ? freePercent : null,
          notificationGroup: group === "" ? null : group,
        },
      }),
    failed: "The settings were not changed",
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Limits of ${datastore.name}`}
      isOpen
      onClose={onClose}
      submit="Save"
      isBusy={change.isPending}
      onSubmit={() => change.mutate()}
    >
      <NumberInput
        label="Bandwidth, MiB a second"
        description="Shared by all tasks that run on it; changes what runs at once"
        placeholder="not limited"
        min={BANDWIDTH_MIB_MIN}
        max={BANDWIDTH_MIB_MAX}
        value={bandwidth}
        onChange={setBandwidth}
      />
      <NumberInput
        label="Tasks at once"
        placeholder="as many as there are slots"
        min={1}
        max={TASK_COUNT_MAX}
        allowDecimal={false}
        value={taskCount}
        onChange={setTaskCount}
      />
      <NumberInput
        label="Free space is low below, percent"
        placeholder="10"
        min={1}
        max={99}
        allowDecimal={false}
        value={freePercent}
        onChange={setFreePercent}
      />
      <GroupChoice
        description="Hears of it, and of tasks in it whose job names none"
        project=""
        value={group}
        onChange={setGroup}
      />
      <TextInput
        label="Comment"
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
