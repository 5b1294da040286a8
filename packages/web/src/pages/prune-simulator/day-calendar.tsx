/**
 * Days as cells, weeks as columns. A cell says how many of the day's snapshots stay, in the colour and with the letter of the
 * widest window that keeps one; a day of which nothing stays is hollow. A cell narrows the list below to its day; arrows
 * walk by days and weeks.
 */

import { useLayoutEffect, useMemo, useRef } from "react";
import type { KeyboardEvent } from "react";
import { ruleLetter, ruleWord } from "../../parts/retention-text.ts";
import { countOf } from "../../parts/stage-text.ts";
import { shiftDay, weeksBetween } from "./day-grid.ts";
import { daysOf } from "./outcome.ts";
import type { OutcomeDay, OutcomeRow } from "./outcome.ts";
import type { PruneAddress } from "./prune-simulator-page.tsx";
import styles from "./prune-simulator.module.css";

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 7, ArrowLeft: -7 };
const WEEKDAY_LABELS = ["Mon", "", "Wed", "", "Fri", "", "Sun"];

export function DayCalendar({
  rows,
  address,
}: {
  readonly rows: readonly OutcomeRow[];
  readonly address: PruneAddress;
}) {
  const grid = useRef<HTMLDivElement>(null);
  const days = useMemo(() => daysOf(rows), [rows]);
  const [newest, oldest] = [rows[0]?.day ?? "", rows.at(-1)?.day ?? ""];
  const weeks = useMemo(() => weeksBetween(oldest, newest), [oldest, newest]);
  const stop = address.search.day ?? newest;
  const scroller = useRef<HTMLDivElement>(null);
  // What is newest is looked for first.
  useLayoutEffect(() => scroller.current?.scrollTo({ left: scroller.current.scrollWidth }), [weeks]);
  const walk = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    const here =
      document.activeElement instanceof HTMLElement ? document.activeElement.dataset["day"] : undefined;
    if (step === undefined || here === undefined) return;
    event.preventDefault();
    grid.current?.querySelector<HTMLElement>(`[data-day="${shiftDay(here, step)}"]`)?.focus();
  };
  return (
    <div className={styles["calendar"]} ref={scroller}>
      <div className={styles["weekdayLabels"]} aria-hidden="true">
        {WEEKDAY_LABELS.map((label, at) => (
          <span key={at}>{label}</span>
        ))}
      </div>
      <div className={styles["weeks"]} ref={grid} role="group" aria-label="Days" onKeyDown={walk}>
        {weeks.map((week, at) => (
          <div key={at} className={styles["week"]}>
            <span className={styles["monthLabel"]} aria-hidden="true">
              {week.label}
            </span>
            {week.days.map((day, weekday) =>
              day === undefined ? (
                <span key={weekday} className={styles["noDay"]} />
              ) : (
                <DayCell
                  key={day}
                  day={day}
                  found={days.get(day)}
                  isChosen={day === address.search.day}
                  isTabStop={day === stop}
                  onChoose={() => address.change({ day: day === address.search.day ? undefined : day })}
                />
              ),
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function DayCell({
  day,
  found,
  isChosen,
  isTabStop,
  onChoose,
}: {
  readonly day: string;
  readonly found: OutcomeDay | undefined;
  readonly isChosen: boolean;
  readonly isTabStop: boolean;
  readonly onChoose: () => void;
}) {
  const rule = found?.rule;
  const kind = found === undefined ? "none" : found.keepCount > 0 ? "keep" : "remove";
  const words = describeDay(day, found);
  return (
    <button
      type="button"
      className={styles["day"]}
      data-day={day}
      data-kind={kind}
      data-rule={rule}
      tabIndex={isTabStop ? 0 : -1}
      aria-pressed={isChosen}
      aria-label={words}
      title={words}
      onClick={onChoose}
    >
      {rule === undefined ? (kind === "keep" ? "•" : "") : ruleLetter(rule)}
    </button>
  );
}

/** `2026-11-23: 2 snapshots, 1 stays (daily)` */
function describeDay(day: string, found: OutcomeDay | undefined): string {
  if (found === undefined) return `${day}: no snapshot`;
  const { keepCount, removeCount, rule } = found;
  const by = rule === undefined ? "" : ` (${ruleWord(rule)})`;
  const stay = keepCount === 0 ? "none stays" : `${countOf(keepCount, "stays", "stay")}${by}`;
  return `${day}: ${countOf(keepCount + removeCount, "snapshot")}, ${stay}`;
}
