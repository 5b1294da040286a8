/** The ways out of a damaged snapshot: the newest one of its group that verified, and a backup that reads everything again. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { parseSnapshotRef } from "@ironcore-backup/base";
import type { Snapshot, StartedTask, Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { useDatastoreChange } from "../../../parts/datastore-change.ts";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { formatMinute } from "../../../parts/instant-text.ts";
import { Rich } from "../../../parts/rich.tsx";
import { groupSnapshotsQuery } from "../../../session/datastore-query.ts";
import { useMay, useNeeds } from "../../../session/needs.tsx";
import { t } from "../../../texts/texts.ts";
import { useNavigate } from "@tanstack/react-router";
import { quoteForShell } from "../../tasks/detail/task-command.ts";
import { useOrigin } from "../origin.ts";
import { newestVerified } from "./damage.ts";
import styles from "./restore.module.css";

export interface DamageWaysProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
  readonly onLeave?: () => void;
}

export function DamageWays({ datastore, snapshot, onLeave }: DamageWaysProps) {
  const { client } = useNeeds();
  const place = { datastore, ...parseSnapshotRef(snapshot.snapshot) };
  const { data } = useQuery(groupSnapshotsQuery(client, place));
  const sound = data === undefined ? undefined : newestVerified(data);
  return (
    <div className={styles["ways"]}>
      {data !== undefined && sound === undefined && <p>{t("snapshots.damage.noneVerified")}</p>}
      {sound !== undefined && (
        <p>
          <Rich
            text="snapshots.damage.takeVerified"
            values={{ when: formatMinute(sound.backupTime * 1000) }}
            elements={{
              to: (
                <Link
                  to="/snapshots/$datastore/$"
                  params={{ datastore, _splat: sound.snapshot }}
                  search={{}}
                  {...(onLeave === undefined ? {} : { onClick: onLeave })}
                />
              ),
            }}
          />
        </p>
      )}
      <FullBackup datastore={datastore} snapshot={snapshot} />
    </div>
  );
}

/** What is damaged is stored anew by a backup that trusts nothing of what is there. */
function FullBackup({ datastore, snapshot }: DamageWaysProps) {
  const { isKnown, task } = useOrigin(datastore, snapshot);
  const mayUse = useMay("job.run", { project: task?.project });
  const mayBackUp = useMay("backup.start", { datastore, namespace: snapshot.namespace });
  if (!isKnown) return null;
  if (task?.workload !== undefined && mayUse && mayBackUp)
    return <FullBackupButton datastore={datastore} snapshot={snapshot} workload={task.workload} />;
  return (
    <div>
      <p>{t("snapshots.damage.fullBackup")}</p>
      <CommandLine command={fullBackupCommand(datastore, snapshot, task)} />
    </div>
  );
}

function FullBackupButton({
  datastore,
  snapshot,
  workload,
}: {
  readonly datastore: string;
  readonly snapshot: Snapshot;
  readonly workload: string;
}) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { namespace } = snapshot;
  const start = useDatastoreChange<void, StartedTask>({
    datastore,
    run: () =>
      client.call("backUpWorkload", {
        params: { workload },
        body: { datastore, ...(namespace === "" ? {} : { namespace }), full: true },
      }),
    failed: t("snapshots.damage.fullFailed"),
    onDone: ({ upid }) => navigate({ to: "/tasks/$upid", params: { upid }, search: {} }),
  });
  return (
    <div className={styles["way"]}>
      <span>{t("snapshots.damage.fullBackup")}</span>
      <Button
        variant="default"
        leftSection={<Icon name="running" size={14} />}
        loading={start.isPending}
        onClick={() => start.mutate()}
      >
        {t("snapshots.damage.fullButton", { workload })}
      </Button>
    </div>
  );
}

const PATH_EXAMPLE = "DIR";

function fullBackupCommand(datastore: string, { namespace, id }: Snapshot, task: Task | undefined): string {
  const paths = task?.source.split(", ").filter((path) => path.startsWith("/")) ?? [];
  return [
    "ironcore-backup backup",
    ...(paths.length === 0
      ? [`--path ${PATH_EXAMPLE}`]
      : paths.map((path) => `--path ${quoteForShell(path)}`)),
    `--datastore ${datastore}`,
    ...(namespace === "" ? [] : [`--namespace ${namespace}`]),
    `--id ${quoteForShell(id)} --full --wait`,
  ].join(" ");
}
