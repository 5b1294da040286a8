/** Microsoft Teams: an Adaptive Card, as its Workflows take it at their webhooks. */

import type { NotificationMessage } from "@ironcore-backup/protocol";
import { chatText, fitting, webAddress } from "./chat-text.ts";
import type { ChatEntry } from "./chat-text.ts";
import type { Tone } from "./message-words.ts";

export const TEAMS_SIZE_BYTES_MAX = 28_000;

const COLOURS: Readonly<Record<Tone, string>> = {
  failed: "Attention",
  warning: "Warning",
  ok: "Good",
  info: "Accent",
};

export function teamsBody(message: NotificationMessage, { timeZone }: { readonly timeZone: string }) {
  return fitting((entryCountMax) => cardOf(message, { timeZone, entryCountMax }), {
    sizeOf: (body) => Buffer.byteLength(JSON.stringify(body)),
    sizeMax: TEAMS_SIZE_BYTES_MAX,
  });
}

function cardOf(
  message: NotificationMessage,
  options: { readonly timeZone: string; readonly entryCountMax: number },
) {
  const chat = chatText(message, options);
  const address = webAddress(chat.url);
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body: [
      {
        ...line(chat.headline),
        size: "Large",
        weight: "Bolder",
        color: COLOURS[chat.state.tone],
      },
      { ...line(`Ironcore Backup · ${chat.installation}`), isSubtle: true, spacing: "None" },
      ...chat.entries.map((entry) => entryOf(entry, chat.entries.length > 1)),
      ...(chat.more === undefined ? [] : [{ ...line(chat.more), isSubtle: true, separator: true }]),
    ],
    ...(address === undefined ? {} : { actions: [openUrl("Open the dashboard", address)] }),
  };
  return {
    type: "message",
    attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content }],
  };
}

function entryOf({ state, title, text, remedy, facts, url, logUrl }: ChatEntry, hasHead: boolean) {
  const actions = [
    ["Open", webAddress(url)],
    ["Log", webAddress(logUrl)],
  ] as const;
  const buttons = actions.flatMap(([label, address]) =>
    address === undefined ? [] : [openUrl(label, address)],
  );
  return {
    type: "Container",
    separator: true,
    items: [
      ...(hasHead
        ? [{ ...line(`${state.word} ${title}`), weight: "Bolder", color: COLOURS[state.tone] }]
        : []),
      ...(text === "" ? [] : [line(text)]),
      {
        type: "FactSet",
        facts: facts.map(({ label, value }) => ({ title: label, value: cardText(value) })),
      },
      ...(remedy === undefined ? [] : [line(`What to do: ${remedy}`)]),
      ...(buttons.length === 0 ? [] : [{ type: "ActionSet", actions: buttons }]),
    ],
  };
}

function line(text: string) {
  // A single break is none in a card.
  return { type: "TextBlock", text: cardText(text).replaceAll("\n", "\n\n"), wrap: true };
}

/** Cards know a little Markdown, and some programs show the backslash that would take it away. So only a link is taken apart. */
function cardText(text: string): string {
  return text.replaceAll("](", "]\u200b(").replaceAll("@", "@\u200b");
}

function openUrl(title: string, url: string) {
  return { type: "Action.OpenUrl", title, url };
}
