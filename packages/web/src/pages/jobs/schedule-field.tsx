/** When a job runs: typed, and at once told what it means and when it would run next, or where the mistake is. */

import { useEffect, useState } from "react";
import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { toCodedError } from "@ironcore-backup/base";
import { formatAbsoluteWithZone } from "../../parts/instant-text.ts";
import { When } from "../../parts/instant.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { schedulePreviewQuery } from "../../session/plan-query.ts";
import styles from "./jobs.module.css";

const TYPING_PAUSE_MS = 250;
const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];
const EXAMPLES = ["02:00", "Sun 03:00", "Mon..Fri *:0/15", "daily", "hourly", "*-*-1 04:00"] as const;

export interface ScheduleProps {
  readonly schedule: string;
  readonly timeZone: string;
  readonly onChange: (part: { readonly schedule?: string; readonly timeZone?: string }) => void;
}

export function ScheduleFields({ schedule, timeZone, onChange }: ScheduleProps) {
  const { client } = useNeeds();
  const settled = useSettled(schedule.trim());
  const question = { schedule: settled, timeZone: timeZone === "" ? undefined : timeZone };
  const { data, error } = useQuery({ ...schedulePreviewQuery(client, question), enabled: settled !== "" });
  const isByHand = settled === "";
  return (
    <>
      <TextInput
        label="Schedule"
        description="systemd's or cron's spelling; empty: by hand only"
        placeholder="02:00"
        list="schedule-examples"
        value={schedule}
        error={isByHand || error === null ? undefined : <Mistake error={error} />}
        onChange={(event) => onChange({ schedule: event.currentTarget.value })}
      />
      <datalist id="schedule-examples">
        {EXAMPLES.map((example) => (
          <option key={example} value={example} />
        ))}
      </datalist>
      <Select
        label="Time zone"
        placeholder="The server's"
        searchable
        clearable
        clearButtonProps={{ "aria-label": "The server's time zone" }}
        limit={50}
        value={timeZone === "" ? null : timeZone}
        data={ZONES}
        onChange={(zone) => onChange({ timeZone: zone ?? "" })}
      />
      {!isByHand && error === null && data !== undefined && (
        <div className={styles["preview"]} role="status">
          <p>{data.text}</p>
          <ol>
            {data.runs.map((at) => (
              <li key={at} title={formatAbsoluteWithZone(at, data.timeZone)}>
                <When at={at} />
              </li>
            ))}
          </ol>
          <p className="quiet">Next runs in your own time zone; the schedule means {data.timeZone}.</p>
        </div>
      )}
    </>
  );
}

function Mistake({ error }: { readonly error: unknown }) {
  const { message, remedy } = toCodedError(error);
  return (
    <>
      {message}. {remedy}
    </>
  );
}

/** The text once nobody has typed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
