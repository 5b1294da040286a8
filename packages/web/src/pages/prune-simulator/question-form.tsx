/** What is asked: on what, and which retention. Every change is in the address at once. */

import { useEffect, useState } from "react";
import { Chip, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { WEEKDAYS } from "@ironcore-backup/protocol/calls";
import type { Datastore } from "@ironcore-backup/protocol/calls";
import { RetentionFields } from "../../parts/retention-fields.tsx";
import { hasWindow } from "../../parts/retention-text.ts";
import { CommandLine } from "../../parts/empty-state.tsx";
import { groupsQuery, namespacesQuery } from "../../session/datastore-query.ts";
import { useNeeds } from "../../session/needs.tsx";
import {
  DAY_COUNT_DEFAULT,
  RETENTION_DEFAULT,
  retentionIn,
  scheduleIn,
  timesOf,
  weekdaysOf,
  withRetention,
} from "./prune-search.ts";
import type { PruneAddress } from "./prune-simulator-page.tsx";
import { pruneCommand } from "./prune-command.ts";
import styles from "./prune-simulator.module.css";

export function QuestionForm({
  address,
  datastores,
}: {
  readonly address: PruneAddress;
  readonly datastores: readonly Datastore[];
}) {
  const { search, change } = address;
  const isInvented = search.invented === true;
  const tried = retentionIn(search);
  const shown = isInvented && !hasWindow(tried) ? { ...RETENTION_DEFAULT, ...tried } : tried;
  return (
    <section className={styles["question"]} aria-label="Question">
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="What is looked at"
        value={isInvented ? "invented" : "real"}
        data={[
          { value: "real", label: "Real snapshots" },
          { value: "invented", label: "Invented schedule" },
        ]}
        onChange={(value) =>
          change({ invented: value === "invented" ? true : undefined, list: undefined, day: undefined })
        }
      />
      {isInvented ? (
        <ScheduleFields address={address} />
      ) : (
        <PlaceFields address={address} datastores={datastores} />
      )}
      <fieldset className={styles["fieldset"]}>
        <legend>Keep</legend>
        <RetentionFields retention={shown} onChange={(retention) => change(withRetention(retention))} />
        <p className={styles["hint"]}>
          {isInvented
            ? "A snapshot that any window keeps stays."
            : hasWindow(tried)
              ? "Tried here only; what is set stays as it is."
              : "Empty: the retention that is set on the datastore and its namespaces."}
        </p>
        <ZoneField address={address} />
      </fieldset>
      <CommandLine command={pruneCommand(search)} />
    </section>
  );
}

function PlaceFields({
  address: { search, change },
  datastores,
}: {
  readonly address: PruneAddress;
  readonly datastores: readonly Datastore[];
}) {
  const { client } = useNeeds();
  const { datastore = "", namespace, group } = search;
  const isChosen = datastore !== "";
  const { data: namespaces } = useQuery({ ...namespacesQuery(client, datastore), enabled: isChosen });
  const { data: groups } = useQuery({
    ...groupsQuery(client, datastore, namespaceOf(group) ?? namespace ?? ""),
    enabled: isChosen,
  });
  const namespaceNames = (namespaces ?? []).map((row) => row.namespace).filter((name) => name !== "");
  return (
    <div className={styles["fields"]}>
      <Select
        size="xs"
        label="Datastore"
        allowDeselect={false}
        value={isChosen ? datastore : null}
        data={datastores.map(({ name }) => name)}
        onChange={(value) =>
          change({ datastore: value ?? undefined, namespace: undefined, group: undefined, day: undefined })
        }
      />
      {namespaceNames.length > 0 && (
        <Select
          size="xs"
          label="Namespace"
          placeholder="All"
          clearable
          searchable
          clearButtonProps={{ "aria-label": "All namespaces" }}
          value={namespaceOf(group) || namespace || null}
          data={namespaceNames}
          onChange={(value) => change({ namespace: value ?? undefined, group: undefined, day: undefined })}
        />
      )}
      <Select
        size="xs"
        label="Group"
        placeholder={namespace === undefined ? "All" : "All in it"}
        clearable
        searchable
        clearButtonProps={{ "aria-label": "All groups" }}
        value={group ?? null}
        data={(groups ?? []).map((row) => ({ value: row.group, label: `${row.type}/${row.id}` }))}
        onChange={(value) => change({ group: value ?? undefined, day: undefined })}
      />
    </div>
  );
}

/** Of `[NS/]type/id`. */
function namespaceOf(group: string | undefined): string | undefined {
  return group?.split("/").slice(0, -2).join("/");
}

function ScheduleFields({ address: { search, change } }: { readonly address: PruneAddress }) {
  const schedule = scheduleIn(search);
  const [times, setTimes] = useState(schedule.times.join(", "));
  const read = timesOf(times);
  const inAddress = schedule.times.join(", ");
  useEffect(() => setTimes(inAddress), [inAddress]);
  return (
    <div className={styles["fields"]}>
      <TextInput
        size="xs"
        label="At"
        description="Times of day, like 02:00, 14:30"
        value={times}
        error={read === undefined ? "HH:MM, more of them with commas between" : undefined}
        onChange={(event) => setTimes(event.currentTarget.value)}
        onBlur={() => change({ times: read })}
        onKeyDown={(event) => {
          if (event.key === "Enter") change({ times: read });
        }}
      />
      <Chip.Group
        multiple
        value={[...(schedule.weekdays ?? WEEKDAYS)]}
        onChange={(chosen) => change({ weekdays: weekdaysOf(chosen.join(",")) })}
      >
        <div className={styles["weekdays"]} role="group" aria-label="On these weekdays">
          {WEEKDAYS.map((day) => (
            <Chip key={day} value={day} size="xs" variant="outline" icon={null}>
              {day}
            </Chip>
          ))}
        </div>
      </Chip.Group>
      <NumberInput
        size="xs"
        label="For the last days"
        min={1}
        max={7320}
        allowDecimal={false}
        clampBehavior="strict"
        value={search.days ?? DAY_COUNT_DEFAULT}
        onChange={(value) => {
          if (typeof value === "number" && value > 0) change({ days: value, day: undefined });
        }}
      />
    </div>
  );
}

const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

function ZoneField({ address: { search, change } }: { readonly address: PruneAddress }) {
  return (
    <Select
      size="xs"
      label="Days and weeks begin in"
      placeholder="The server's time zone"
      searchable
      clearable
      clearButtonProps={{ "aria-label": "The server's time zone" }}
      limit={50}
      value={search.zone ?? null}
      data={ZONES}
      onChange={(zone) => change({ zone: zone ?? undefined, day: undefined })}
    />
  );
}
