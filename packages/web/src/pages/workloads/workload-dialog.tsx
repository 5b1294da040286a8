/** A workload, new or to be changed: what it is, what is read, and what runs around it. */

import { useState } from "react";
import { Checkbox, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Workload, WorkloadKind } from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { usePlanChange } from "../../parts/plan-change.ts";
import { useNeeds } from "../../session/needs.tsx";
import { projectsQuery } from "../../session/plan-query.ts";
import {
  createRequest,
  EMPTY_WORKLOAD,
  formOfWorkload,
  isComplete,
  troublesOf,
  updateRequest,
} from "./workload-form.ts";
import type { Troubles, WorkloadForm } from "./workload-form.ts";

interface DialogProps {
  /** Absent: a new one. */
  readonly workload?: Workload;
  readonly onClose: () => void;
}

export function WorkloadDialog({ workload, onClose }: DialogProps) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const [form, setForm] = useState(workload === undefined ? EMPTY_WORKLOAD : formOfWorkload(workload));
  const change = (part: Partial<WorkloadForm>): void => setForm((before) => ({ ...before, ...part }));
  const troubles = troublesOf(form);
  const save = usePlanChange({
    run: () =>
      workload === undefined
        ? client.call("createWorkload", { body: createRequest(form) })
        : client.call("updateWorkload", {
            params: { workload: workload.name },
            body: updateRequest(form, workload),
          }),
    onDone: async () => {
      onClose();
      await navigate({ to: "/workloads/$workload", params: { workload: form.name }, search: true });
    },
  });
  return (
    <FormDialog
      title={workload === undefined ? "New workload" : `Workload ${workload.name}`}
      isOpen
      onClose={onClose}
      submit={workload === undefined ? "Create" : "Save"}
      isBusy={save.isPending}
      isReady={isComplete(form) && Object.keys(troubles).length === 0}
      onSubmit={() => save.mutate()}
    >
      {workload === undefined && <NewFields form={form} troubles={troubles} change={change} />}
      {form.kind === "command" ? (
        <Textarea
          label="Commands"
          description="One in a line, NAME=COMMAND: what it prints is kept as NAME. No shell is in between."
          placeholder="shop.dump=pg_dump -Fc shop"
          autosize
          minRows={2}
          value={form.commands}
          error={troubles.commands}
          onChange={(event) => change({ commands: event.currentTarget.value })}
        />
      ) : (
        <PathFields form={form} troubles={troubles} change={change} />
      )}
      <MoreFields form={form} troubles={troubles} change={change} />
      {save.error !== null && <ErrorCard error={save.error} />}
    </FormDialog>
  );
}

interface FieldsProps {
  readonly form: WorkloadForm;
  readonly troubles: Troubles<WorkloadForm>;
  readonly change: (part: Partial<WorkloadForm>) => void;
}

const KINDS: readonly { readonly value: WorkloadKind; readonly label: string }[] = [
  { value: "files", label: "Directories" },
  { value: "image", label: "Disk images" },
  { value: "command", label: "Command output" },
];

function NewFields({ form, troubles, change }: FieldsProps) {
  const { client } = useNeeds();
  const { data: projects = [] } = useQuery(projectsQuery(client));
  return (
    <>
      <TextInput
        label="Name"
        description="Also the id of its backup group"
        data-autofocus
        placeholder="web-1"
        value={form.name}
        error={troubles.name}
        onChange={(event) => change({ name: event.currentTarget.value.trim() })}
      />
      <SegmentedControl
        aria-label="What it is"
        value={form.kind}
        data={[...KINDS]}
        onChange={(kind) => change({ kind: kind })}
      />
      {projects.length > 0 && (
        <Select
          label="Project"
          description="Whose members see it and its backups"
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

function PathFields({ form, troubles, change }: FieldsProps) {
  const isImage = form.kind === "image";
  return (
    <>
      <Textarea
        label={isImage ? "Images and block devices" : "Directories"}
        description="On the server's own machine, one in a line"
        placeholder={isImage ? "/var/lib/libvirt/images/web-1.qcow2" : "/srv/www"}
        autosize
        minRows={2}
        value={form.paths}
        error={troubles.paths}
        onChange={(event) => change({ paths: event.currentTarget.value })}
      />
      <Textarea
        label="These may be absent"
        description="Then the backup warns instead of failing"
        autosize
        minRows={1}
        value={form.optionalPaths}
        error={troubles.optionalPaths}
        onChange={(event) => change({ optionalPaths: event.currentTarget.value })}
      />
      {!isImage && (
        <>
          <Textarea
            label="Leave out"
            description="Patterns as in .gitignore, one in a line"
            placeholder="*.log"
            autosize
            minRows={1}
            value={form.excludes}
            onChange={(event) => change({ excludes: event.currentTarget.value })}
          />
          <Checkbox
            label="Stay on the file system of each directory"
            checked={form.oneFileSystem}
            onChange={(event) => change({ oneFileSystem: event.currentTarget.checked })}
          />
        </>
      )}
    </>
  );
}

function MoreFields({ form, troubles, change }: FieldsProps) {
  return (
    <>
      <TextInput
        label="Run before"
        description="Its failure fails the backup"
        placeholder="/usr/local/bin/freeze web-1"
        value={form.preCommand}
        error={troubles.preCommand}
        onChange={(event) => change({ preCommand: event.currentTarget.value })}
      />
      <TextInput
        label="Run after"
        description="Also after a failure; its failure is a warning"
        value={form.postCommand}
        error={troubles.postCommand}
        onChange={(event) => change({ postCommand: event.currentTarget.value })}
      />
      <TextInput
        label="Key file"
        description="On the server's machine; turns on encryption"
        placeholder="/etc/ironcore-backup/web.key"
        value={form.keyFile}
        error={troubles.keyFile}
        onChange={(event) => change({ keyFile: event.currentTarget.value.trim() })}
      />
      <TextInput
        label="Tags"
        description="Jobs choose by them; commas between"
        placeholder="prod, web"
        value={form.tags}
        error={troubles.tags}
        onChange={(event) => change({ tags: event.currentTarget.value })}
      />
      <TextInput
        label="Comment"
        value={form.comment}
        onChange={(event) => change({ comment: event.currentTarget.value })}
      />
    </>
  );
}
