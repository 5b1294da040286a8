/** What only some types of jobs have. */

import { MultiSelect, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { When } from "../../parts/instant.tsx";
import { RetentionFields } from "../../parts/retention-fields.tsx";
import { hasWindow } from "../../parts/retention-text.ts";
import { countOf } from "../../parts/stage-text.ts";
import { withoutAbsent } from "../../parts/search-words.ts";
import { groupsQuery, pruneSimulationQuery } from "../../session/datastore-query.ts";
import { useNeeds } from "../../session/needs.tsx";
import { workloadsQuery } from "../../session/plan-query.ts";
import { withRetention } from "../prune-simulator/prune-search.ts";
import type { JobFieldsProps } from "./job-editor.tsx";
import { chosenWorkloads } from "./workload-choice.ts";
import styles from "./jobs.module.css";

function BandwidthField({ form, change }: JobFieldsProps) {
  return (
    <NumberInput
      label="Bandwidth, MiB a second"
      placeholder="not limited"
      min={0.0625}
      value={form.bandwidthMib}
      onChange={(bandwidthMib) => change({ bandwidthMib })}
    />
  );
}

function NamespaceField({ form, change, description }: JobFieldsProps & { readonly description: string }) {
  return (
    <TextInput
      label="Namespace"
      description={description}
      value={form.namespace}
      onChange={(event) => change({ namespace: event.currentTarget.value })}
    />
  );
}

export function BackupFields(props: JobFieldsProps) {
  const { form, change } = props;
  return (
    <>
      <SourceFields {...props} />
      <div className={styles["two"]}>
        <NamespaceField {...props} description="Where the backups go; empty: the root" />
        <BandwidthField {...props} />
        <Select
          label="Mode"
          allowDeselect={false}
          value={form.mode}
          data={[
            { value: "incremental", label: "Read what changed" },
            { value: "full", label: "Read everything again" },
          ]}
          onChange={(mode) => change({ mode: mode ?? "incremental" })}
        />
      </div>
      <fieldset className={styles["fieldset"]}>
        <legend>Keep, of its own snapshots</legend>
        <RetentionFields retention={form.retention} onChange={(retention) => change({ retention })} />
        {hasWindow(form.retention) && <KeepPreview form={form} />}
        <p className="quiet">
          {hasWindow(form.retention) ? (
            <Link
              to="/prune-simulator"
              search={withoutAbsent({ invented: true as const, ...withRetention(form.retention) })}
              target="_blank"
            >
              What would stay? (in the Prune Simulator)
            </Link>
          ) : (
            "Empty: the retention of the namespace or datastore applies."
          )}
        </p>
      </fieldset>
    </>
  );
}

const PREVIEW_DAY_COUNT = 365;

/** By the very rule that prunes, on snapshots that nobody took. */
function KeepPreview({ form: { retention } }: Pick<JobFieldsProps, "form">) {
  const { client } = useNeeds();
  const schedule = { times: ["02:00"], dayCount: PREVIEW_DAY_COUNT };
  const { data } = useQuery({
    ...pruneSimulationQuery(client, { schedule, retention }),
    placeholderData: keepPreviousData,
  });
  const oldest = data?.snapshots.findLast(({ action }) => action === "keep");
  if (data === undefined) return null;
  return (
    <p role="status">
      With one backup a day for a year, {countOf(data.keepCount, "snapshot")} would stay
      {oldest !== undefined && (
        <>
          , the oldest from <When at={oldest.backupTime * 1000} />
        </>
      )}
      .
    </p>
  );
}

function SourceFields({ form, change }: JobFieldsProps) {
  const { client } = useNeeds();
  const { data: workloads = [] } = useQuery(workloadsQuery(client));
  const chosen = chosenWorkloads(form, workloads);
  const text = (
    field:
      "includeNames" | "includeTags" | "includeProjects" | "excludeNames" | "excludeTags" | "excludeProjects",
    [label, placeholder]: readonly [label: string, placeholder: string],
  ) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={form[field]}
      onChange={(event) => change({ [field]: event.currentTarget.value })}
    />
  );
  return (
    <fieldset className={styles["fieldset"]}>
      <legend>Sources</legend>
      <MultiSelect
        label="Workloads"
        placeholder={workloads.length === 0 ? "None is named yet" : "By name"}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "None by name" }}
        value={[...form.workloads]}
        data={workloads.map(({ name }) => name)}
        onChange={(names) => change({ workloads: names })}
      />
      <div className={styles["two"]}>
        {text("includeTags", ["and all with a tag of", "prod"])}
        {text("includeProjects", ["and all of the projects", "shop"])}
        {text("includeNames", ["and all of names like", "web-*"])}
        {text("excludeTags", ["but none with a tag of", "scratch"])}
        {text("excludeProjects", ["but none of the projects", "test"])}
        {text("excludeNames", ["but none of names like", "old-*"])}
      </div>
      <p className="quiet" role="status">
        {chosen.length === 0 ? "That is none now." : `Now these: ${chosen.join(", ")}`}
      </p>
    </fieldset>
  );
}

export function VerifyFields(props: JobFieldsProps) {
  const { form, change } = props;
  return (
    <fieldset className={styles["fieldset"]}>
      <legend>How much</legend>
      <SegmentedControl
        aria-label="How much it reads"
        value={form.extent}
        data={[
          { value: "snapshots", label: "Snapshots, whole" },
          { value: "bytes", label: "All bytes within a window, by shares" },
        ]}
        onChange={(extent) => change({ extent: extent === "bytes" ? "bytes" : "snapshots" })}
      />
      <div className={styles["two"]}>
        {form.extent === "snapshots" ? (
          <NumberInput
            label="Leave out what was found sound in the last days"
            description="0: verify everything each time"
            min={0}
            max={3650}
            allowDecimal={false}
            value={form.verifyWindowDays}
            onChange={(verifyWindowDays) => change({ verifyWindowDays })}
          />
        ) : (
          <>
            <NumberInput
              label="All bytes once within days"
              description="The least recently checked first"
              min={1}
              max={3650}
              allowDecimal={false}
              value={form.coverDays}
              onChange={(coverDays) => change({ coverDays })}
            />
            <NumberInput
              label="At most minutes a run"
              description="The next run goes on"
              placeholder="until its share is read"
              min={1}
              value={form.durationMinutesMax}
              onChange={(durationMinutesMax) => change({ durationMinutesMax })}
            />
          </>
        )}
        <BandwidthField {...props} />
        <NamespaceField {...props} description="With what is below it; empty: the whole datastore" />
      </div>
    </fieldset>
  );
}

export function DrillFields(props: JobFieldsProps) {
  const { form, troubles, change } = props;
  const { client } = useNeeds();
  const { data: groups = [] } = useQuery({
    ...groupsQuery(client, form.datastore, ""),
    enabled: form.datastore !== "",
  });
  return (
    <fieldset className={styles["fieldset"]}>
      <legend>What is restored, and how it is looked at</legend>
      <div className={styles["two"]}>
        <TextInput
          label="Group"
          description="[NAMESPACE/]type/id"
          placeholder="host/web-1"
          list="drill-groups"
          value={form.group}
          onChange={(event) => change({ group: event.currentTarget.value })}
        />
        <datalist id="drill-groups">
          {groups.map(({ group }) => (
            <option key={group} value={group} />
          ))}
        </datalist>
        <Select
          label="Snapshot"
          description="Of its finished ones"
          allowDeselect={false}
          value={form.choice}
          data={[
            { value: "newest", label: "The newest" },
            { value: "random", label: "Any, by chance" },
          ]}
          onChange={(choice) => change({ choice: choice ?? "newest" })}
        />
        <TextInput
          label="Only this archive"
          value={form.archive}
          onChange={(event) => change({ archive: event.currentTarget.value })}
        />
        <TextInput
          label="Key file"
          description="Of encrypted backups, on the server's machine"
          value={form.keyFile}
          onChange={(event) => change({ keyFile: event.currentTarget.value })}
        />
        <BandwidthField {...props} />
      </div>
      <TextInput
        label="Check"
        description="Runs in the restored tree; when it fails, the drill has failed"
        placeholder="test -s etc/passwd"
        value={form.check}
        error={troubles.check}
        onChange={(event) => change({ check: event.currentTarget.value })}
      />
    </fieldset>
  );
}

export function GcFields({ form, change }: JobFieldsProps) {
  return (
    <NumberInput
      label="A chunk stays so many minutes after its last use"
      placeholder="1445, a day and five minutes"
      min={1}
      max={2880}
      allowDecimal={false}
      value={form.cutoffMinutes}
      onChange={(cutoffMinutes) => change({ cutoffMinutes })}
    />
  );
}
