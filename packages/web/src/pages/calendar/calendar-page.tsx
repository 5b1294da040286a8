/** The month: what should have run and what came of it, what runs, what comes. A day that is chosen is told in full. */

import { ActionIcon, Button, Select, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Calendar } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { formatDay } from "../../parts/instant-text.ts";
import { PageHead } from "../../parts/page-head.tsx";
import { RUN_STATE_WORDS } from "../../parts/run-mark.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { useNeeds, useNow } from "../../session/needs.tsx";
import { calendarQuery, jobsQuery } from "../../session/plan-query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { byDay, countWords, daysOfMonth, foldDay, monthOf } from "./calendar-days.ts";
import type { CalendarDay, CalendarEntry, CalendarSearch, DayJob } from "./calendar-days.ts";
import { DayAgenda } from "./day-agenda.tsx";
import styles from "./calendar.module.css";

const MINUTE_SECONDS = 60;
const CELL_LINE_MAX = 4;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

export function CalendarPage() {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/calendar" });
  const now = useNow(MINUTE_SECONDS);
  const month = search.month ?? monthOf(now);
  const days = daysOfMonth(month);
  const [first, last] = [days[0]?.startAt ?? now, days.at(-1)?.endAt ?? now];
  const { data, error, refetch } = useQuery(
    calendarQuery(client, {
      since: first,
      until: last,
      ...(search.job === undefined ? {} : { job: search.job }),
    }),
  );
  const change = (part: { [Field in keyof CalendarSearch]?: CalendarSearch[Field] | undefined }): void => {
    const next = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined);
    // The same fields, without those that were taken away.
    void navigate({ to: "/calendar", search: Object.fromEntries(next) as CalendarSearch });
  };
  const turn = (months: number): void => {
    const shown = monthOf(days[DAYS_PER_WEEK]?.startAt ?? now, months);
    change({ month: shown === monthOf(now) ? undefined : shown, day: undefined });
  };
  useKeys([
    { keys: "[", does: "The month before", run: () => turn(-1) },
    { keys: "]", does: "The next month", run: () => turn(1) },
  ]);
  const entries = byDay(data?.entries ?? []);
  return (
    <>
      <PageHead
        title="Job Calendar"
        aside={<Tools month={month} job={search.job} onTurn={turn} onChange={change} />}
      />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && <Verdict calendar={data} />}
      <div className={styles["page"]} data-open={search.day !== undefined}>
        <section className={styles["month"]} aria-label={`Days of ${month}`}>
          <div className={styles["weekdays"]} aria-hidden="true">
            {WEEKDAYS.map((day) => (
              <span key={day}>{day}</span>
            ))}
          </div>
          <ol className={styles["days"]}>
            {days.map((day) => (
              <DayCell
                key={day.day}
                day={day}
                entries={entries.get(day.day) ?? []}
                isToday={day.day === formatDay(now)}
                isOpen={day.day === search.day}
                onOpen={() => change({ day: day.day === search.day ? undefined : day.day })}
              />
            ))}
          </ol>
        </section>
        {search.day !== undefined && (
          <DayAgenda day={search.day} job={search.job} onClose={() => change({ day: undefined })} />
        )}
      </div>
    </>
  );
}

const DAYS_PER_WEEK = 7;

interface ToolsProps {
  readonly month: string;
  readonly job: string | undefined;
  readonly onTurn: (months: number) => void;
  readonly onChange: (part: {
    month?: string | undefined;
    day?: string | undefined;
    job?: string | undefined;
  }) => void;
}

function Tools({ month, job, onTurn, onChange }: ToolsProps) {
  const { client } = useNeeds();
  const { data: jobs = [] } = useQuery(jobsQuery(client));
  const name = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric" }).format(
    new Date(`${month}-15T12:00:00`),
  );
  return (
    <>
      <Select
        size="xs"
        aria-label="Only this job"
        placeholder="All jobs"
        searchable
        clearable
        clearButtonProps={{ "aria-label": "All jobs" }}
        value={job ?? null}
        data={jobs.map((one) => one.name)}
        onChange={(value) => onChange({ job: value ?? undefined })}
      />
      <ActionIcon variant="default" aria-label="The month before" onClick={() => onTurn(-1)}>
        ‹
      </ActionIcon>
      <strong className={styles["monthName"]} role="status">
        {name}
      </strong>
      <ActionIcon variant="default" aria-label="The next month" onClick={() => onTurn(1)}>
        ›
      </ActionIcon>
      <Button variant="default" size="xs" onClick={() => onChange({ month: undefined, day: undefined })}>
        Today
      </Button>
    </>
  );
}

function Verdict({ calendar: { counts, capped, entries } }: { readonly calendar: Calendar }) {
  if (entries.length === 0) {
    return (
      <EmptyState command="ironcore-backup job create nightly --type backup --workload web --datastore main --schedule 02:00">
        Nothing was to run in these weeks, and nothing comes. A job with a schedule shows here:
      </EmptyState>
    );
  }
  const { expected, open, ended } = counts;
  return (
    <p className={styles["verdict"]}>
      {countOf(expected, "run")} {expected === 1 ? "was" : "were"} to come so far:{" "}
      {countWords(ended) || "none has ended"}
      {open > 0 && `, ${open} not ended`}.
      {capped && " There are more than one answer holds: choose one job, or look at one day."}
    </p>
  );
}

interface CellProps {
  readonly day: CalendarDay;
  readonly entries: readonly CalendarEntry[];
  readonly isToday: boolean;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}

function DayCell({ day, entries, isToday, isOpen, onOpen }: CellProps) {
  const jobs = foldDay(entries);
  const words =
    jobs.length === 0 ? "nothing" : jobs.map((one) => `${one.job}: ${countWords(one.counts)}`).join("; ");
  return (
    <li className={styles["day"]} data-outside={!day.isInMonth} data-today={isToday}>
      <button
        type="button"
        aria-pressed={isOpen}
        title={words}
        className={styles["dayButton"]}
        onClick={onOpen}
      >
        <time dateTime={day.day} className={styles["dayNumber"]}>
          <VisuallyHidden>{day.day.slice(0, -2)}</VisuallyHidden>
          {Number(day.day.slice(-2))}
        </time>
        <span className={styles["dayJobs"]}>
          {jobs.slice(0, CELL_LINE_MAX).map((one) => (
            <JobLine key={one.job} job={one} />
          ))}
          {jobs.length > CELL_LINE_MAX && (
            <span className="quiet">{countOf(jobs.length - CELL_LINE_MAX, "more job")}</span>
          )}
        </span>
      </button>
    </li>
  );
}

function JobLine({ job: { job, worst, entries, instantCount, counts } }: { readonly job: DayJob }) {
  const { tone, icon } = RUN_STATE_WORDS[worst];
  const [first] = entries;
  const time =
    instantCount === 1 && first !== undefined
      ? new Date(first.dueAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
      : `${instantCount} ×`;
  return (
    <span className={styles["jobLine"]} data-tone={tone} title={`${job}: ${countWords(counts)}`}>
      <Icon name={icon} size={12} />
      <span>{time}</span>
      <span className={styles["jobName"]}>{job}</span>
    </span>
  );
}
