/** When tasks were queued: a preset that moves with the clock, or two instants in the reader's own time. */

import { useId, useState } from "react";
import { Button, Radio } from "@mantine/core";
import { formatAbsolute } from "../../../parts/instant-text.ts";
import { fromLocalField, PRESET_WORDS, RANGE_PRESETS, toLocalField } from "../time-range.ts";
import type { RangeFields } from "../time-range.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { FilterPopover } from "./filter-popover.tsx";
import styles from "./filter.module.css";

const ANY_TIME = "any";

export function TimeFilter({ address: { search, changeView } }: { readonly address: TaskAddress }) {
  const setRange = ({ range, since, until }: RangeFields): void => changeView({ range, since, until });
  return (
    <FilterPopover word="Time" chosen={describeRange(search)}>
      {(close) => (
        <div className={styles["time"]}>
          <Radio.Group
            aria-label="Queued in"
            value={search.range ?? (search.since === undefined && search.until === undefined ? ANY_TIME : "")}
            onChange={(value) => setRange(rangeOf(value))}
          >
            <div className={styles["options"]}>
              <Radio size="xs" value={ANY_TIME} label="Any time" />
              {RANGE_PRESETS.map((preset) => (
                <Radio key={preset} size="xs" value={preset} label={PRESET_WORDS[preset]} />
              ))}
            </div>
          </Radio.Group>
          <FixedRange
            range={search}
            onApply={(range) => {
              setRange(range);
              close();
            }}
          />
        </div>
      )}
    </FilterPopover>
  );
}

function rangeOf(value: string): RangeFields {
  const range = RANGE_PRESETS.find((preset) => preset === value);
  return range === undefined ? {} : { range };
}

function FixedRange({
  range,
  onApply,
}: {
  readonly range: RangeFields;
  readonly onApply: (range: RangeFields) => void;
}) {
  const [from, setFrom] = useState(toLocalField(range.since));
  const [to, setTo] = useState(toLocalField(range.until));
  const [fromId, toId] = [useId(), useId()];
  const since = fromLocalField(from);
  const until = fromLocalField(to);
  const isTurned = since !== undefined && until !== undefined && since > until;
  return (
    <form
      className={styles["fixed"]}
      onSubmit={(event) => {
        event.preventDefault();
        onApply({ ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) });
      }}
    >
      <label htmlFor={fromId}>From</label>
      <input
        id={fromId}
        type="datetime-local"
        step={1}
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
      />
      <label htmlFor={toId}>Until</label>
      <input
        id={toId}
        type="datetime-local"
        step={1}
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
      />
      <p className={styles["zone"]} role="status">
        {isTurned ? "It ends before it begins" : `Time zone ${zoneName()}`}
      </p>
      <Button type="submit" disabled={isTurned || (since === undefined && until === undefined)}>
        Apply
      </Button>
    </form>
  );
}

const zoneName = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `Last 24 hours`, `2026-11-23 06:00:00 to 2026-11-23 07:00:00`; undefined for any time. */
export function describeRange({ range, since, until }: RangeFields): string | undefined {
  if (range !== undefined) return PRESET_WORDS[range];
  const text = (instant: string): string => formatAbsolute(Date.parse(instant));
  if (since !== undefined && until !== undefined) return `${text(since)} to ${text(until)}`;
  if (since !== undefined) return `since ${text(since)}`;
  return until === undefined ? undefined : `until ${text(until)}`;
}
