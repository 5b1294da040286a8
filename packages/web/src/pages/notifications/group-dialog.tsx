/** A group, new or to be changed: where it sends, what it tells, when. */

import { useState } from "react";
import { Checkbox, MultiSelect, NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DIGESTS, MESSAGE_TARGET_KINDS, NOTIFICATION_EVENTS } from "@ironcore-backup/protocol/calls";
import type { Digest, NotificationGroup, Severity } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { targetsQuery } from "../../session/inbox-query.ts";
import { useNeeds } from "../../session/needs.tsx";
import { projectsQuery } from "../../session/plan-query.ts";
import { choiceOf, EVENT_CHOICES, withChoice } from "./event-choice.ts";
import type { EventLists } from "./event-choice.ts";
import styles from "./notifications.module.css";

interface GroupForm extends EventLists {
  readonly name: string;
  readonly project: string;
  readonly comment: string;
  readonly enabled: boolean;
  readonly targets: readonly string[];
  readonly severityMin: Severity;
  readonly digest: Digest;
  readonly digestHour: number;
  readonly remindHours: number;
}

function formOf(group: NotificationGroup | undefined): GroupForm {
  return {
    name: group?.name ?? "",
    project: group?.project ?? "",
    comment: group?.comment ?? "",
    enabled: group?.enabled ?? true,
    targets: group?.targets ?? [],
    severityMin: group?.severityMin ?? "warning",
    include: group?.include ?? [],
    exclude: group?.exclude ?? [],
    digest: group?.digest ?? "none",
    digestHour: group?.digestHour ?? 7,
    remindHours: group?.remindHours ?? 24,
  };
}

function fieldsOf(form: GroupForm) {
  const { targets, include, exclude, enabled, severityMin, digest, digestHour, remindHours } = form;
  return {
    targets: [...targets],
    include: [...include],
    exclude: [...exclude],
    enabled,
    severityMin,
    digest,
    digestHour,
    remindHours,
  };
}

interface DialogProps {
  /** Absent: a new one. */
  readonly group?: NotificationGroup;
  readonly onClose: () => void;
}

export function GroupDialog({ group, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [form, setForm] = useState(formOf(group));
  const change = (part: Partial<GroupForm>): void => setForm((before) => ({ ...before, ...part }));
  const save = useNotificationChange({
    run: () => {
      const { name, project, comment } = form;
      if (group !== undefined)
        return client.call("updateNotificationGroup", {
          params: { group: group.name },
          body: { ...fieldsOf(form), comment: comment === "" ? null : comment },
        });
      return client.call("createNotificationGroup", {
        body: {
          name,
          ...(project === "" ? {} : { project }),
          ...(comment === "" ? {} : { comment }),
          ...fieldsOf(form),
        },
      });
    },
    onDone: onClose,
  });
  return (
    <FormDialog
      title={group === undefined ? "New group" : `Group ${group.name}`}
      isOpen
      onClose={onClose}
      submit={group === undefined ? "Create" : "Save"}
      isBusy={save.isPending}
      isReady={form.name !== ""}
      onSubmit={() => save.mutate()}
    >
      {group === undefined && <NewFields form={form} change={change} />}
      <TargetField form={form} change={change} />
      <Select
        label="Tells from which severity on"
        allowDeselect={false}
        value={form.severityMin}
        data={[
          { value: "info", label: "Everything" },
          { value: "warning", label: "Warnings and errors" },
          { value: "error", label: "Errors" },
        ]}
        onChange={(severity) => severity !== null && change({ severityMin: severity })}
      />
      <EventField form={form} change={change} />
      <TimeFields form={form} change={change} />
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
      {save.error !== null && <ErrorCard error={save.error} />}
    </FormDialog>
  );
}

interface FieldsProps {
  readonly form: GroupForm;
  readonly change: (part: Partial<GroupForm>) => void;
}

function NewFields({ form, change }: FieldsProps) {
  const { client } = useNeeds();
  const { data: projects = [] } = useQuery(projectsQuery(client));
  return (
    <>
      <TextInput
        label="Name"
        data-autofocus
        placeholder="ops"
        value={form.name}
        onChange={(event) => change({ name: event.currentTarget.value.trim() })}
      />
      {projects.length > 0 && (
        <Select
          label="Project"
          placeholder="The platform's own"
          clearable
          clearButtonProps={{ "aria-label": "No project" }}
          value={form.project === "" ? null : form.project}
          data={projects.map(({ name }) => name)}
          onChange={(project) => change({ project: project ?? "", targets: [] })}
        />
      )}
    </>
  );
}

function TargetField({ form, change }: FieldsProps) {
  const { client } = useNeeds();
  const { data: targets = [] } = useQuery(targetsQuery(client));
  const fitting = targets.filter(
    ({ kind, project = "" }) => MESSAGE_TARGET_KINDS.some((one) => one === kind) && project === form.project,
  );
  return (
    <MultiSelect
      searchable
      label="Targets"
      description="Each gets an event once, however many groups lead there"
      value={[...form.targets]}
      data={fitting.map(({ name }) => name)}
      onChange={(names) => change({ targets: names })}
    />
  );
}

function EventField({ form, change }: FieldsProps) {
  return (
    <details>
      <summary>Event by event</summary>
      <ul className={styles["events"]}>
        {NOTIFICATION_EVENTS.map((event) => (
          <li key={event} className={styles["event"]}>
            <code>{event}</code>
            <SegmentedControl
              size="xs"
              aria-label={event}
              value={choiceOf(form, event)}
              data={EVENT_CHOICES.map((value) => ({
                value,
                label: value === "severity" ? "by severity" : value,
              }))}
              onChange={(choice) => change(withChoice(form, event, choice))}
            />
          </li>
        ))}
      </ul>
    </details>
  );
}

const DIGEST_WORDS: Readonly<Record<Digest, string>> = {
  none: "At once",
  hourly: "Every hour together",
  daily: "Once a day together",
};

function TimeFields({ form, change }: FieldsProps) {
  return (
    <>
      <Select
        label="When"
        allowDeselect={false}
        value={form.digest}
        data={DIGESTS.map((value) => ({ value, label: DIGEST_WORDS[value] }))}
        onChange={(digest) => digest !== null && change({ digest })}
      />
      {form.digest === "daily" && (
        <NumberInput
          label="At which hour"
          min={0}
          max={23}
          value={form.digestHour}
          onChange={(hour) => change({ digestHour: Number(hour) })}
        />
      )}
      <NumberInput
        label="Again, while it goes on, after so many hours"
        description="0: never again"
        min={0}
        max={720}
        value={form.remindHours}
        onChange={(hours) => change({ remindHours: Number(hours) })}
      />
    </>
  );
}
