/** A target, new or to be changed. Secrets are written and never shown; how a message looks can be seen before it is sent. */

import { useState } from "react";
import { Button, Checkbox, PasswordInput, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import {
  MAIL_LOGIN_METHODS,
  MAIL_SECURITIES,
  TARGET_KINDS,
  WEBHOOK_PRESETS,
} from "@ironcore-backup/protocol/calls";
import type {
  NotificationTarget,
  NotificationTargetMade,
  TargetKind,
  TargetPreview,
} from "@ironcore-backup/protocol/calls";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { projectsQuery } from "../../session/plan-query.ts";
import {
  EMPTY_TARGET,
  FIELDS_OF_KIND,
  formOfTarget,
  isTargetComplete,
  targetCreation,
  targetUpdate,
} from "./target-form.ts";
import type { TargetForm } from "./target-form.ts";
import styles from "./notifications.module.css";

export const KIND_WORDS: Readonly<Record<TargetKind, string>> = {
  smtp: "Mail",
  webhook: "Webhook",
  heartbeat: "Heartbeat",
  influxdb: "InfluxDB",
  pushgateway: "Prometheus push gateway",
};

interface DialogProps {
  /** Absent: a new one. */
  readonly target?: NotificationTarget;
  readonly onClose: () => void;
  /** With a secret that the server made. */
  readonly onMade: (made: NotificationTargetMade) => void;
}

export function TargetDialog({ target, onClose, onMade }: DialogProps) {
  const { client } = useNeeds();
  const isNew = target === undefined;
  const [form, setForm] = useState(isNew ? EMPTY_TARGET : formOfTarget(target));
  const change = (part: Partial<TargetForm>): void => setForm((before) => ({ ...before, ...part }));
  const save = useNotificationChange<void, NotificationTargetMade>({
    run: async () => {
      if (isNew) return client.call("createTarget", { body: targetCreation(form) });
      const body = targetUpdate(form);
      return { target: await client.call("updateTarget", { params: { target: target.name }, body }) };
    },
    onDone: onMade,
  });
  return (
    <FormDialog
      title={isNew ? "New target" : `Target ${target.name}`}
      isOpen
      onClose={onClose}
      submit={isNew ? "Create" : "Save"}
      isBusy={save.isPending}
      isReady={isTargetComplete(form, isNew)}
      onSubmit={() => save.mutate()}
    >
      {isNew && <NewFields form={form} change={change} />}
      {FIELDS_OF_KIND[form.kind].map((field) => (
        <Field key={field} field={field} form={form} change={change} secrets={target?.secrets ?? []} />
      ))}
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
      {(form.kind === "smtp" || form.kind === "webhook") && <Preview form={form} kind={form.kind} />}
      {save.error !== null && <ErrorCard error={save.error} />}
    </FormDialog>
  );
}

interface FieldsProps {
  readonly form: TargetForm;
  readonly change: (part: Partial<TargetForm>) => void;
}

function NewFields({ form, change }: FieldsProps) {
  const { client } = useNeeds();
  const { data: projects = [] } = useQuery(projectsQuery(client));
  return (
    <>
      <TextInput
        label="Name"
        data-autofocus
        placeholder="mail"
        value={form.name}
        onChange={(event) => change({ name: event.currentTarget.value.trim() })}
      />
      <Select
        label="Kind"
        allowDeselect={false}
        value={form.kind}
        data={TARGET_KINDS.map((value) => ({ value, label: KIND_WORDS[value] }))}
        onChange={(kind) => kind !== null && change({ kind })}
      />
      {projects.length > 0 && (
        <Select
          label="Project"
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

const TOKEN_PRESETS: ReadonlySet<string> = new Set(["gotify", "ntfy"]);

type FieldName = (typeof FIELDS_OF_KIND)[TargetKind][number];

interface FieldWords {
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
}

const WORDS: Readonly<Record<FieldName, FieldWords>> = {
  host: { label: "Mail server", placeholder: "mail.example.org" },
  port: { label: "Port", hint: "587 with STARTTLS, 465 with TLS when it is left out" },
  security: { label: "Encryption" },
  username: { label: "User name" },
  password: { label: "Password" },
  from: { label: "Sender", placeholder: "backup@example.org" },
  to: { label: "Recipients", hint: "Commas between", placeholder: "ops@example.org" },
  subjectTemplate: { label: "Subject", hint: "With names like {{title}}; empty for ours" },
  introTemplate: { label: "Text above", hint: "With the same names" },
  caCertificate: { label: "Certificate authority", hint: "PEM, where it is not publicly known" },
  preset: { label: "Shape of the body" },
  url: { label: "Address", placeholder: "https://…" },
  headers: { label: "Headers", hint: "Sent with each request, NAME: VALUE, one in a line" },
  signingSecret: { label: "Signing secret", hint: "Empty: one is made where the shape is standard" },
  loginMethod: { label: "Way to log in" },
  token: { label: "Token" },
  bodyTemplate: { label: "Body", hint: "Only for the shape custom: JSON with names like {{title}}" },
  allowPrivate: { label: "May lead to this machine and to private networks" },
  job: { label: "After each success of this job", hint: "Empty: by the clock, while all is well" },
  everySeconds: { label: "Every so many seconds" },
  organization: { label: "Organization", hint: "InfluxDB 2" },
  bucket: { label: "Bucket", hint: "InfluxDB 2" },
  database: { label: "Database", hint: "InfluxDB 1" },
  comment: { label: "Comment" },
  enabled: { label: "Enabled" },
};

interface FieldProps extends FieldsProps {
  readonly field: FieldName;
  /** Names of those that are set. */
  readonly secrets: readonly string[];
}

const SECRET_TEXTS: ReadonlySet<FieldName> = new Set<FieldName>(["password", "token", "signingSecret"]);
const LONG_TEXTS: ReadonlySet<FieldName> = new Set<FieldName>([
  "bodyTemplate",
  "introTemplate",
  "caCertificate",
  "headers",
]);

function Field({ field, form, change, secrets }: FieldProps) {
  const mayReach = useMay("notification.manage");
  const { label, hint, placeholder = "" } = WORDS[field];
  const value = form[field];
  if (field === "token" && form.kind === "webhook" && !TOKEN_PRESETS.has(form.preset)) return null;
  if (field === "bodyTemplate" && form.preset !== "custom") return null;
  if (typeof value === "boolean")
    return mayReach ? (
      <Checkbox
        label={label}
        checked={value}
        onChange={(event) => change({ [field]: event.currentTarget.checked })}
      />
    ) : null;
  const common = {
    label,
    ...(hint === undefined ? {} : { description: hint }),
    placeholder: secrets.some((one) => one === field || one.startsWith(`${field}.`))
      ? "Set; type to replace it"
      : placeholder,
    value,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      change({ [field]: event.currentTarget.value }),
  };
  if (field === "security") return <SecurityField form={form} change={change} />;
  if (field === "loginMethod") return <LoginField form={form} change={change} />;
  if (field === "preset") return <PresetField form={form} change={change} />;
  if (SECRET_TEXTS.has(field)) return <PasswordInput {...common} autoComplete="off" />;
  if (LONG_TEXTS.has(field)) return <Textarea {...common} autosize minRows={2} maxRows={8} />;
  return <TextInput {...common} />;
}

function SecurityField({ form, change }: FieldsProps) {
  return (
    <Select
      label={WORDS.security.label}
      allowDeselect={false}
      value={form.security}
      data={[...MAIL_SECURITIES]}
      onChange={(security) => security !== null && change({ security })}
    />
  );
}

function LoginField({ form, change }: FieldsProps) {
  return (
    <Select
      label={WORDS.loginMethod.label}
      allowDeselect={false}
      value={form.loginMethod}
      data={[...MAIL_LOGIN_METHODS]}
      onChange={(loginMethod) => loginMethod !== null && change({ loginMethod })}
    />
  );
}

function PresetField({ form, change }: FieldsProps) {
  return (
    <Select
      label={WORDS.preset.label}
      allowDeselect={false}
      value={form.preset}
      data={[...WEBHOOK_PRESETS]}
      onChange={(preset) => preset !== null && change({ preset })}
    />
  );
}

function Preview({ form, kind }: { readonly form: TargetForm; readonly kind: "smtp" | "webhook" }) {
  const { client } = useNeeds();
  const look = useMutation({
    mutationFn: () => {
      const { preset, bodyTemplate, subjectTemplate, introTemplate } = form;
      const body =
        kind === "smtp"
          ? {
              kind,
              ...(subjectTemplate === "" ? {} : { subjectTemplate }),
              ...(introTemplate === "" ? {} : { introTemplate }),
            }
          : { kind, preset, ...(bodyTemplate === "" || preset !== "custom" ? {} : { bodyTemplate }) };
      return client.call("previewTarget", { body });
    },
  });
  return (
    <>
      <div>
        <Button variant="default" size="compact-sm" loading={look.isPending} onClick={() => look.mutate()}>
          Preview
        </Button>
      </div>
      {look.error !== null && <ErrorCard error={look.error} />}
      {look.data !== undefined && <Shown preview={look.data} />}
    </>
  );
}

function Shown({ preview: { subject, html, text, body } }: { readonly preview: TargetPreview }) {
  return (
    <>
      {subject !== undefined && <p>{subject}</p>}
      {html !== undefined && (
        // Without any right: what a template holds runs nothing and asks for nothing.
        <iframe className={styles["frame"]} title="The mail as it would look" sandbox="" srcDoc={html} />
      )}
      {(text ?? body) !== undefined && (
        <pre className={styles["source"]} tabIndex={0} role="group" aria-label="As text">
          {text ?? body}
        </pre>
      )}
    </>
  );
}
