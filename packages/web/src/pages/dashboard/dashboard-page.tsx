/** The first page: the verdict, then what moves, then what failed, then how full it is. */

import { useQuery } from "@tanstack/react-query";
import { PageHead } from "../../parts/page-head.tsx";
import { useLive, useNeeds, useNow } from "../../session/needs.tsx";
import { datastoresQuery, taskCountsQuery } from "../../session/query.ts";
import { DatastoreUsage } from "./datastore-usage.tsx";
import { failureQuery } from "./failure-query.ts";
import { JobCalendar } from "./job-calendar.tsx";
import { ProtectionPanel } from "./protection-panel.tsx";
import { RecentFailures } from "./recent-failures.tsx";
import { RunningTasks } from "./running-tasks.tsx";
import { VerdictBanner } from "./verdict-banner.tsx";
import { judge } from "./verdict.ts";
import styles from "./dashboard.module.css";

const DAY_MS = 24 * 3600 * 1000;
/** The day's window moves by so much at a time, so that its answer can be kept meanwhile. */
const WINDOW_STEP_SECONDS = 300;

export function DashboardPage() {
  return (
    <>
      <PageHead title="Dashboard" />
      <div className={styles["page"]}>
        <DayVerdict />
        <div className={styles["side"]}>
          <RunningTasks />
          <JobCalendar />
        </div>
        <div className={styles["side"]}>
          <ProtectionPanel />
          <RecentFailures />
          <DatastoreUsage />
        </div>
      </div>
    </>
  );
}

function DayVerdict() {
  const { client } = useNeeds();
  const live = useLive((state) => state);
  const since = useNow(WINDOW_STEP_SECONDS) - DAY_MS;
  const day = useQuery(taskCountsQuery(client, { since }));
  const failures = useQuery(failureQuery(client));
  const datastores = useQuery(datastoresQuery(client));
  const verdict = judge({
    live,
    dayCounts: day.data,
    recentFailures: failures.data?.tasks,
    since,
    datastores: datastores.data,
  });
  const isBroken = day.isError || failures.isError || datastores.isError;
  return <VerdictBanner verdict={verdict} isBroken={isBroken} dayCounts={day.data} />;
}
