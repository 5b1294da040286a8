/** How a message is put into words, the same in mails and chats: a state always has a word, not only a colour. */

import type { MessageEntry, NotificationEventWord, NotificationMessage } from "@ironcore-backup/protocol";

export const TONES = ["failed", "warning", "ok", "info"] as const;
export type Tone = (typeof TONES)[number];

export interface MessageState {
  /** In capitals: FAILED, RESOLVED. */
  readonly word: string;
  readonly tone: Tone;
}

const TONE_OF_SEVERITY = { error: "failed", warning: "warning", info: "info" } as const;
const WORD_OF_SEVERITY = { error: "ERROR", warning: "WARNING", info: "INFO" } as const;

/** Where the end of an event's name says more than its severity. */
const WORD_OF_ENDING: Readonly<Record<string, string>> = {
  failed: "FAILED",
  damaged: "DAMAGED",
  overdue: "OVERDUE",
  missed: "MISSED",
  offline: "OFFLINE",
  lost: "LOST",
  crashed: "CRASHED",
  started: "STARTED",
  cancelled: "CANCELLED",
};

export function stateOfEntry({ event, change, severity }: MessageEntry): MessageState {
  if (change === "resolved") return { word: "RESOLVED", tone: "ok" };
  const ending = event.slice(event.indexOf(".") + 1);
  if (ending === "completed") return { word: "OK", tone: "ok" };
  const word = WORD_OF_ENDING[ending] ?? WORD_OF_SEVERITY[severity];
  return { word: change === "repeated" ? `${word} AGAIN` : word, tone: TONE_OF_SEVERITY[severity] };
}

export function stateOfMessage({ kind, severity, entries, entryCount }: NotificationMessage): MessageState {
  const [first] = entries;
  if (kind === "test") return { word: "TEST", tone: "info" };
  if (first !== undefined && entryCount === 1) return stateOfEntry(first);
  const isAllOver = entries.length === entryCount && entries.every(({ change }) => change === "resolved");
  if (isAllOver && entryCount > 0) return { word: "RESOLVED", tone: "ok" };
  return { word: WORD_OF_SEVERITY[severity], tone: TONE_OF_SEVERITY[severity] };
}

/** The title without the state, for places where the state stands before it. */
export function bareTitle(title: string, { word }: MessageState): string {
  if (word === "RESOLVED") return title.replace(/^resolved: /i, "");
  return word.startsWith("FAILED") ? title.replace(/ failed$/, "") : title;
}

const SUBJECTS: Readonly<Record<string, string>> = {
  verify: "Verification",
  gc: "Garbage collection",
  drill: "Restore drill",
};

/** `gc.failed` is Garbage collection failed. */
export function eventLabel(event: NotificationEventWord): string {
  const [subject = "", ending = ""] = event.split(".");
  const name = SUBJECTS[subject] ?? `${subject.slice(0, 1).toUpperCase()}${subject.slice(1)}`;
  return `${name} ${ending === "warning" ? "completed with warnings" : ending.replaceAll("-", " ")}`;
}

const CHANGE_WORDS = { note: "", opened: "", repeated: ", again", resolved: ", resolved" } as const;

export function summaryLabel({ event, change }: NotificationMessage["summary"][number]): string {
  return `${eventLabel(event)}${CHANGE_WORDS[change]}`;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** What is known of an entry, in the order in which it is asked. */
export function factsOf(entry: MessageEntry, timeZone: string): Fact[] {
  const { at, since, count, project, datastore, namespace, job, workload, code, change } = entry;
  const isIncident = change !== "note" && (count > 1 || since !== at);
  const facts: [string, string | undefined][] = [
    ["When", formatWhen(at, timeZone)],
    ["Since", isIncident ? `${formatWhen(since, timeZone)}, ${timesText(count)}` : undefined],
    ["Workload", workload],
    ["Job", job],
    ["Datastore", datastore],
    ["Namespace", namespace],
    ["Project", project],
    ["Error code", code],
  ];
  return facts.flatMap(([label, value]) => (value === undefined || value === "" ? [] : [{ label, value }]));
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** `Mon 23 Nov 2026, 22:49:05 Europe/Berlin (UTC+01:00)`: nobody has to ask which year, and which clock. */
export function formatWhen(atMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  });
  const parts: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(atMs)) parts[type] = value;
  const { weekday, day, month, year, hour, minute, second, timeZoneName = "GMT" } = parts;
  const zone = timeZone === "UTC" ? "UTC" : `${timeZone} (${timeZoneName.replace("GMT", "UTC")})`;
  return `${weekday} ${day} ${month} ${year}, ${hour}:${minute}:${second} ${zone}`;
}

/** At most so many characters, cut where no character is torn apart. */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const cut = text.slice(0, lengthMax - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** For places that have no room for line breaks and that nobody may write a second line into. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
}

/** `… and 12 more`; undefined when all are shown. */
export function moreText(entryCount: number, shownCount: number): string | undefined {
  return entryCount > shownCount ? `… and ${entryCount - shownCount} more` : undefined;
}
