import { describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { TARGET_KINDS } from "@ironcore-backup/protocol";
import { sampleMessage } from "./sample-message.ts";
import type { TargetSettings } from "./sender.ts";
import { certificateFor, SAMPLE, testSenders } from "./senders.testing.ts";
import { makeSigningSecret, signingKey } from "./signing-secret.ts";

const senders = testSenders();

function codeOf(settings: TargetSettings): string {
  try {
    senders.check(settings);
    return "";
  } catch (cause) {
    return cause instanceof Error && "code" in cause
      ? `${String(cause.code)} ${cause.message}`
      : String(cause);
  }
}

const mail: TargetSettings = {
  kind: "smtp",
  host: "mail.example",
  from: "a@example.org",
  to: ["b@example.org"],
};
const hook = { kind: "webhook", url: "https://a.example/hook" } as const;
const influx = { kind: "influxdb", url: "https://a.example" } as const;
const version2 = { ...influx, organization: "o", bucket: "b", token: "t" };
const secret = makeSigningSecret(createSeededRandom(1));
const login = { username: "u", password: "p" };

const GOOD: readonly TargetSettings[] = [
  mail,
  {
    ...mail,
    ...login,
    loginMethod: "login",
    security: "tls",
    port: 25,
    subjectTemplate: "{{title}} {{ code }}",
  },
  { ...mail, security: "none", host: "127.0.0.1", caCertificate: certificateFor("a").certificatePem },
  hook,
  { ...hook, signingSecret: secret, headers: { Authorization: "Bearer x" } },
  { ...hook, preset: "custom", bodyTemplate: '{"a":"{{title}}","b":{{message}},"c":{{count}}}' },
  { ...hook, preset: "gotify", token: "abc" },
  { ...hook, preset: "ntfy", token: "abc" },
  { ...hook, url: "http://10.0.0.1/", allowPrivate: true },
  { kind: "heartbeat", url: "https://a.example", everySeconds: 60 },
  { kind: "heartbeat", url: "https://a.example", job: "nightly" },
  version2,
  { ...influx, database: "d", ...login },
  { kind: "pushgateway", url: "https://a.example", ...login, everySeconds: 60 },
];

test.each(GOOD)("good settings are taken: $kind %#", (settings) => expect(codeOf(settings)).toBe(""));

const BAD: readonly (readonly [why: string, settings: TargetSettings, code: string])[] = [
  [
    "mail to nobody",
    { kind: "smtp", host: "a" },
    "TARGET_FIELD_MISSING A target of kind smtp needs from, to",
  ],
  ["a field of another kind", { ...mail, url: "https://a.example" }, "TARGET_FIELD_FOREIGN"],
  ["a login over a plain line", { ...mail, ...login, security: "none" }, "TARGET_LOGIN_UNPROTECTED"],
  ["a name without a password", { ...mail, username: "u" }, "TARGET_FIELD_MISSING"],
  ["a password without a name", { ...mail, password: "u" }, "TARGET_FIELD_MISSING"],
  ["a host that is a URL", { ...mail, host: "smtp://mail.example" }, "TARGET_FIELD_INVALID"],
  ["an address with a second one", { ...mail, to: ["b@example.org,c@example.org"] }, "TARGET_FIELD_INVALID"],
  ["an unknown name", { ...mail, subjectTemplate: "{{titel}}" }, "TEMPLATE_NAME_UNKNOWN"],
  ["no certificate", { ...mail, caCertificate: "abc" }, "TARGET_FIELD_INVALID"],
  ["the webhook's name in a subject", { ...mail, introTemplate: "{{message}}" }, "TEMPLATE_NAME_UNKNOWN"],
  ["no address", { kind: "webhook" }, "TARGET_FIELD_MISSING"],
  ["another scheme", { ...hook, url: "ftp://a.example" }, "TARGET_FIELD_INVALID"],
  ["a login in the address", { ...hook, url: "https://u:p@a.example" }, "TARGET_FIELD_INVALID"],
  ["a private address", { ...hook, url: "https://0x7f.1/" }, "TARGET_ADDRESS_PRIVATE"],
  ["this machine by name", { ...hook, url: "https://localhost:8007/" }, "TARGET_ADDRESS_PRIVATE"],
  ["a host of its own", { ...hook, headers: { Host: "b.example" } }, "TARGET_FIELD_INVALID"],
  ["a signature of its own", { ...hook, headers: { "Webhook-Signature": "v1,x" } }, "TARGET_FIELD_INVALID"],
  ["a header with a break", { ...hook, headers: { "X-A": "a\r\nb: c" } }, "TARGET_FIELD_INVALID"],
  ["a short secret", { ...hook, signingSecret: "whsec_YWJj" }, "TARGET_FIELD_INVALID"],
  ["a secret without its head", { ...hook, signingSecret: secret.slice(6) }, "TARGET_FIELD_INVALID"],
  ["a token where none is sent", { ...hook, token: "abc" }, "TARGET_FIELD_FOREIGN"],
  ["a template where none is read", { ...hook, preset: "slack", bodyTemplate: "{}" }, "TARGET_FIELD_FOREIGN"],
  ["no template", { ...hook, preset: "custom" }, "TARGET_FIELD_MISSING"],
  [
    "a name out of its quotes",
    { ...hook, preset: "custom", bodyTemplate: '{"a":{{title}}}' },
    "TEMPLATE_NOT_JSON",
  ],
  [
    "a message in quotes",
    { ...hook, preset: "custom", bodyTemplate: '{"a":"{{message}}"}' },
    "TEMPLATE_NOT_JSON",
  ],
  ["no topic", { ...hook, url: "https://ntfy.example/", preset: "ntfy" }, "TARGET_FIELD_INVALID"],
  [
    "a job and a clock",
    { kind: "heartbeat", url: "https://a.example", job: "x", everySeconds: 60 },
    "TARGET_FIELD_INVALID",
  ],
  ["no version of InfluxDB", influx, "TARGET_FIELD_MISSING"],
  ["half of version 2", { ...influx, organization: "o", bucket: "b" }, "TARGET_FIELD_MISSING"],
  ["both versions", { ...version2, database: "d" }, "TARGET_FIELD_INVALID"],
  ["a login of version 1 with version 2", { ...version2, ...login }, "TARGET_FIELD_INVALID"],
  [
    "a colon in a name",
    { kind: "pushgateway", url: "https://a.example", username: "a:b", password: "c" },
    "TARGET_FIELD_INVALID",
  ],
];

test.each(BAD)("refused: %s", (_why, settings, code) => expect(codeOf(settings)).toContain(code));

test("an unknown name is answered with the names that there are", () => {
  expect(codeOf({ ...mail, subjectTemplate: "{{titel}}" })).toMatch(/\{\{titel\}\}.*title, state.*workload/);
});

test("every kind refuses what no kind has", () => {
  for (const kind of TARGET_KINDS) {
    const good = GOOD.find((one) => one.kind === kind);
    const settings = { ...good, kind, colour: "red" } as TargetSettings;
    expect(codeOf(settings)).toContain("TARGET_FIELD_FOREIGN");
  }
});

test("a secret that is made is one that is taken, and no two are the same", () => {
  const [one, other] = [senders.makeSigningSecret(), senders.makeSigningSecret()];
  expect(signingKey(one)).toHaveLength(32);
  expect(one).not.toBe(other);
});

describe("a preview", () => {
  const message = sampleMessage("single", SAMPLE);

  test("of a mail has subject and both parts, worked from the templates", () => {
    const request = {
      kind: "smtp",
      subjectTemplate: "{{code}}: {{title}}",
      introTemplate: "Ring <Ann>.",
    } as const;
    const preview = senders.preview(request, message);
    expect(preview.subject).toBe("DATASTORE_OFFLINE: Backup of web-1 (job nightly) failed");
    expect(preview.html).toContain("Ring &lt;Ann&gt;.");
    expect(preview.text).toContain("Ring <Ann>.");
  });

  test("of a webhook has its body", () => {
    for (const preset of ["standard", "slack", "ntfy"] as const)
      expect(senders.preview({ kind: "webhook", preset }, message).body).toContain("web-1");
    const request = { kind: "webhook", preset: "custom", bodyTemplate: '{"x":"{{workload}}"}' } as const;
    expect(senders.preview(request, message)).toEqual({ body: '{\n  "x": "web-1"\n}' });
  });

  test("refuses what a target would be refused for", () => {
    const custom = { kind: "webhook", preset: "custom" } as const;
    expect(() => senders.preview({ ...custom, bodyTemplate: "{{title}}" }, message)).toThrow("not JSON");
    expect(() => senders.preview({ ...custom, bodyTemplate: "{{nope}}" }, message)).toThrow("{{nope}}");
    expect(() => senders.preview({ kind: "smtp", subjectTemplate: "{{nope}}" }, message)).toThrow("{{nope}}");
  });
});
