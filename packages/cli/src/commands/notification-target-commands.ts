/** `notification target create | list | show | update | preview | remove`. Secrets come from files or are asked for. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import {
  MAIL_LOGIN_METHODS,
  MAIL_SECURITIES,
  TARGET_KINDS,
  WEBHOOK_PRESETS,
} from "@ironcore-backup/protocol/calls";
import type {
  MailLoginMethod,
  MailSecurity,
  NotificationTarget,
  TargetCreate,
  TargetKind,
  TargetPreview,
  WebhookPreset,
} from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { collect, createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { readNewPassword } from "../secret-input.ts";

interface TargetOptions {
  readonly kind?: TargetKind;
  readonly project?: string;
  readonly comment?: string;
  readonly disabled?: boolean;
  readonly enabled?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly security?: MailSecurity;
  readonly loginMethod?: MailLoginMethod;
  readonly username?: string;
  readonly password?: boolean;
  readonly passwordFile?: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly subject?: string;
  readonly intro?: string;
  readonly caFile?: string;
  readonly url?: string;
  readonly urlFile?: string;
  readonly tokenFile?: string;
  readonly preset?: WebhookPreset;
  readonly bodyFile?: string;
  readonly header?: readonly string[];
  readonly signingSecretFile?: string;
  readonly allowPrivate?: boolean;
  readonly job?: string;
  readonly every?: string;
  readonly organization?: string;
  readonly bucket?: string;
  readonly database?: string;
}

export function targetCommands(context: CommandContext): Command {
  const list = createCommand("list", "list the targets and how they are doing").action(
    (options: Options<object>) =>
      callAndPrint(context, options, "listTargets", {}, (targets) => renderTargets(context.look, targets)),
  );
  const show = createCommand("show", "show one target; secrets are named, never shown")
    .argument("<NAME>")
    .action((target: string, options: Options<object>) =>
      callAndPrint(context, options, "getTarget", { params: { target } }, (answer) =>
        describeTarget(context.look, answer),
      ),
    );
  const remove = createCommand("remove", "remove a target that no group names")
    .argument("<NAME>")
    .action((target: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeTarget",
        { params: { target } },
        () => `Target ${target} is removed`,
      ),
    );
  return createGroup("target", "mail servers, webhooks, heartbeats and metric servers", [
    createCommandOf(context),
    list,
    show,
    updateCommand(context),
    previewCommand(context),
    remove,
  ]);
}

function createCommandOf(context: CommandContext): Command {
  const command = createCommand("create", "make a target", [
    "notification target create mail --kind smtp --host mail.example --username backup --password --from backup@example.org --to ops@example.org",
    "notification target create chat --kind webhook --preset slack --url-file ./hook-url",
    "notification target create pulse --kind heartbeat --url https://hc.example/ping/1234 --every 300",
  ])
    .argument("<NAME>")
    .addOption(new Option("--kind <KIND>", "what it is").choices(TARGET_KINDS).makeOptionMandatory())
    .option("--project <NAME>", "project that it belongs to")
    .option("--disabled", "make it, and send nothing yet");
  return addTargetOptions(command).action(async (name: string, options: Options<TargetOptions>) => {
    const { kind, project, disabled } = options;
    if (kind === undefined) throw cliErrors.USAGE_INVALID({ detail: "--kind says what the target is" });
    const body = {
      name,
      kind,
      ...(project === undefined ? {} : { project }),
      ...(disabled === true ? { enabled: false } : {}),
      ...(await fieldsOf(context, name, options)),
    };
    await callAndPrint(context, options, "createTarget", { body }, ({ target, signingSecret }) => [
      `Target ${target.name} is made`,
      ...(signingSecret === undefined
        ? []
        : [`  Signing secret  ${signingSecret}   (shown once; the receiver verifies with it)`]),
      `  Next: ironcore-backup notification test ${target.name}`,
    ]);
  });
}

function updateCommand(context: CommandContext): Command {
  const command = createCommand("update", "change a target; what is given replaces what was")
    .argument("<NAME>")
    .option("--disabled", "send nothing any more")
    .option("--enabled", "send again");
  return addTargetOptions(command).action(async (target: string, options: Options<TargetOptions>) => {
    const { disabled, enabled } = options;
    const body = {
      ...(disabled === true ? { enabled: false } : enabled === true ? { enabled: true } : {}),
      ...(await fieldsOf(context, target, options)),
    };
    if (Object.keys(body).length === 0)
      throw cliErrors.USAGE_INVALID({ detail: "update needs something to change" });
    await callAndPrint(context, options, "updateTarget", { params: { target }, body }, (answer) =>
      describeTarget(context.look, answer),
    );
  });
}

function previewCommand(context: CommandContext): Command {
  return createCommand("preview", "show how a message would look", [
    "notification target preview --kind smtp --subject '{{severity}}: {{title}}'",
  ])
    .addOption(new Option("--kind <KIND>", "mail or webhook").choices(["smtp", "webhook"]).default("smtp"))
    .addOption(new Option("--preset <PRESET>", "shape of a webhook's body").choices(WEBHOOK_PRESETS))
    .option("--subject <TEMPLATE>", "subject of a mail")
    .option("--intro <TEMPLATE>", "text above the entries of a mail")
    .option("--body-file <FILE>", "template of a custom webhook's body")
    .action((options: Options<Omit<TargetOptions, "kind"> & { readonly kind: "smtp" | "webhook" }>) => {
      const { kind, preset, subject, intro, bodyFile } = options;
      const body = {
        kind,
        ...(preset === undefined ? {} : { preset }),
        ...(subject === undefined ? {} : { subjectTemplate: subject }),
        ...(intro === undefined ? {} : { introTemplate: intro }),
        ...(bodyFile === undefined ? {} : { bodyTemplate: readText(context, bodyFile) }),
      };
      return callAndPrint(context, options, "previewTarget", { body }, describePreview);
    });
}

function addTargetOptions(command: Command): Command {
  return command
    .option("--comment <TEXT>", "note for people")
    .option("--host <NAME>", "smtp: mail server")
    .option("--port <N>", "smtp: its port (default: 587 with starttls, 465 with tls)")
    .addOption(new Option("--security <HOW>", "smtp: how the line is secured").choices(MAIL_SECURITIES))
    .addOption(new Option("--login-method <HOW>", "smtp: how it signs in").choices(MAIL_LOGIN_METHODS))
    .option("--username <NAME>", "smtp, influxdb, pushgateway: who signs in")
    .option("--password", "ask for the password")
    .option("--password-file <FILE>", "read the password from the first line of a file")
    .option("--from <ADDRESS>", "smtp: sender")
    .option("--to <ADDRESS>", "smtp: recipient; may be repeated", collect)
    .option("--subject <TEMPLATE>", "smtp: subject, with names like {{title}}")
    .option("--intro <TEMPLATE>", "smtp: text above the entries")
    .option("--ca-file <FILE>", "certificate (PEM) that signed the server's own")
    .option("--url <URL>", "webhook, heartbeat, influxdb, pushgateway: address")
    .option("--url-file <FILE>", "the same from a file: a chat service's address is a secret")
    .option("--token-file <FILE>", "influxdb, gotify, ntfy: token")
    .addOption(new Option("--preset <PRESET>", "webhook: shape of the body").choices(WEBHOOK_PRESETS))
    .option("--body-file <FILE>", "webhook, preset custom: template of the body")
    .option("--header <NAME: VALUE>", "webhook: sent with each request; may be repeated", collect)
    .option("--signing-secret-file <FILE>", "webhook: secret of the signature (default: one is made)")
    .option("--allow-private", "also addresses of this machine and of private networks")
    .option("--job <NAME>", "heartbeat: called after each success of this job")
    .option("--every <SECONDS>", "heartbeat, influxdb, pushgateway: how often")
    .option("--organization <NAME>", "influxdb version 2")
    .option("--bucket <NAME>", "influxdb version 2")
    .option("--database <NAME>", "influxdb version 1");
}

type Fields = Partial<Omit<TargetCreate, "name" | "kind" | "project" | "enabled">>;

/** @throws USAGE_INVALID, FILE_NOT_READABLE, CANCELLED */
async function fieldsOf(context: CommandContext, name: string, options: TargetOptions): Promise<Fields> {
  const { comment, host, port, security, loginMethod, username, from, to, subject, intro } = options;
  const { url, preset, allowPrivate, job, every, organization, bucket, database, header } = options;
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readText(context, path).trim();
  const wantsPassword = options.password === true || options.passwordFile !== undefined;
  const fields: { readonly [Field in keyof Fields]: Fields[Field] | undefined } = {
    comment,
    host,
    port: numberOf("--port", port),
    security,
    loginMethod,
    username,
    password: wantsPassword
      ? await readNewPassword(context, `Password of ${name}`, options.passwordFile)
      : undefined,
    from,
    to: to === undefined ? undefined : [...to],
    subjectTemplate: subject,
    introTemplate: intro,
    caCertificate: file(options.caFile),
    url: url ?? file(options.urlFile),
    token: file(options.tokenFile),
    preset,
    bodyTemplate: options.bodyFile === undefined ? undefined : readText(context, options.bodyFile),
    headers: header === undefined ? undefined : Object.fromEntries(header.map(headerOf)),
    signingSecret: file(options.signingSecretFile),
    allowPrivate,
    job,
    everySeconds: numberOf("--every", every),
    organization,
    bucket,
    database,
  };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Only what is absent was left out.
  return Object.fromEntries(present);
}

/** @throws USAGE_INVALID */
function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number` });
}

/** @throws USAGE_INVALID */
function headerOf(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw cliErrors.USAGE_INVALID({ detail: `--header is like "X-Key: value", not "${text}"` });
}

/** @throws FILE_NOT_READABLE */
function readText(context: CommandContext, file: string): string {
  const path = resolve(context.workingDir, file);
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_READABLE({ path, detail }, cause);
  }
}

function renderTargets(look: Look, targets: readonly NotificationTarget[]): string {
  if (targets.length === 0)
    return "No target. Make one: ironcore-backup notification target create NAME --kind smtp …";
  const rows = targets.map((target) => [
    target.name,
    target.kind,
    printable(whereTo(target)),
    healthOf(look, target),
    target.waitingCount === 0 ? "" : String(target.waitingCount),
    target.deadCount === 0 ? "" : look.paint("red", String(target.deadCount)),
    target.project ?? "",
  ]);
  return renderTable(look, ["Target", "Kind", "Where to", "State", "Waiting", "Given up", "Project"], rows);
}

function whereTo({ kind, to = [], host, urlShown = "" }: NotificationTarget): string {
  return kind === "smtp" ? `${to.join(", ")} by ${host ?? "?"}` : urlShown;
}

function healthOf(look: Look, { enabled, failingSince, lastDeliveredAt }: NotificationTarget): string {
  if (!enabled) return look.paint("dim", "○ disabled");
  if (failingSince !== undefined) return look.paint("red", `✘ failing since ${showInstant(failingSince)}`);
  if (lastDeliveredAt !== undefined) return look.paint("green", `✔ ${showInstant(lastDeliveredAt)}`);
  return look.paint("dim", "○ nothing sent yet");
}

function describeTarget(look: Look, target: NotificationTarget): string[] {
  const { name, kind, secrets, lastFailure, waitingCount, deadCount } = target;
  const shown = ["name", "kind", "enabled", "secrets", "createdAt", "changedAt", "waitingCount", "deadCount"];
  const hidden = new Set([...shown, "lastDeliveredAt", "failingSince", "lastFailure"]);
  const rest = Object.entries(target).filter(([field]) => !hidden.has(field));
  return [
    `${name} (${kind})`,
    `  State           ${healthOf(look, target)}`,
    ...(lastFailure === undefined ? [] : [`  Last answer     ${printable(lastFailure)}`]),
    `  Waiting         ${waitingCount}, given up ${deadCount}`,
    ...rest.map(([field, value]) => `  ${field.padEnd(15)} ${printable(String(value))}`),
    `  Secrets         ${secrets.length === 0 ? "none" : secrets.join(", ")}`,
  ];
}

function describePreview({ subject, text, body }: TargetPreview): string[] {
  return [
    ...(subject === undefined ? [] : [`Subject: ${printable(subject)}`, ""]),
    ...(text === undefined ? [] : [text]),
    ...(body === undefined ? [] : [body]),
  ];
}
