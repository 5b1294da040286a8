/**
 * A month as cells, a day each, with the jobs of that day folded to a line each. Arrows walk by days and weeks. A day of which
 * the answer does not hold everything says so: an empty cell means that nothing was there.
 */

import { useRef } from "react";
import type { KeyboardEvent } from "react";
import { VisuallyHidden } from "@mantine/core";
import { Icon } from "../../look/icon.tsx";
import { RUN_STATE_WORDS } from "../../parts/run-mark.tsx";
import { countOf } from "../../parts/stage-text.ts";
import { countWords, foldDay } from "./calendar-days.ts";
import type { CalendarDay, CalendarEntry, DayJob } from "./calendar-days.ts";
import styles from "./calendar.module.css";

const CELL_LINE_MAX = 4;
/** Jobs that the words of a cell name. */
const NAMED_JOB_MAX = 12;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

export interface MonthGridProps {
  readonly month: string;
  readonly days: readonly CalendarDay[];
  readonly entries: ReadonlyMap<string, readonly CalendarEntry[]>;
  readonly today: string;
  readonly openDay: string | undefined;
  /** After it the answer does not hold everything. */
  readonly wholeUntil: number;
  readonly onOpen: (day: string) => void;
}

export function MonthGrid({ month, days, entries, today, openDay, wholeUntil, onOpen }: MonthGridProps) {
  const list = useRef<HTMLOListElement>(null);
  const walk = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const next = buttons[buttons.findIndex((button) => button === document.activeElement) + step];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <section className={styles["month"]} aria-label={`Days of ${month}`}>
      <div className={styles["weekdays"]} aria-hidden="true">
        {WEEKDAYS.map((day) => (
          <span key={day}>{day}</span>
        ))}
      </div>
      <ol className={styles["days"]} ref={list} onKeyDown={walk}>
        {days.map((day) => (
          <DayCell
            key={day.day}
            day={day}
            entries={entries.get(day.day) ?? []}
            isToday={day.day === today}
            isOpen={day.day === openDay}
            isWhole={day.endAt < wholeUntil}
            onOpen={() => onOpen(day.day)}
          />
        ))}
      </ol>
    </section>
  );
}

interface CellProps {
  readonly day: CalendarDay;
  readonly entries: readonly CalendarEntry[];
  readonly isToday: boolean;
  readonly isOpen: boolean;
  readonly isWhole: boolean;
  readonly onOpen: () => void;
}

function DayCell({ day, entries, isToday, isOpen, isWhole, onOpen }: CellProps) {
  const jobs = foldDay(entries);
  return (
    <li className={styles["day"]} data-outside={!day.isInMonth} data-today={isToday}>
      <button
        type="button"
        aria-pressed={isOpen}
        title={wordsOf(jobs, isWhole)}
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
          {!isWhole && <span className={styles["partial"]}>not all shown</span>}
        </span>
      </button>
    </li>
  );
}

function wordsOf(jobs: readonly DayJob[], isWhole: boolean): string {
  const named = jobs.slice(0, NAMED_JOB_MAX).map((one) => `${one.job}: ${countWords(one.counts)}`);
  if (jobs.length > NAMED_JOB_MAX) named.push(countOf(jobs.length - NAMED_JOB_MAX, "more job"));
  if (!isWhole) named.push("not all is shown");
  return named.length === 0 ? "nothing" : named.join("; ");
}

function JobLine({ job: { job, worst, entries, instantCount, counts } }: { readonly job: DayJob }) {
  const { tone, icon, word } = RUN_STATE_WORDS[worst];
  const [first] = entries;
  const time =
    instantCount === 1 && first !== undefined
      ? new Date(first.dueAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
      : (worst === "missed" || worst === "late") && counts[worst] !== instantCount
        ? `${counts[worst] ?? 0} of ${instantCount}`
        : `${instantCount} ×`;
  return (
    <span className={styles["jobLine"]} data-tone={tone} title={`${job}: ${countWords(counts)}`}>
      <Icon name={icon} size={12} />
      <VisuallyHidden>{word}</VisuallyHidden>
      <span>{time}</span>
      <span className={styles["jobName"]}>{job}</span>
    </span>
  );
}
