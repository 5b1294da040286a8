/** Whether everything is protected that should be, and what is not: the worst first, each with its weakest link. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Panel } from "../../parts/panel.tsx";
import { ProtectionMark } from "../../parts/protection-mark.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { useNeeds } from "../../session/needs.tsx";
import { protectionQuery } from "../../session/plan-query.ts";
import row from "../../parts/row.module.css";
import styles from "./dashboard.module.css";

const SHOWN_MAX = 5;

export function ProtectionPanel() {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(protectionQuery(client));
  const all = data?.workloads ?? [];
  const weak = all.filter(({ state }) => state !== "protected");
  return (
    <Panel title="Protection" flush aside={<Link to="/workloads">All workloads</Link>}>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && (
        <p className={styles["nothing"]}>
          {all.length === 0
            ? "No workload is named yet."
            : weak.length === 0
              ? `All ${countOf(all.length, "workload")} protected.`
              : `${data.counts.protected} of ${countOf(all.length, "workload")} protected.`}
        </p>
      )}
      <ul>
        {weak.slice(0, SHOWN_MAX).map(({ workload, state, weakestLink }) => (
          <li key={workload} className={row["row"]}>
            <div className={row["head"]}>
              <ProtectionMark state={state} />
              <Link to="/workloads/$workload" params={{ workload }}>
                {workload}
              </Link>
            </div>
            {weakestLink !== undefined && <p className="quiet">{weakestLink.message}</p>}
          </li>
        ))}
      </ul>
      {weak.length > SHOWN_MAX && (
        <p className={styles["more"]}>
          <Link to="/workloads">and {countOf(weak.length - SHOWN_MAX, "more workload")}</Link>
        </p>
      )}
    </Panel>
  );
}
