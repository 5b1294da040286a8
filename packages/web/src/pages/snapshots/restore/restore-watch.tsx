/** A restore of this snapshot: while it waits and runs, and how it ended when it was started here. */

import { useQuery } from "@tanstack/react-query";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Snapshot, Task } from "@ironcore-backup/protocol/calls";
import { Elapsed } from "../../../parts/instant.tsx";
import { TaskStateMark } from "../../../parts/mark.tsx";
import { StageBar, StageWords } from "../../../parts/stage-progress.tsx";
import { currentStage } from "../../../parts/stage-text.ts";
import { TaskLink } from "../../../parts/task-link.tsx";
import { useLive, useNeeds } from "../../../session/needs.tsx";
import { taskQuery } from "../../../session/query.ts";
import { t } from "../../../texts/texts.ts";
import styles from "./restore.module.css";

export interface RestoreWatchProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
  /** The one that was started here. */
  readonly started: string | undefined;
}

export function RestoreWatch({ datastore, snapshot, started }: RestoreWatchProps) {
  const { client } = useNeeds();
  const live = useLive(({ tasks }) => {
    const all = [...(tasks?.values() ?? [])];
    return started === undefined
      ? all.find((task) => isRestoreOf(task, `${datastore}:${snapshot.snapshot}`))
      : tasks?.get(started);
  });
  const asked = useQuery({ ...taskQuery(client, started ?? ""), enabled: started !== undefined });
  const isOver = asked.data !== undefined && isFinishedTaskState(asked.data.state);
  const task = isOver ? asked.data : (live ?? asked.data);
  if (task === undefined) return null;
  const stage = isFinishedTaskState(task.state) ? undefined : currentStage(task);
  return (
    <section className={styles["watch"]} aria-label={t("snapshots.restore.watch")}>
      <div className={styles["watchHead"]}>
        <TaskStateMark task={task} />
        <TaskLink task={task} />
        <span className="quiet">
          <Elapsed from={task.startedAt ?? task.queuedAt} to={task.endedAt} />
        </span>
      </div>
      {stage !== undefined && (
        <>
          <StageBar stage={stage} />
          <StageWords stage={stage} />
        </>
      )}
      {task.error !== undefined && (
        <p>
          {task.error.message} <code>{task.error.code}</code>. {task.error.remedy}
        </p>
      )}
    </section>
  );
}

/** A restore of one archive names it behind the snapshot. */
function isRestoreOf({ type, source }: Task, name: string): boolean {
  return type === "restore" && (source === name || source.startsWith(`${name} `));
}
