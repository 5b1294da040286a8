/** What should have run in the last day and did not, and what comes in the next. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { Panel } from "../../parts/panel.tsx";
import { RunMark } from "../../parts/run-mark.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { useNeeds, useNow } from "../../session/needs.tsx";
import { calendarQuery, runsQuery } from "../../session/plan-query.ts";
import { countWords, foldDay } from "../calendar/calendar-days.ts";
import row from "../../parts/row.module.css";
import styles from "./dashboard.module.css";

const DAY_MS = 24 * 3600 * 1000;
const WINDOW_STEP_SECONDS = 300;
const TROUBLE_SHOWN_MAX = 5;
const COMING_SHOWN_MAX = 6;

export function JobCalendar() {
  const { client } = useNeeds();
  const now = useNow(WINDOW_STEP_SECONDS);
  const since = now - DAY_MS;
  // What was missed is asked for by itself: of a thousand busy jobs the calendar's answer holds only the day's first hours.
  const missed = useQuery(runsQuery(client, { state: "missed", since, limit: TROUBLE_SHOWN_MAX }));
  const late = useQuery(runsQuery(client, { state: "late", since, limit: TROUBLE_SHOWN_MAX }));
  const past = useQuery(calendarQuery(client, { since, until: now + WINDOW_STEP_SECONDS * 1000 }));
  const next = useQuery(calendarQuery(client, { since: now, until: now + DAY_MS }));
  const broken = [missed, late, past, next].find(({ error }) => error !== null);
  const trouble = [...(missed.data?.runs ?? []), ...(late.data?.runs ?? [])];
  const coming = foldDay(next.data?.entries.filter(({ state }) => state === "expected") ?? []);
  const data = past.data;
  return (
    <Panel title="Job Calendar" flush aside={<Link to="/calendar">The month</Link>}>
      {broken !== undefined && <ErrorCard error={broken.error} onRetry={() => void broken.refetch()} />}
      {data !== undefined && (
        <p className={styles["nothing"]}>
          {data.counts.expected === 0
            ? "Nothing was to run in the last day."
            : `Last day: ${countOf(data.counts.expected, "run")}, ${countWords(data.counts.ended) || "none ended yet"}.`}
        </p>
      )}
      <ul>
        {trouble.slice(0, TROUBLE_SHOWN_MAX).map(({ run, job, dueAt, state, cause, tasks: [task] }) => (
          <li key={run} className={row["row"]}>
            <div className={row["head"]}>
              <RunMark run={{ state }} />
              <Link to="/jobs/$job" params={{ job }}>
                {job}
              </Link>
              {cause !== undefined && <span className="quiet">{cause.replaceAll("-", " ")}</span>}
              {task !== undefined && (
                <Link to="/tasks/$upid" params={{ upid: task.upid }} aria-label={`Task of ${job}`}>
                  Task
                </Link>
              )}
              <span className={row["time"]}>
                <Ago at={dueAt} />
              </span>
            </div>
          </li>
        ))}
        {coming.slice(0, COMING_SHOWN_MAX).map(({ job, entries: own, instantCount }) => (
          <li key={`next ${job}`} className={row["row"]}>
            <div className={row["head"]}>
              <Link to="/jobs/$job" params={{ job }}>
                {job}
              </Link>
              {instantCount > 1 && <span className="quiet">{instantCount} times in the next day</span>}
              <span className={row["time"]}>{own[0] !== undefined && <Ago at={own[0].dueAt} />}</span>
            </div>
          </li>
        ))}
      </ul>
      {coming.length > COMING_SHOWN_MAX && (
        <p className={styles["more"]}>
          <Link to="/calendar">
            and {next.data?.capped === true && "at least "}
            {countOf(coming.length - COMING_SHOWN_MAX, "more job")} in the next day
          </Link>
        </p>
      )}
    </Panel>
  );
}
