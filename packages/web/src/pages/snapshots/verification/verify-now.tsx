/** Starts a verification of this snapshot now, and says where it is followed while it waits or runs. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Snapshot, Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { useLive, useMay, useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";

export interface VerifyProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
}

export function VerifyNowButton({ datastore, snapshot }: VerifyProps) {
  const { client } = useNeeds();
  const may = useMay("verify.start", { datastore, namespace: snapshot.namespace });
  const active = useActiveVerify({ datastore, snapshot });
  const start = useDatastoreChange({
    datastore,
    run: () => client.call("startVerify", { body: { datastore, snapshot: snapshot.snapshot } }),
    failed: t("snapshots.verify.failed"),
  });
  if (active !== undefined) {
    return (
      <Link to="/tasks/$upid" params={{ upid: active.upid }}>
        {active.state === "queued" ? t("snapshots.verify.taskWaits") : t("snapshots.verify.taskRuns")}
      </Link>
    );
  }
  if (!may || !snapshot.finished) return null;
  return (
    <Button
      variant="default"
      leftSection={<Icon name="check" size={14} />}
      loading={start.isPending}
      title={t("snapshots.verify.nowRule")}
      onClick={() => start.mutate()}
    >
      {t("snapshots.verify.now")}
    </Button>
  );
}

/** A verification of just this snapshot that waits or runs. */
export function useActiveVerify({ datastore, snapshot: { snapshot } }: VerifyProps): Task | undefined {
  const target = `${datastore}:${snapshot}`;
  return useLive(({ tasks }) =>
    [...(tasks?.values() ?? [])].find((task) => task.type === "verify" && task.target === target),
  );
}
