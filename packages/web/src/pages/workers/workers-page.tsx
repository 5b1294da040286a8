/** Which workers there are, how they are, what each does, how deep the queue is, and why each queued task waits. */

import { PageHead } from "../../parts/page-head.tsx";
import { useLive } from "../../session/needs.tsx";
import { t } from "../../texts/texts.ts";
import { QueueDepths } from "./queue-depths.tsx";
import { QueuedTasks } from "./queued-tasks.tsx";
import { SchedulerPanel } from "./scheduler-panel.tsx";
import { WorkerList } from "./worker-list.tsx";
import styles from "./workers.module.css";

export function WorkersPage() {
  const maySee = useLive(({ refused }) => !refused.has("workers"));
  return (
    <>
      <PageHead title={t("workers.title")} />
      <div className={styles["page"]}>
        <div className={styles["column"]}>
          {maySee ? <WorkerList /> : <p className="quiet">{t("workers.refused")}</p>}
          <QueuedTasks />
        </div>
        <div className={styles["column"]}>
          <SchedulerPanel />
          <QueueDepths />
        </div>
      </div>
    </>
  );
}
