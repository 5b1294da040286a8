/**
 * The bodies that chat services and gateways take. Each keeps its service's limits: a message that is too long is shorter and
 * says how much it leaves out. What a title holds is shown as it is: no markup, no mention that would call a whole channel.
 */

import type { NotificationMessage, Severity, WebhookPreset } from "@ironcore-backup/protocol";
import { chatText, factLine, fitting, markdownText, plainEntry, TONE_HEX, webAddress } from "./chat-text.ts";
import type { ChatEntry, ChatText } from "./chat-text.ts";
import { fillTemplate, templateValues } from "./message-template.ts";
import { cutText } from "./message-words.ts";
import type { TargetSettings } from "./sender.ts";
import { teamsBody } from "./teams-card.ts";

export interface WebhookCall {
  readonly url: URL;
  /** JSON. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Settings = Pick<TargetSettings, "url" | "preset" | "token" | "bodyTemplate">;
interface Options {
  readonly timeZone: string;
}
type Make = (settings: Settings, message: NotificationMessage, options: Options) => WebhookCall;

export const SLACK_SECTION_LENGTH_MAX = 3000;
export const SLACK_HEADER_LENGTH_MAX = 150;
export const MATTERMOST_TEXT_LENGTH_MAX = 4000;
export const DISCORD_CONTENT_LENGTH_MAX = 2000;
/** Of all embeds together. */
export const DISCORD_EMBEDS_LENGTH_MAX = 6000;
export const GOTIFY_MESSAGE_LENGTH_MAX = 8000;
export const NTFY_MESSAGE_BYTES_MAX = 4096;
const NTFY_TITLE_LENGTH_MAX = 200;

const MAKERS: Readonly<Record<WebhookPreset, Make>> = {
  standard: (settings, message) => call(settings, message),
  slack: (settings, message, options) => call(settings, slackBody(message, options)),
  mattermost: (settings, message, options) => call(settings, mattermostBody(message, options)),
  discord: (settings, message, options) => call(settings, discordBody(message, options)),
  teams: (settings, message, options) => call(settings, teamsBody(message, options)),
  gotify: gotifyCall,
  ntfy: ntfyCall,
  custom: (settings, message) => ({
    ...call(settings, undefined),
    body: filledBody(settings.bodyTemplate ?? "", message),
  }),
};

export function webhookCall(settings: Settings, message: NotificationMessage, options: Options): WebhookCall {
  return MAKERS[settings.preset ?? "standard"](settings, message, options);
}

/** A template of the operator's with its names filled in, each as the inside of a JSON string; `{{message}}` is all of it. */
export function filledBody(template: string, message: NotificationMessage): string {
  const values = Object.entries(templateValues(message)).map(([name, value]) => [
    name,
    JSON.stringify(value).slice(1, -1),
  ]);
  return fillTemplate(template, { ...Object.fromEntries(values), message: JSON.stringify(message) });
}

function call(settings: Settings, body: unknown): WebhookCall {
  return { url: new URL(settings.url ?? ""), body: JSON.stringify(body) ?? "", headers: {} };
}

function slackBody(message: NotificationMessage, { timeZone }: Options) {
  const chat = chatText(message, { timeZone });
  const section = (text: string) => ({
    type: "section",
    text: { type: "mrkdwn", text: cutText(text, SLACK_SECTION_LENGTH_MAX), verbatim: true },
  });
  const context = (text: string) => ({
    type: "context",
    elements: [{ type: "mrkdwn", text, verbatim: true }],
  });
  const entries = chat.entries.map((entry) => section(slackEntry(entry)));
  return {
    // For notifications, and where blocks are not shown.
    text: slackText(`[${chat.installation}] ${chat.headline}`),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      {
        type: "header",
        text: {
          type: "plain_text",
          text: cutText(`${ICONS[chat.state.tone]} ${chat.headline}`, SLACK_HEADER_LENGTH_MAX),
          emoji: false,
        },
      },
      ...entries,
      ...(chat.more === undefined ? [] : [section(chat.more)]),
      context(
        cutText(
          `Ironcore Backup · ${slackText(chat.installation)}${slackLink(chat.url, " · Dashboard")}`,
          2000,
        ),
      ),
    ],
  };
}

const ICONS = { failed: "🔴", warning: "🟠", ok: "🟢", info: "🔵" } as const;

function slackEntry(entry: ChatEntry): string {
  return [
    `*${entry.state.word}* ${slackText(entry.title)}`,
    ...(entry.text === "" ? [] : [slackText(entry.text)]),
    factLine(entry.facts, slackText),
    ...(entry.remedy === undefined ? [] : [`_What to do:_ ${slackText(entry.remedy)}`]),
    `${slackLink(entry.url, "Open")}${slackLink(entry.logUrl, " Log")}`.trim(),
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** Its three special characters as entities: `<!channel>` is text, and `verbatim` finds no names and links in it. Asterisks and the like make bold, and nothing worse. */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function slackLink(url: string | undefined, label: string): string {
  const address = webAddress(url);
  return address === undefined
    ? ""
    : `${label.startsWith(" ") ? " " : ""}<${slackText(address)}|${label.trim()}>`;
}

function mattermostBody(message: NotificationMessage, { timeZone }: Options) {
  return fitting(
    (entryCountMax) => {
      const chat = chatText(message, { timeZone, entryCountMax });
      const attachments = chat.entries.map((entry) => ({
        fallback: markdownText(`${entry.state.word} ${entry.title}`),
        color: TONE_HEX[entry.state.tone],
        ...markdownTitle(entry),
        text: markdownEntry(entry),
        fields: entry.facts.map(({ label, value }) => ({
          title: label,
          value: markdownText(value),
          short: true,
        })),
      }));
      return { username: "Ironcore Backup", text: markdownHead(chat), attachments };
    },
    { sizeOf: ({ attachments }) => lengthOf(attachments.map(({ text }) => text)), sizeMax: 4000 },
  );
}

function markdownTitle({ state, title, url }: ChatEntry) {
  const address = webAddress(url);
  return {
    title: `${state.word} ${markdownText(title)}`,
    ...(address === undefined ? {} : { title_link: address }),
  };
}

function markdownHead({ headline, installation, more, url }: ChatText): string {
  const address = webAddress(url);
  return [
    `**${markdownText(headline)}**`,
    `Ironcore Backup · ${markdownText(installation)}${address === undefined ? "" : ` · [Dashboard](${address})`}`,
    ...(more === undefined ? [] : [more]),
  ].join("\n");
}

function markdownEntry({ text, remedy, logUrl }: ChatEntry): string {
  const address = webAddress(logUrl);
  return [
    ...(text === "" ? [] : [markdownText(text)]),
    ...(remedy === undefined ? [] : [`**What to do:** ${markdownText(remedy)}`]),
    ...(address === undefined ? [] : [`[Log](${address})`]),
  ].join("\n");
}

/** Ten embeds at the most, six thousand characters together. */
function discordBody(message: NotificationMessage, { timeZone }: Options) {
  return fitting(
    (entryCountMax) => {
      const chat = chatText(message, { timeZone, entryCountMax });
      return {
        username: "Ironcore Backup",
        content: cutText(markdownHead(chat), DISCORD_CONTENT_LENGTH_MAX),
        // Nobody is called, whatever a title says.
        allowed_mentions: { parse: [] },
        embeds: chat.entries.map(discordEmbed),
      };
    },
    { sizeOf: ({ embeds }) => lengthOf(embeds.flatMap(embedTexts)), sizeMax: DISCORD_EMBEDS_LENGTH_MAX },
  );
}

function discordEmbed(entry: ChatEntry) {
  const address = webAddress(entry.url);
  return {
    title: cutText(`${entry.state.word} ${markdownText(entry.title)}`, 256),
    ...(address === undefined ? {} : { url: address }),
    color: Number.parseInt(TONE_HEX[entry.state.tone].slice(1), 16),
    description: cutText(markdownEntry(entry), 4096),
    fields: entry.facts.map(({ label, value }) => ({
      name: label,
      value: cutText(markdownText(value), 1024),
      inline: true,
    })),
  };
}

function embedTexts({ title, description, fields }: ReturnType<typeof discordEmbed>): string[] {
  return [title, description, ...fields.flatMap(({ name, value }) => [name, value])];
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

const GOTIFY_PRIORITIES: Readonly<Record<Severity, number>> = { info: 2, warning: 5, error: 8 };

function gotifyCall(settings: Settings, message: NotificationMessage, { timeZone }: Options): WebhookCall {
  const { text, chat } = plainWithin(message, timeZone, {
    sizeOf: (body) => body.length,
    sizeMax: GOTIFY_MESSAGE_LENGTH_MAX,
  });
  const url = new URL(settings.url ?? "");
  if (!url.pathname.endsWith("/message")) url.pathname = `${url.pathname.replace(/\/+$/, "")}/message`;
  const address = webAddress(chat.entries[0]?.url ?? chat.url);
  const body = {
    title: `[${chat.installation}] ${chat.headline}`,
    message: text,
    priority: GOTIFY_PRIORITIES[message.severity],
    extras: {
      "client::display": { contentType: "text/plain" },
      ...(address === undefined ? {} : { "client::notification": { click: { url: address } } }),
    },
  };
  const headers = settings.token === undefined ? {} : { "x-gotify-key": settings.token };
  return { url, body: JSON.stringify(body), headers };
}

const NTFY_PRIORITIES: Readonly<Record<Severity, number>> = { info: 3, warning: 4, error: 5 };
const NTFY_TAGS = {
  failed: "rotating_light",
  warning: "warning",
  ok: "white_check_mark",
  info: "information_source",
} as const;

/** JSON is published at the server's root; the topic is the last part of the address that the operator knows. */
function ntfyCall(settings: Settings, message: NotificationMessage, { timeZone }: Options): WebhookCall {
  const { text, chat } = plainWithin(message, timeZone, {
    sizeOf: (body) => Buffer.byteLength(body),
    sizeMax: NTFY_MESSAGE_BYTES_MAX,
  });
  const url = new URL(settings.url ?? "");
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const topic = decodeURIComponent(parts.pop() ?? "");
  url.pathname = `/${parts.join("/")}`;
  const address = webAddress(chat.entries[0]?.url ?? chat.url);
  const body = {
    topic,
    title: cutText(`[${chat.installation}] ${chat.headline}`, NTFY_TITLE_LENGTH_MAX),
    message: text,
    priority: NTFY_PRIORITIES[message.severity],
    tags: [NTFY_TAGS[chat.state.tone]],
    ...(address === undefined ? {} : { click: address }),
  };
  const headers = settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` };
  return { url, body: JSON.stringify(body), headers };
}

function plainWithin(
  message: NotificationMessage,
  timeZone: string,
  limit: { readonly sizeOf: (text: string) => number; readonly sizeMax: number },
): { readonly text: string; readonly chat: ChatText } {
  return fitting(
    (entryCountMax) => {
      const chat = chatText(message, { timeZone, entryCountMax });
      const parts = [...chat.entries.map(plainEntry), ...(chat.more === undefined ? [] : [chat.more])];
      return { text: parts.join("\n\n"), chat };
    },
    { sizeOf: ({ text }) => limit.sizeOf(text), sizeMax: limit.sizeMax },
  );
}
