/** A target as its dialog has it: all texts, one of them for each field; and the requests that come of it. */

import type {
  MailLoginMethod,
  MailSecurity,
  NotificationTarget,
  TargetCreate,
  TargetKind,
  TargetUpdate,
  WebhookPreset,
} from "@ironcore-backup/protocol/calls";

export interface TargetForm {
  readonly name: string;
  readonly kind: TargetKind;
  readonly project: string;
  readonly comment: string;
  readonly enabled: boolean;
  readonly host: string;
  readonly port: string;
  readonly security: MailSecurity;
  readonly loginMethod: MailLoginMethod;
  readonly username: string;
  readonly password: string;
  readonly from: string;
  readonly to: string;
  readonly subjectTemplate: string;
  readonly introTemplate: string;
  readonly caCertificate: string;
  readonly url: string;
  /** `NAME: VALUE`, one in a line. */
  readonly headers: string;
  readonly signingSecret: string;
  readonly token: string;
  readonly preset: WebhookPreset;
  readonly bodyTemplate: string;
  readonly allowPrivate: boolean;
  readonly job: string;
  readonly everySeconds: string;
  readonly organization: string;
  readonly bucket: string;
  readonly database: string;
}

export const EMPTY_TARGET: TargetForm = {
  name: "",
  kind: "smtp",
  project: "",
  comment: "",
  enabled: true,
  host: "",
  port: "",
  security: "starttls",
  loginMethod: "plain",
  username: "",
  password: "",
  from: "",
  to: "",
  subjectTemplate: "",
  introTemplate: "",
  caCertificate: "",
  url: "",
  headers: "",
  signingSecret: "",
  token: "",
  preset: "standard",
  bodyTemplate: "",
  allowPrivate: false,
  job: "",
  everySeconds: "",
  organization: "",
  bucket: "",
  database: "",
};

type Field = Exclude<keyof TargetForm, "name" | "kind" | "project">;

/** The fields of each kind, in the order of the dialog. */
export const FIELDS_OF_KIND: Readonly<Record<TargetKind, readonly Field[]>> = {
  smtp: [
    "host",
    "port",
    "security",
    "username",
    "password",
    "loginMethod",
    "from",
    "to",
    "subjectTemplate",
    "introTemplate",
    "caCertificate",
  ],
  webhook: [
    "preset",
    "url",
    "token",
    "bodyTemplate",
    "headers",
    "signingSecret",
    "caCertificate",
    "allowPrivate",
  ],
  heartbeat: ["url", "job", "everySeconds", "caCertificate", "allowPrivate"],
  influxdb: [
    "url",
    "organization",
    "bucket",
    "token",
    "database",
    "username",
    "password",
    "everySeconds",
    "caCertificate",
    "allowPrivate",
  ],
  pushgateway: ["url", "username", "password", "everySeconds", "caCertificate", "allowPrivate"],
};

const SECRETS: ReadonlySet<Field> = new Set<Field>(["url", "password", "token", "headers", "signingSecret"]);

/** Secrets are not known: an empty one stays as it is. */
export function formOfTarget(target: NotificationTarget): TargetForm {
  const { port, everySeconds, to = [] } = target;
  return {
    ...EMPTY_TARGET,
    name: target.name,
    kind: target.kind,
    project: target.project ?? "",
    comment: target.comment ?? "",
    enabled: target.enabled,
    host: target.host ?? "",
    port: port === undefined ? "" : String(port),
    security: target.security ?? "starttls",
    loginMethod: target.loginMethod ?? "plain",
    username: target.username ?? "",
    from: target.from ?? "",
    to: to.join(", "),
    subjectTemplate: target.subjectTemplate ?? "",
    introTemplate: target.introTemplate ?? "",
    caCertificate: target.caCertificate ?? "",
    preset: target.preset ?? "standard",
    bodyTemplate: target.bodyTemplate ?? "",
    allowPrivate: target.allowPrivate ?? false,
    job: target.job ?? "",
    everySeconds: everySeconds === undefined ? "" : String(everySeconds),
    organization: target.organization ?? "",
    bucket: target.bucket ?? "",
    database: target.database ?? "",
  };
}

/** What the kind must have, besides a name. */
export function isTargetComplete(form: TargetForm, isNew: boolean): boolean {
  if (form.name === "") return false;
  if (form.kind === "smtp") return form.host !== "" && form.from !== "" && addressesOf(form.to).length > 0;
  return !isNew || form.url !== "";
}

export function addressesOf(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((address) => address.trim())
    .filter((address) => address !== "");
}

/** The value of a field as it travels; undefined for what was left empty. */
function valueOf(form: TargetForm, field: Field): TargetCreate[keyof TargetCreate] | undefined {
  const value = form[field];
  if (typeof value === "boolean") return field === "allowPrivate" && !value ? undefined : value;
  if (value === "") return undefined;
  if (field === "port" || field === "everySeconds") return Number(value);
  if (field === "to") return addressesOf(value);
  if (field === "headers") return headersOf(value);
  // The defaults of both need not be said.
  return DEFAULTS[field] === value ? undefined : value;
}

const DEFAULTS: Partial<TargetForm> = { preset: "standard", security: "starttls", loginMethod: "plain" };

/** Lines that are none are left for the server to refuse: as names of headers. */
function headersOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => {
        const [name = "", ...rest] = line.split(":");
        return [name.trim(), rest.join(":").trim()];
      }),
  );
}

export function targetCreation(form: TargetForm): TargetCreate {
  const { name, kind, project, comment, enabled } = form;
  const fields = FIELDS_OF_KIND[kind]
    .map((field) => [field, valueOf(form, field)] as const)
    .filter(([, value]) => value !== undefined);
  return {
    name,
    kind,
    ...(project === "" ? {} : { project }),
    ...(comment === "" ? {} : { comment }),
    ...(enabled ? {} : { enabled }),
    // Each value came from its own field.
    ...(Object.fromEntries(fields) as Partial<TargetCreate>),
  };
}

/** What was emptied is taken away, but for secrets: those are empty because they are never shown. */
export function targetUpdate(form: TargetForm): TargetUpdate {
  const fields = FIELDS_OF_KIND[form.kind]
    .map((field) => [field, valueOf(form, field) ?? null] as const)
    .filter(([field, value]) => value !== null || !SECRETS.has(field));
  return {
    comment: form.comment === "" ? null : form.comment,
    enabled: form.enabled,
    // As above.
    ...(Object.fromEntries(fields) as Partial<TargetUpdate>),
  };
}
