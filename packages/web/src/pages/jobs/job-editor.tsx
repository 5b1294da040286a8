/** The editor of a job: what it does, to what, when, and what happens when something goes wrong. */

import { useState } from "react";
import { NumberInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { JOB_TYPES, TASK_PRIORITIES } from "@ironcore-backup/protocol/calls";
import type { Job, JobType } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { GroupChoice } from "../../parts/group-choice.tsx";
import { usePlanChange } from "../../parts/plan-change.ts";
import { useNeeds } from "../../session/needs.tsx";
import { projectsQuery } from "../../session/plan-query.ts";
import { datastoresQuery } from "../../session/query.ts";
import { createRequest, EMPTY_JOB, formOfJob, isComplete, troublesOf, updateRequest } from "./job-form.ts";
import type { JobForm, JobTroubles } from "./job-form.ts";
import { ScheduleFields } from "./schedule-field.tsx";
import { BackupFields, DrillFields, GcFields, VerifyFields } from "./type-fields.tsx";
import styles from "./jobs.module.css";

export interface JobFieldsProps {
  readonly form: JobForm;
  readonly troubles: JobTroubles;
  readonly change: (part: Partial<JobForm>) => void;
}

export function JobEditor({ job, onClose }: { readonly job?: Job; readonly onClose: () => void }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const [form, setForm] = useState(job === undefined ? EMPTY_JOB : formOfJob(job));
  const change = (part: Partial<JobForm>): void => setForm((before) => ({ ...before, ...part }));
  const troubles = troublesOf(form);
  const save = usePlanChange({
    run: () =>
      job === undefined
        ? client.call("createJob", { body: createRequest(form) })
        : client.call("updateJob", { params: { job: job.name }, body: updateRequest(form, job) }),
    onDone: async () => {
      onClose();
      await navigate({ to: "/jobs/$job", params: { job: form.name } });
    },
  });
  const props = { form, troubles, change };
  return (
    <FormDialog
      title={job === undefined ? "New job" : `Job ${job.name}`}
      isOpen
      size="xl"
      onClose={onClose}
      submit={job === undefined ? "Create" : "Save"}
      isBusy={save.isPending}
      isReady={isComplete(form) && Object.keys(troubles).length === 0}
      onSubmit={() => save.mutate()}
    >
      {job === undefined && <NewFields {...props} />}
      <WhatFields {...props} />
      <fieldset className={styles["fieldset"]}>
        <legend>When</legend>
        <ScheduleFields schedule={form.schedule} timeZone={form.timeZone} onChange={change} />
      </fieldset>
      <CareFields {...props} />
      {save.error !== null && <ErrorCard error={save.error} />}
    </FormDialog>
  );
}

const TYPE_WORDS: Readonly<Record<JobType, string>> = {
  backup: "Backup",
  verify: "Verify",
  prune: "Prune",
  gc: "Garbage collection",
  drill: "Recovery drill",
};

function NewFields({ form, troubles, change }: JobFieldsProps) {
  const { client } = useNeeds();
  const { data: datastores = [] } = useQuery(datastoresQuery(client));
  const { data: projects = [] } = useQuery(projectsQuery(client));
  return (
    <>
      <SegmentedControl
        aria-label="What it does"
        value={form.type}
        data={JOB_TYPES.map((type) => ({ value: type, label: TYPE_WORDS[type] }))}
        onChange={(type) => change({ type })}
      />
      <div className={styles["two"]}>
        <TextInput
          label="Name"
          data-autofocus
          placeholder="nightly"
          value={form.name}
          error={troubles.name}
          onChange={(event) => change({ name: event.currentTarget.value.trim() })}
        />
        <Select
          label="Datastore"
          placeholder={datastores.length === 0 ? "None is here yet" : "Choose one"}
          allowDeselect={false}
          value={form.datastore === "" ? null : form.datastore}
          data={datastores.map(({ name }) => name)}
          onChange={(datastore) => change({ datastore: datastore ?? "" })}
        />
      </div>
      {projects.length > 0 && (
        <Select
          label="Project"
          description="Whose members see and run it"
          placeholder="The platform's own"
          clearable
          clearButtonProps={{ "aria-label": "No project" }}
          value={form.project === "" ? null : form.project}
          data={projects.map(({ name }) => name)}
          onChange={(project) => change({ project: project ?? "" })}
        />
      )}
    </>
  );
}

function WhatFields(props: JobFieldsProps) {
  switch (props.form.type) {
    case "backup":
      return <BackupFields {...props} />;
    case "verify":
      return <VerifyFields {...props} />;
    case "drill":
      return <DrillFields {...props} />;
    case "gc":
      return <GcFields {...props} />;
    case "prune":
      return (
        <TextInput
          label="Namespace"
          description="With what is below it; empty: the whole datastore. It keeps what the retention of jobs, namespaces and datastore says."
          value={props.form.namespace}
          onChange={(event) => props.change({ namespace: event.currentTarget.value })}
        />
      );
  }
}

/** What happens when something goes wrong, and what is there for people. */
function CareFields({ form, change }: JobFieldsProps) {
  return (
    <fieldset className={styles["fieldset"]}>
      <legend>Care</legend>
      <Select
        label="A run that nobody was there for"
        allowDeselect={false}
        value={form.missedRuns}
        data={[
          { value: "run-once", label: "runs once, as soon as the server is back" },
          { value: "skip", label: "is left out" },
        ]}
        onChange={(policy) => change({ missedRuns: policy ?? "run-once" })}
      />
      <div className={styles["two"]}>
        <NumberInput
          label="Late after, hours"
          placeholder="24"
          min={0.02}
          value={form.allowedHours}
          onChange={(allowedHours) => change({ allowedHours })}
        />
        <NumberInput
          label="Start up to so many minutes later"
          description="By a fixed amount for each run, so that not everything starts at once"
          placeholder="0"
          min={0}
          max={1440}
          value={form.randomDelayMinutes}
          onChange={(randomDelayMinutes) => change({ randomDelayMinutes })}
        />
        <NumberInput
          label="Try again, times"
          placeholder="0"
          min={0}
          max={10}
          allowDecimal={false}
          value={form.retryCount}
          onChange={(retryCount) => change({ retryCount })}
        />
        <NumberInput
          label="First after, minutes"
          description="Doubled for each further one"
          placeholder="5"
          min={0}
          max={1440}
          value={form.retryDelayMinutes}
          onChange={(retryDelayMinutes) => change({ retryDelayMinutes })}
        />
      </div>
      <PriorityField form={form} change={change} />
      <GroupChoice
        description="Hears of its runs; without one it is the datastore's group"
        project={form.project}
        value={form.notificationGroup}
        onChange={(notificationGroup) => change({ notificationGroup })}
      />
      <TextInput
        label="Comment"
        value={form.comment}
        onChange={(event) => change({ comment: event.currentTarget.value })}
      />
    </fieldset>
  );
}

function PriorityField({ form, change }: Pick<JobFieldsProps, "form" | "change">) {
  return (
    <Select
      label="Priority"
      description="Which waiting task goes first"
      allowDeselect={false}
      value={form.priority}
      data={[...TASK_PRIORITIES]}
      onChange={(priority) => priority !== null && change({ priority })}
    />
  );
}
