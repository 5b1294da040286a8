/** A rule, new or to be changed; below it what it would have sent in the last thirty days, anew with every change. */

import { useState } from "react";
import { Checkbox, MultiSelect, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { NOTIFICATION_EVENTS, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import type {
  NotificationEventWord,
  NotificationRule,
  RuleMatch,
  RulePreviewRequest,
  Severity,
  TaskType,
} from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { Ago, When } from "../../parts/instant.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { countOf } from "../../parts/stage-text.ts";
import { groupsQuery, rulePreviewQuery } from "../../session/inbox-query.ts";
import { useNeeds } from "../../session/needs.tsx";
import { projectsQuery } from "../../session/plan-query.ts";
import styles from "./notifications.module.css";

const PAUSE_MS = 400;
const SAMPLE_COUNT = 5;

interface RuleForm {
  readonly name: string;
  readonly project: string;
  readonly comment: string;
  readonly enabled: boolean;
  readonly groups: readonly string[];
  readonly events: readonly NotificationEventWord[];
  readonly types: readonly TaskType[];
  readonly severityMin: Severity | undefined;
  readonly projects: string;
  readonly datastores: string;
  readonly jobs: string;
  readonly workloads: string;
}

function formOf(rule: NotificationRule | undefined): RuleForm {
  const match = rule?.match ?? {};
  const text = (list: readonly string[] | undefined): string => (list ?? []).join(", ");
  return {
    name: rule?.name ?? "",
    project: rule?.project ?? "",
    comment: rule?.comment ?? "",
    enabled: rule?.enabled ?? true,
    groups: rule?.groups ?? [],
    events: match.events ?? [],
    types: match.types ?? [],
    severityMin: match.severityMin,
    projects: text(match.projects),
    datastores: text(match.datastores),
    jobs: text(match.jobs),
    workloads: text(match.workloads),
  };
}

function matchOf(form: RuleForm): RuleMatch {
  const list = (text: string): string[] =>
    text
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
  const { events, types, severityMin } = form;
  const patterns = {
    projects: form.projects,
    datastores: form.datastores,
    jobs: form.jobs,
    workloads: form.workloads,
  };
  return {
    ...(events.length === 0 ? {} : { events: [...events] }),
    ...(types.length === 0 ? {} : { types: [...types] }),
    ...(severityMin === undefined ? {} : { severityMin }),
    ...Object.fromEntries(
      Object.entries(patterns)
        .map(([field, text]) => [field, list(text)] as const)
        .filter(([, names]) => names.length > 0),
    ),
  };
}

interface DialogProps {
  /** Absent: a new one. */
  readonly rule?: NotificationRule;
  readonly onClose: () => void;
}

export function RuleDialog({ rule, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [form, setForm] = useState(formOf(rule));
  const change = (part: Partial<RuleForm>): void => setForm((before) => ({ ...before, ...part }));
  const save = useNotificationChange({
    run: () => {
      const { name, project, comment, enabled, groups } = form;
      const fields = { enabled, match: matchOf(form), groups: [...groups] };
      if (rule !== undefined)
        return client.call("updateNotificationRule", {
          params: { rule: rule.name },
          body: { ...fields, comment: comment === "" ? null : comment },
        });
      return client.call("createNotificationRule", {
        body: {
          name,
          ...(project === "" ? {} : { project }),
          ...(comment === "" ? {} : { comment }),
          ...fields,
        },
      });
    },
    onDone: onClose,
  });
  return (
    <FormDialog
      title={rule === undefined ? "New rule" : `Rule ${rule.name}`}
      isOpen
      onClose={onClose}
      submit={rule === undefined ? "Create" : "Save"}
      isBusy={save.isPending}
      isReady={form.name !== ""}
      onSubmit={() => save.mutate()}
    >
      {rule === undefined && <NewFields form={form} change={change} />}
      <MatchFields form={form} change={change} />
      <GroupField form={form} change={change} />
      <TextInput
        label="Comment"
        value={form.comment}
        onChange={(event) => change({ comment: event.currentTarget.value })}
      />
      <Checkbox
        label="Enabled"
        checked={form.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      <Preview form={form} />
      {save.error !== null && <ErrorCard error={save.error} />}
    </FormDialog>
  );
}

interface FieldsProps {
  readonly form: RuleForm;
  readonly change: (part: Partial<RuleForm>) => void;
}

function NewFields({ form, change }: FieldsProps) {
  const { client } = useNeeds();
  const { data: projects = [] } = useQuery(projectsQuery(client));
  return (
    <>
      <TextInput
        label="Name"
        data-autofocus
        placeholder="failed-backups"
        value={form.name}
        onChange={(event) => change({ name: event.currentTarget.value.trim() })}
      />
      {projects.length > 0 && (
        <Select
          label="Project"
          description="It looks at nothing else then"
          placeholder="The platform's own"
          clearable
          clearButtonProps={{ "aria-label": "No project" }}
          value={form.project === "" ? null : form.project}
          data={projects.map(({ name }) => name)}
          onChange={(project) => change({ project: project ?? "", groups: [] })}
        />
      )}
    </>
  );
}

const PATTERN_FIELDS = [
  ["projects", "Projects"],
  ["datastores", "Datastores"],
  ["jobs", "Jobs"],
  ["workloads", "Workloads"],
] as const;

function MatchFields({ form, change }: FieldsProps) {
  return (
    <>
      <MultiSelect
        searchable
        label="Events"
        description="Empty: any"
        value={[...form.events]}
        data={[...NOTIFICATION_EVENTS]}
        onChange={(events) => change({ events: NOTIFICATION_EVENTS.filter((one) => events.includes(one)) })}
      />
      <MultiSelect
        searchable
        label="Types of tasks"
        description="Empty: any, and what is no task"
        value={[...form.types]}
        data={[...TASK_TYPES]}
        onChange={(types) => change({ types: TASK_TYPES.filter((one) => types.includes(one)) })}
      />
      <Select
        label="From which severity on"
        placeholder="Any"
        clearable
        clearButtonProps={{ "aria-label": "Any severity" }}
        value={form.severityMin ?? null}
        data={["warning", "error"]}
        onChange={(severity) =>
          change({ severityMin: severity === "warning" || severity === "error" ? severity : undefined })
        }
      />
      {PATTERN_FIELDS.map(([field, label]) => (
        <TextInput
          key={field}
          label={label}
          description="Commas between, * for any letters; empty: any"
          value={form[field]}
          onChange={(event) => change({ [field]: event.currentTarget.value })}
        />
      ))}
    </>
  );
}

function GroupField({ form, change }: FieldsProps) {
  const { client } = useNeeds();
  const { data: groups = [] } = useQuery(groupsQuery(client));
  const fitting = groups.filter(({ project = "" }) => project === form.project);
  return (
    <MultiSelect
      searchable
      label="Leads to these groups"
      value={[...form.groups]}
      data={fitting.map(({ name }) => name)}
      onChange={(names) => change({ groups: names })}
    />
  );
}

/** The form as it was a moment ago: nobody asks at every letter. */
function Preview({ form }: { readonly form: RuleForm }) {
  const { client } = useNeeds();
  const { project, groups } = form;
  const wanted: RulePreviewRequest = {
    ...(project === "" ? {} : { project }),
    match: matchOf(form),
    groups: [...groups],
  };
  const [settled] = useDebouncedValue(JSON.stringify(wanted), PAUSE_MS);
  // Written a few lines above.
  const { data, error } = useQuery(rulePreviewQuery(client, JSON.parse(settled) as RulePreviewRequest));
  if (error !== null) return <ErrorCard error={error} />;
  if (data === undefined) return <p className="quiet">Looking at the last thirty days …</p>;
  return (
    <section className={styles["preview"]} aria-label="What it would have sent" aria-live="polite">
      <p>
        <strong>
          {data.matchedCount} of {countOf(data.eventCount, "event")}
        </strong>{" "}
        since <When at={data.since} /> fit.
      </p>
      {data.groups.length === 0 && data.matchedCount > 0 && (
        <p>They would have gone to nobody: name a group.</p>
      )}
      {data.groups.map(({ group, entryCount, messageCount }) => (
        <p key={group}>
          {group} would have told {entryCount} of them in {countOf(messageCount, "message")} to each target.
        </p>
      ))}
      <ul>
        {data.samples.slice(0, SAMPLE_COUNT).map(({ at, title }, index) => (
          <li key={index}>
            <Ago at={at} /> {title}
          </li>
        ))}
      </ul>
    </section>
  );
}
