/** What the calendar shows: which job, which type, which state, which month. */

import { ActionIcon, Button, Select } from "@mantine/core";
import { JOB_TYPES, RUN_STATES } from "@ironcore-backup/protocol/calls";
import type { Job } from "@ironcore-backup/protocol/calls";
import { RUN_STATE_WORDS } from "../../parts/run-mark.tsx";
import { wordOf } from "../../parts/search-words.ts";
import { JOB_TYPE_WORDS } from "../jobs/job-text.ts";
import type { CalendarSearch } from "./calendar-days.ts";
import styles from "./calendar.module.css";

/** A property that is `undefined` is taken away. */
export type ChangeCalendar = (part: {
  readonly [Field in keyof CalendarSearch]?: CalendarSearch[Field] | undefined;
}) => void;

interface ToolsProps {
  readonly month: string;
  readonly search: CalendarSearch;
  readonly jobs: readonly Job[];
  readonly onTurn: (months: number) => void;
  readonly onChange: ChangeCalendar;
}

export function CalendarTools({ month, search, jobs, onTurn, onChange }: ToolsProps) {
  const name = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric" }).format(
    new Date(`${month}-15T12:00:00`),
  );
  return (
    <div className={styles["tools"]}>
      <Filters search={search} jobs={jobs} onChange={onChange} />
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
    </div>
  );
}

function Filters({ search, jobs, onChange }: Pick<ToolsProps, "search" | "jobs" | "onChange">) {
  return (
    <>
      <Select
        size="xs"
        aria-label="Only this job"
        placeholder="All jobs"
        searchable
        clearable
        clearButtonProps={{ "aria-label": "All jobs" }}
        // Of thousands nobody scrolls to one: whoever types its name finds it.
        limit={100}
        value={search.job ?? null}
        data={jobs.map((one) => one.name)}
        onChange={(value) => onChange({ job: value ?? undefined })}
      />
      <Select
        size="xs"
        w={150}
        aria-label="Only jobs of this type"
        placeholder="All types"
        clearable
        clearButtonProps={{ "aria-label": "All types" }}
        value={search.type ?? null}
        data={JOB_TYPES.map((value) => ({ value, label: JOB_TYPE_WORDS[value] }))}
        onChange={(value) => onChange({ type: wordOf(JOB_TYPES, value) })}
      />
      <Select
        size="xs"
        w={120}
        aria-label="Only runs in this state"
        placeholder="All states"
        clearable
        clearButtonProps={{ "aria-label": "All states" }}
        value={search.state ?? null}
        data={RUN_STATES.map((value) => ({ value, label: RUN_STATE_WORDS[value].word }))}
        onChange={(value) => onChange({ state: wordOf(RUN_STATES, value) })}
      />
    </>
  );
}
