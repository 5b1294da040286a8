/** One day in full: every job of it, and each of its runs that is worth a look. */

import { useMemo, useState } from "react";
import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Job } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { formatAbsoluteWithZone } from "../../parts/instant-text.ts";
import { RunMark } from "../../parts/run-mark.tsx";
import { RunNowButton } from "../../parts/run-now-button.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { useNeeds } from "../../session/needs.tsx";
import { calendarQuery } from "../../session/plan-query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { countWords, dayBeside, dayOf, filterEntries, foldDay } from "./calendar-days.ts";
import type { CalendarEntry, CalendarSearch, DayJob } from "./calendar-days.ts";
import styles from "./calendar.module.css";

/** Of a job with more runs on a day than these, only those that did not go as they should are listed. */
const LISTED_ENTRY_MAX = 12;
const TROUBLE_LISTED_MAX = 50;

/** Jobs that are listed at once. */
const JOB_STEP = 50;

interface DayAgendaProps {
  readonly day: string;
  readonly search: CalendarSearch;
  readonly jobs: readonly Job[];
  readonly onShow: (day: string) => void;
  readonly onClose: () => void;
}

export function DayAgenda({ day, search, jobs, onShow, onClose }: DayAgendaProps) {
  const { client } = useNeeds();
  const [shownCount, setShownCount] = useState(JOB_STEP);
  const { startAt, endAt } = dayOf(day);
  const { job, type, state } = search;
  const { data, error, refetch } = useQuery(
    calendarQuery(client, { since: startAt, until: endAt, ...(job === undefined ? {} : { job }) }),
  );
  const byName = useMemo(() => new Map(jobs.map((one) => [one.name, one])), [jobs]);
  const folded = useMemo(() => {
    const types = new Map(jobs.map((one) => [one.name, one.type]));
    // What is shown until the answer comes may be that of another day.
    const ofDay = data?.entries.filter(({ dueAt }) => dueAt >= startAt && dueAt <= endAt) ?? [];
    return foldDay(filterEntries(ofDay, { type, state }, types));
  }, [data, jobs, startAt, endAt, type, state]);
  return (
    <section className={styles["agenda"]} aria-label={`Runs of ${day}`}>
      <AgendaHead day={day} onShow={onShow} onClose={onClose} />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && folded.length === 0 && (
        <p className="quiet">
          {type === undefined && state === undefined
            ? "Nothing on this day."
            : "Nothing of what was chosen is on this day."}
        </p>
      )}
      {data?.capped === true && (
        <p className={styles["partial"]}>There are more than one answer holds: choose one job.</p>
      )}
      <ul className={styles["agendaJobs"]}>
        {folded.slice(0, shownCount).map((one) => (
          <JobOfDay key={one.job} folded={one} job={byName.get(one.job)} />
        ))}
      </ul>
      {folded.length > shownCount && (
        <Button variant="default" size="xs" onClick={() => setShownCount(shownCount + JOB_STEP)}>
          Show {countOf(Math.min(JOB_STEP, folded.length - shownCount), "job")} of{" "}
          {countOf(folded.length - shownCount, "more", "more")}
        </Button>
      )}
    </section>
  );
}

function AgendaHead({ day, onShow, onClose }: Pick<DayAgendaProps, "day" | "onShow" | "onClose">) {
  const step = (by: -1 | 1): void => onShow(dayBeside(day, by));
  useKeys([
    { keys: "p", does: "The day before", run: () => step(-1) },
    { keys: "n", does: "The next day", run: () => step(1) },
    { keys: "Escape", does: "Close the day", run: onClose },
  ]);
  const { startAt } = dayOf(day);
  return (
    <header className={styles["agendaHead"]}>
      <h2>
        {new Date(startAt).toLocaleDateString("en-GB", {
          weekday: "long",
          day: "numeric",
          month: "long",
          year: "numeric",
        })}
      </h2>
      <span className={styles["agendaSteps"]}>
        <ActionIcon variant="default" aria-label="The day before" onClick={() => step(-1)}>
          ‹
        </ActionIcon>
        <ActionIcon variant="default" aria-label="The next day" onClick={() => step(1)}>
          ›
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the day" onClick={onClose}>
          <Icon name="close" />
        </ActionIcon>
      </span>
    </header>
  );
}

interface JobOfDayProps {
  readonly folded: DayJob;
  /** Absent for one that was removed. */
  readonly job: Job | undefined;
}

function JobOfDay({ folded: { job: name, entries, counts, instantCount }, job }: JobOfDayProps) {
  const isFolded = entries.length > LISTED_ENTRY_MAX;
  const listed = isFolded ? entries.filter(isTrouble).slice(0, TROUBLE_LISTED_MAX) : entries;
  return (
    <li>
      <div className={styles["agendaJob"]}>
        {job === undefined ? (
          <strong>{name}</strong>
        ) : (
          <Link to="/jobs/$job" params={{ job: name }}>
            <strong>{name}</strong>
          </Link>
        )}
        {instantCount > 1 && <span className="quiet">{countWords(counts)}</span>}
        {job !== undefined && <RunNowButton job={job} small />}
      </div>
      {job?.scheduleText !== undefined && <p className="quiet">{job.scheduleText}</p>}
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
