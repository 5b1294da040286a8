/** A backup of this group that runs or waits now, live, above the snapshots that are there. */

import { TaskStateMark } from "../../../parts/mark.tsx";
import { Elapsed } from "../../../parts/instant.tsx";
import { StageBar, StageWords } from "../../../parts/stage-progress.tsx";
import { currentStage } from "../../../parts/stage-text.ts";
import { TaskLink } from "../../../parts/task-link.tsx";
import { useLive } from "../../../session/needs.tsx";
import styles from "./group.module.css";

export function ActiveBackup({ datastore, group }: { readonly datastore: string; readonly group: string }) {
  const target = `${datastore}:${group}`;
  const task = useLive(({ tasks }) =>
    [...(tasks?.values() ?? [])].find((one) => one.type === "backup" && one.target === target),
  );
  if (task === undefined) return null;
  const stage = currentStage(task);
  return (
    <div className={styles["active"]}>
      <div className={styles["activeHead"]}>
        <TaskStateMark task={task} />
        <TaskLink task={task} />
        <span className="quiet">
          <Elapsed from={task.startedAt ?? task.queuedAt} />
        </span>
      </div>
      {stage !== undefined && (
        <>
          <StageBar stage={stage} />
          <StageWords stage={stage} />
        </>
      )}
    </div>
  );
}
