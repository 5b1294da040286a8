/**
 * What a chat shows of a message, before it is put into the shape of one service: a head, some entries with their facts,
 * and how many more there are. Chats are read in passing, so there are few entries, each short.
 */

import type { MessageEntry, NotificationMessage } from "@ironcore-backup/protocol";
import {
  bareTitle,
  cutText,
  factsOf,
  moreText,
  oneLine,
  stateOfEntry,
  stateOfMessage,
} from "./message-words.ts";
import type { Fact, MessageState, Tone } from "./message-words.ts";

export const CHAT_ENTRY_COUNT_MAX = 10;
const TITLE_LENGTH_MAX = 200;
const TEXT_LENGTH_MAX = 600;
const VALUE_LENGTH_MAX = 200;

/** The dashboard's colours of the states. */
export const TONE_HEX: Readonly<Record<Tone, string>> = {
  failed: "#b3261e",
  warning: "#b87700",
  ok: "#1c6b3f",
  info: "#1d5fa8",
};

export interface ChatEntry {
  readonly state: MessageState;
  readonly title: string;
  readonly text: string;
  readonly remedy: string | undefined;
  readonly facts: readonly Fact[];
  readonly url: string | undefined;
  readonly logUrl: string | undefined;
}

export interface ChatText {
  readonly state: MessageState;
  /** FAILED Backup of web-1 */
  readonly headline: string;
  readonly installation: string;
  readonly entries: readonly ChatEntry[];
  /** … and 12 more */
  readonly more: string | undefined;
  readonly url: string | undefined;
}

export function chatText(
  message: NotificationMessage,
  options: { readonly timeZone: string; readonly entryCountMax?: number },
): ChatText {
  const { entryCountMax = CHAT_ENTRY_COUNT_MAX, timeZone } = options;
  const state = stateOfMessage(message);
  const entries = message.entries.slice(0, entryCountMax).map((entry) => chatEntry(entry, timeZone));
  return {
    state,
    headline: `${state.word} ${cutText(oneLine(bareTitle(message.title, state)), TITLE_LENGTH_MAX)}`,
    installation: oneLine(message.installation),
    entries,
    more: moreText(message.entryCount, entries.length),
    url: message.url,
  };
}

function chatEntry(entry: MessageEntry, timeZone: string): ChatEntry {
  const state = stateOfEntry(entry);
  return {
    state,
    title: cutText(oneLine(bareTitle(entry.title, state)), TITLE_LENGTH_MAX),
    text: cutText(entry.text, TEXT_LENGTH_MAX),
    remedy: entry.remedy === undefined ? undefined : cutText(entry.remedy, TEXT_LENGTH_MAX),
    facts: factsOf(entry, timeZone).map(({ label, value }) => ({
      label,
      value: cutText(oneLine(value), VALUE_LENGTH_MAX),
    })),
    url: entry.url,
    logUrl: entry.logUrl,
  };
}

/** `When: … · Job: …` */
export function factLine(facts: readonly Fact[], escape: (text: string) => string): string {
  return facts.map(({ label, value }) => `${label}: ${escape(value)}`).join(" · ");
}

/** An entry in plain text, for services without a shape for facts. */
export function plainEntry(entry: ChatEntry): string {
  return [
    `${entry.state.word} ${entry.title}`,
    ...(entry.text === "" ? [] : [entry.text]),
    factLine(entry.facts, (text) => text),
    ...(entry.remedy === undefined ? [] : [`What to do: ${entry.remedy}`]),
    ...(entry.url === undefined ? [] : [entry.url]),
  ].join("\n");
}

/**
 * The largest `make(count)` whose size does not go over the limit, from 10 entries down to none. What a service refuses for its
 * size would be told to nobody.
 */
export function fitting<Body>(
  make: (entryCountMax: number) => Body,
  limit: { readonly sizeOf: (body: Body) => number; readonly sizeMax: number },
): Body {
  for (let count = CHAT_ENTRY_COUNT_MAX; count > 0; count--) {
    const body = make(count);
    if (limit.sizeOf(body) <= limit.sizeMax) return body;
  }
  return make(0);
}

/**
 * Markdown's own characters as themselves, those that every service takes a backslash before. A name that would call people
 * calls nobody.
 */
export function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|~>]/g, String.raw`\$&`).replaceAll("@", "@\u200b");
}

/** In a list of links' own notation only what is an address and nothing else. */
export function webAddress(url: string | undefined): string | undefined {
  return url !== undefined && /^https?:\/\/[^\s<>()|"]+$/i.test(url) ? url : undefined;
}
