/** The month: what should have run and what came of it, what runs, what comes. A day that is chosen is told in full. */

import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Calendar } from "@ironcore-backup/protocol/calls";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { formatDay } from "../../parts/instant-text.ts";
import { PageHead } from "../../parts/page-head.tsx";
import { withoutAbsent } from "../../parts/search-words.ts";
import { countOf } from "../../parts/stage-text.ts";
import { useNeeds, useNow } from "../../session/needs.tsx";
import { calendarQuery, jobsQuery } from "../../session/plan-query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { byDay, countWords, daysOfMonth, filterEntries, monthOf, wholeUntil } from "./calendar-days.ts";
import type { CalendarSearch } from "./calendar-days.ts";
import { CalendarTools } from "./calendar-tools.tsx";
import type { ChangeCalendar } from "./calendar-tools.tsx";
import { DayAgenda } from "./day-agenda.tsx";
import { MonthGrid } from "./month-grid.tsx";
import styles from "./calendar.module.css";

const MINUTE_SECONDS = 60;

export function CalendarPage() {
  const { client } = useNeeds();
  const search = useSearch({ from: "/shell/calendar" });
  const change = useChange(search);
  const now = useNow(MINUTE_SECONDS);
  const month = search.month ?? monthOf(now);
  const days = useMemo(() => daysOfMonth(month), [month]);
  const { data: jobs = NO_JOBS } = useQuery(jobsQuery(client));
  const { data, error, refetch } = useQuery(
    calendarQuery(client, {
      since: days[0]?.startAt ?? now,
      until: days.at(-1)?.endAt ?? now,
      ...(search.job === undefined ? {} : { job: search.job }),
    }),
  );
  const { type, state } = search;
  const types = useMemo(() => new Map(jobs.map((job) => [job.name, job.type])), [jobs]);
  const entries = useMemo(
    () => byDay(filterEntries(data?.entries ?? [], { type, state }, types)),
    [data, type, state, types],
  );
  const show = (day: string): void => {
    const shown = day.slice(0, "2026-11".length);
    change({ day, month: shown === monthOf(now) ? undefined : shown });
  };
  const turn = (months: number): void => {
    const shown = monthOf(Date.parse(`${month}-15T12:00:00`), months);
    change({ month: shown === monthOf(now) ? undefined : shown, day: undefined });
  };
  useKeys([
    { keys: "[", does: "The month before", run: () => turn(-1) },
    { keys: "]", does: "The next month", run: () => turn(1) },
  ]);
  return (
    <>
      <PageHead
        title="Job Calendar"
        aside={<CalendarTools month={month} search={search} jobs={jobs} onTurn={turn} onChange={change} />}
      />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && <Verdict calendar={data} />}
      <div className={styles["page"]} data-open={search.day !== undefined}>
        <MonthGrid
          month={month}
          days={days}
          entries={entries}
          today={formatDay(now)}
          openDay={search.day}
          wholeUntil={data === undefined ? Number.POSITIVE_INFINITY : wholeUntil(data, now)}
          onOpen={(day) => change({ day: day === search.day ? undefined : day })}
        />
        {search.day !== undefined && (
          <DayAgenda
            key={search.day}
            day={search.day}
            search={search}
            jobs={jobs}
            onShow={show}
            onClose={() => change({ day: undefined })}
          />
        )}
      </div>
    </>
  );
}

const NO_JOBS: [] = [];

function useChange(search: CalendarSearch): ChangeCalendar {
  const navigate = useNavigate();
  return (part) =>
    void navigate({ to: "/calendar", search: withoutAbsent({ ...search, ...part }), resetScroll: false });
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
      {capped && " There are more than one answer holds: choose one job, or look at one day."}{" "}
      <span className="quiet">
        Times are those of {new Intl.DateTimeFormat().resolvedOptions().timeZone}.
      </span>
    </p>
  );
}
