/**
 * Whether the settings of a target make sense together. A table says which fields a kind has and which of them it needs; the
 * rest are rules about single fields. What the shape of a request can say (lengths, letters) is not said again.
 */

import { X509Certificate } from "node:crypto";
import type { TargetKind, WebhookPreset } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { bareHost, isPrivateAddress, literalAddress } from "./address-guard.ts";
import { checkTemplate } from "./message-template.ts";
import { assertPublicName } from "./outbound-request.ts";
import { sampleMessage } from "./sample-message.ts";
import type { TargetSettings } from "./sender.ts";
import { signingKey } from "./signing-secret.ts";
import { filledBody } from "./webhook-presets.ts";

type Field = Exclude<keyof TargetSettings, "kind">;

interface Fields {
  readonly needed: readonly Field[];
  readonly also: readonly Field[];
}

const ANY_HTTP = ["caCertificate", "allowPrivate"] as const;

const FIELDS: Readonly<Record<TargetKind, Fields>> = {
  smtp: {
    needed: ["host", "from", "to"],
    also: [
      "port",
      "security",
      "loginMethod",
      "username",
      "password",
      "caCertificate",
      "subjectTemplate",
      "introTemplate",
      "allowPrivate",
    ],
  },
  webhook: {
    needed: ["url"],
    also: ["preset", "bodyTemplate", "token", "signingSecret", "headers", ...ANY_HTTP],
  },
  heartbeat: { needed: ["url"], also: ["job", "everySeconds", ...ANY_HTTP] },
  influxdb: {
    needed: ["url"],
    also: [
      "organization",
      "bucket",
      "token",
      "database",
      "username",
      "password",
      "everySeconds",
      ...ANY_HTTP,
    ],
  },
  pushgateway: { needed: ["url"], also: ["username", "password", "everySeconds", ...ANY_HTTP] },
};

/** Services that log in with a token of their own. */
const TOKEN_PRESETS: ReadonlySet<WebhookPreset> = new Set(["gotify", "ntfy"]);

/** Headers that belong to the connection, or prove who sent the message. */
const OWN_HEADERS = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "proxy-authorization",
  "proxy-connection",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
]);

/** @throws TARGET_FIELD_MISSING, TARGET_FIELD_FOREIGN, TARGET_FIELD_INVALID, TARGET_LOGIN_UNPROTECTED, TARGET_ADDRESS_PRIVATE, TEMPLATE_NAME_UNKNOWN, TEMPLATE_NOT_JSON */
export function checkTarget(settings: TargetSettings): void {
  checkFields(settings);
  checkLogin(settings);
  checkUrl(settings);
  checkCertificate(settings);
  if (settings.kind === "smtp") checkMail(settings);
  if (settings.kind === "webhook") checkWebhook(settings);
  if (settings.kind === "influxdb") checkInflux(settings);
  if (settings.job !== undefined && settings.everySeconds !== undefined)
    throw invalid("everySeconds", "a heartbeat of a job is sent after the job's successes, not by the clock");
}

function checkFields(settings: TargetSettings): void {
  const { kind } = settings;
  const { needed, also } = FIELDS[kind];
  const what = `A target of kind ${kind}`;
  const missing = needed.filter((field) => settings[field] === undefined);
  if (missing.length > 0) throw serverErrors.TARGET_FIELD_MISSING({ what, fields: missing.join(", ") });
  const own: ReadonlySet<string> = new Set(["kind", ...needed, ...also]);
  const foreign = Object.entries(settings).find(([field, value]) => value !== undefined && !own.has(field));
  if (foreign !== undefined) throw serverErrors.TARGET_FIELD_FOREIGN({ what, field: foreign[0] });
}

function checkLogin({ kind, username, password, loginMethod }: TargetSettings): void {
  if (username !== undefined && password === undefined) throw missing("A username", "password");
  if (username === undefined && password !== undefined) throw missing("A password", "username");
  if (username === undefined && loginMethod !== undefined)
    throw missing("A loginMethod", "username, password");
  if (kind !== "smtp" && username?.includes(":") === true)
    throw invalid("username", "it has no colon: the server would take what follows for the password");
}

function checkMail({ security, username, host = "", from = "", to = [], ...rest }: TargetSettings): void {
  if (security === "none" && username !== undefined) throw serverErrors.TARGET_LOGIN_UNPROTECTED({});
  if (!/^[\p{L}\p{N}._:-]+$/u.test(bareHost(host)))
    throw invalid("host", "it is a name or an address, without a scheme and a port");
  for (const [field, address] of [["from", from], ...to.map((one) => ["to", one])] as const)
    if (/[\u0000-\u0020\u007f<>"(),;:\\[\]]/.test(address ?? ""))
      throw invalid(field ?? "", "an address is name@host and nothing else");
  for (const field of ["subjectTemplate", "introTemplate"] as const)
    if (rest[field] !== undefined) checkTemplate(rest[field], { field });
}

function checkUrl({ url, allowPrivate = false }: TargetSettings): void {
  if (url === undefined) return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw invalid("url", "it begins with https:// or http:// and names a host");
  if (parsed.username !== "" || parsed.password !== "")
    throw invalid("url", "a name and a password have fields of their own, or a header");
  if (parsed.hash !== "") throw invalid("url", "what follows a # is sent to nobody");
  if (allowPrivate) return;
  const host = bareHost(parsed.hostname);
  assertPublicName(host);
  const address = literalAddress(parsed.hostname);
  if (address !== undefined && isPrivateAddress(address))
    throw serverErrors.TARGET_ADDRESS_PRIVATE({ host, address });
}

function checkCertificate({ caCertificate }: TargetSettings): void {
  if (caCertificate === undefined) return;
  const blocks = caCertificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    if (blocks === null) throw new Error("there is none");
    for (const block of blocks) assertCertificate(block);
  } catch {
    throw invalid(
      "caCertificate",
      "it is one certificate or more in PEM, beginning with -----BEGIN CERTIFICATE-----",
    );
  }
}

/** @throws what the parser throws */
function assertCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

function checkWebhook({
  preset = "standard",
  bodyTemplate,
  token,
  signingSecret,
  headers,
  url,
}: TargetSettings): void {
  const what = `A webhook with the preset ${preset}`;
  if (preset === "custom" && bodyTemplate === undefined) throw missing(what, "bodyTemplate");
  if (preset !== "custom" && bodyTemplate !== undefined)
    throw serverErrors.TARGET_FIELD_FOREIGN({ what, field: "bodyTemplate" });
  if (token !== undefined && !TOKEN_PRESETS.has(preset))
    throw serverErrors.TARGET_FIELD_FOREIGN({ what, field: "token" });
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw invalid("token", "it has letters, digits and signs, and no space");
  if (preset === "ntfy" && !isTopicUrl(url ?? ""))
    throw invalid("url", "of ntfy it ends with the topic, as in https://ntfy.example/backups");
  if (bodyTemplate !== undefined) checkBodyTemplate(bodyTemplate);
  if (signingSecret !== undefined) signingKey(signingSecret);
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (OWN_HEADERS.has(name.toLowerCase())) throw invalid("headers", `${name} is set by the server itself`);
    if (!/^[A-Za-z0-9-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value))
      throw invalid("headers", `${name.slice(0, 64)} is no name of a header with a value in plain letters`);
  }
}

function isTopicUrl(url: string): boolean {
  try {
    return /^[\w-]{1,64}$/.test(decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? ""));
  } catch {
    return false;
  }
}

/** @throws TEMPLATE_NAME_UNKNOWN, TEMPLATE_NOT_JSON */
export function checkBodyTemplate(template: string): void {
  const field = "bodyTemplate";
  checkTemplate(template, { field, also: ["message"] });
  for (const kind of ["test", "single", "bundle"] as const) {
    // Quotes, backslashes and breaks in every value show a name that stands outside of a string.
    const sample = sampleMessage(kind, { at: 0, installation: 'a"b\\c\nd' });
    try {
      JSON.parse(filledBody(template, sample));
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
      throw serverErrors.TEMPLATE_NOT_JSON({ field, detail }, cause);
    }
  }
}

function checkInflux({ organization, bucket, token, database, username }: TargetSettings): void {
  const isVersion2 = organization !== undefined || bucket !== undefined || token !== undefined;
  if (database === undefined && (organization === undefined || bucket === undefined || token === undefined))
    throw missing("A target of kind influxdb", "organization, bucket and token, or database");
  if (isVersion2 && (database !== undefined || username !== undefined))
    throw invalid(
      database === undefined ? "username" : "database",
      "organization, bucket and token are of version 2; database, username and password of version 1",
    );
}

function invalid(field: string, rule: string): Error {
  return serverErrors.TARGET_FIELD_INVALID({ field, rule });
}

function missing(what: string, fields: string): Error {
  return serverErrors.TARGET_FIELD_MISSING({ what, fields });
}
