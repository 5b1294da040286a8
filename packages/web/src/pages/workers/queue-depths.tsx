import { Elapsed } from "../../parts/instant.tsx";
import { Panel } from "../../parts/panel.tsx";
import { useLive } from "../../session/needs.tsx";
import { formatNumber, t } from "../../texts/texts.ts";
import { countQueue } from "./queue-depth.ts";
import styles from "./workers.module.css";

export function QueueDepths() {
  const tasks = useLive((state) => state.tasks);
  const capped = useLive((state) => state.tasksCapped);
  const rows = tasks === undefined ? undefined : countQueue(tasks.values());
  return (
    <Panel title={t("workers.queue.title")} aside={capped ? t("workers.queue.atLeast") : undefined} flush>
      {rows?.length === 0 && <p className={styles["nothing"]}>{t("workers.queue.nothing")}</p>}
      {rows !== undefined && rows.length > 0 && (
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">{t("workers.queue.type")}</th>
              <th scope="col" className="number">
                {t("workers.queue.queued")}
              </th>
              <th scope="col" className="number">
                {t("workers.queue.running")}
              </th>
              <th scope="col" className="number">
                {t("workers.queue.waitsUpTo")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.class} ${row.type}`}>
                <th scope="row">
                  {row.type} {row.type !== row.class && <span className="quiet">{row.class}</span>}
                </th>
                <td className="number">{formatNumber(row.queuedCount)}</td>
                <td className="number">{formatNumber(row.runningCount)}</td>
                <td className="number">
                  {row.oldestQueuedAt === undefined ? "" : <Elapsed from={row.oldestQueuedAt} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
