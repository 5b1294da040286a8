/** One day in full: every job of it, and each of its runs that is worth a look. */

import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { formatAbsoluteWithZone } from "../../parts/instant-text.ts";
import { RunMark } from "../../parts/run-mark.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { calendarQuery } from "../../session/plan-query.ts";
import { countWords, dayOf, foldDay } from "./calendar-days.ts";
import type { CalendarEntry, DayJob } from "./calendar-days.ts";
import styles from "./calendar.module.css";

/** Of a job with more runs on a day than these, only those that did not go as they should are listed. */
const LISTED_ENTRY_MAX = 12;
const TROUBLE_LISTED_MAX = 50;

interface DayAgendaProps {
  readonly day: string;
  readonly job: string | undefined;
  readonly onClose: () => void;
}

export function DayAgenda({ day, job, onClose }: DayAgendaProps) {
  const { client } = useNeeds();
  const { startAt, endAt } = dayOf(day);
  const { data, error, refetch } = useQuery(
    calendarQuery(client, { since: startAt, until: endAt, ...(job === undefined ? {} : { job }) }),
  );
  const jobs = foldDay(data?.entries.filter(({ dueAt }) => dueAt >= startAt && dueAt <= endAt) ?? []);
  return (
    <section className={styles["agenda"]} aria-label={`Runs of ${day}`}>
      <header className={styles["agendaHead"]}>
        <h2>
          {new Date(startAt).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" })}
        </h2>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the day" onClick={onClose}>
          <Icon name="close" />
        </ActionIcon>
      </header>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && jobs.length === 0 && <p className="quiet">Nothing on this day.</p>}
      {data?.capped === true && (
        <p className="quiet">There are more than one answer holds: choose one job.</p>
      )}
      <ul className={styles["agendaJobs"]}>
        {jobs.map((one) => (
          <JobOfDay key={one.job} job={one} />
        ))}
      </ul>
    </section>
  );
}

function JobOfDay({ job: { job, entries, counts, instantCount } }: { readonly job: DayJob }) {
  const isFolded = entries.length > LISTED_ENTRY_MAX;
  const listed = isFolded ? entries.filter(isTrouble).slice(0, TROUBLE_LISTED_MAX) : entries;
  return (
    <li>
      <div className={styles["agendaJob"]}>
        <Link to="/jobs/$job" params={{ job }}>
          <strong>{job}</strong>
        </Link>
        {instantCount > 1 && <span className="quiet">{countWords(counts)}</span>}
      </div>
      <ul className={styles["instants"]}>
        {listed.map((entry) => (
          <Instant key={`${entry.dueAt} ${entry.run ?? ""}`} entry={entry} />
        ))}
      </ul>
    </li>
  );
}

const isTrouble = ({ state }: CalendarEntry): boolean => state !== "met" && state !== "expected";

function Instant({ entry: { dueAt, state, cause, upid, instantCount } }: { readonly entry: CalendarEntry }) {
  return (
    <li className={styles["instant"]}>
      <time dateTime={new Date(dueAt).toISOString()} title={formatAbsoluteWithZone(dueAt)}>
        {new Date(dueAt).toLocaleTimeString("en-GB", {
          hour: "2-digit",
          minute: "2-digit",
          second: "2-digit",
        })}
      </time>
      <RunMark run={{ state }} />
      {instantCount > 1 && <span className="quiet">{instantCount} times</span>}
      {cause !== undefined && <span className="quiet">{cause.replaceAll("-", " ")}</span>}
      {upid !== undefined && (
        <Link to="/tasks/$upid" params={{ upid }}>
          Task
        </Link>
      )}
    </li>
  );
}
