/** The ledger of one job: every time it should have run or did, and what came of it. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { formatDuration } from "@ironcore-backup/base";
import type { Run } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { When } from "../../parts/instant.tsx";
import { RunMark } from "../../parts/run-mark.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { useNeeds } from "../../session/needs.tsx";
import { runsQuery } from "../../session/plan-query.ts";
import panel from "../../parts/list-and-panel.module.css";
import styles from "./jobs.module.css";

const SHOWN_AT_FIRST = 20;
const SHOWN_MAX = 1000;
const TASK_SHOWN_MAX = 5;

export function RunList({ job }: { readonly job: string }) {
  const { client } = useNeeds();
  const [limit, setLimit] = useState(SHOWN_AT_FIRST);
  const { data, error, refetch } = useQuery(runsQuery(client, { job, limit }));
  // What only comes is in the schedule above.
  const runs = data?.runs.filter(({ state }) => state !== "expected") ?? [];
  return (
    <section className={panel["part"]} aria-label="Runs">
      <div className={panel["partHead"]}>
        <h3>Runs</h3>
        <Link to="/tasks" search={{ job }}>
          All its tasks
        </Link>
      </div>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && runs.length === 0 && <p className="quiet">It has not run yet.</p>}
      {runs.length > 0 && (
        <table className={styles["runs"]}>
          <thead>
            <tr>
              <th scope="col">Due</th>
              <th scope="col">State</th>
              <th scope="col">Took</th>
              <th scope="col">What came of it</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <RunRow key={run.run} run={run} />
            ))}
          </tbody>
        </table>
      )}
      {data?.nextCursor !== undefined && limit < SHOWN_MAX && (
        <Button
          variant="subtle"
          size="xs"
          onClick={() => setLimit((shown) => Math.min(SHOWN_MAX, shown * 5))}
        >
          Older runs
        </Button>
      )}
    </section>
  );
}

function RunRow({ run }: { readonly run: Run }) {
  const { dueAt, origin, askedBy, startedAt, endedAt, message, tasks, taskCount, instantCount } = run;
  return (
    <tr>
      <td>
        <When at={dueAt} />
        {origin === "hand" && <div className="quiet">by hand{askedBy !== undefined && `, ${askedBy}`}</div>}
        {instantCount > 1 && <div className="quiet">{countOf(instantCount, "instant")}</div>}
      </td>
      <td>
        <RunMark run={run} />
      </td>
      <td className={styles["took"]}>
        {startedAt !== undefined && endedAt !== undefined && formatDuration(endedAt - startedAt)}
      </td>
      <td>
        {message !== undefined && <div>{message}</div>}
        {tasks.slice(0, TASK_SHOWN_MAX).map(({ upid, workload, state }) => (
          <div key={upid}>
            <Link to="/tasks/$upid" params={{ upid }}>
              {workload ?? "task"}
            </Link>{" "}
            <span className="quiet">{state}</span>
          </div>
        ))}
        {taskCount > TASK_SHOWN_MAX && (
          <div className="quiet">and {countOf(taskCount - TASK_SHOWN_MAX, "more task")}</div>
        )}
      </td>
    </tr>
  );
}
