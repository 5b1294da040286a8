import { Elapsed } from "../../parts/instant.tsx";
import { Panel } from "../../parts/panel.tsx";
import { formatCount } from "../../parts/stage-text.ts";
import { useLive } from "../../session/needs.tsx";
import { countQueue } from "./queue-depth.ts";
import styles from "./workers.module.css";

export function QueueDepths() {
  const tasks = useLive((state) => state.tasks);
  const capped = useLive((state) => state.tasksCapped);
  const rows = tasks === undefined ? undefined : countQueue(tasks.values());
  return (
    <Panel title="Queue" aside={capped ? "at least" : undefined} flush>
      {rows?.length === 0 && <p className={styles["nothing"]}>Nothing waits and nothing runs.</p>}
      {rows !== undefined && rows.length > 0 && (
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col" className="number">
                Queued
              </th>
              <th scope="col" className="number">
                Running
              </th>
              <th scope="col" className="number">
                Waits up to
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.class} ${row.type}`}>
                <th scope="row">
                  {row.type} {row.type !== row.class && <span className="quiet">{row.class}</span>}
                </th>
                <td className="number">{formatCount(row.queuedCount)}</td>
                <td className="number">{formatCount(row.runningCount)}</td>
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
