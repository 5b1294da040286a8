/** What stands in a mail: its subject, and the same content as HTML and as plain text. */

import type { MessageEntry, NotificationMessage } from "@ironcore-backup/protocol";
import {
  buttonAndLinks,
  codeLine,
  detailRow,
  entryRow,
  factTable,
  headRow,
  inlineLink,
  mailDocument,
  moreRow,
  paragraph,
  paragraphRow,
  remedyBox,
  summaryRow,
  text,
} from "./mail-html.ts";
import { fillTemplate, templateValues } from "./message-template.ts";
import {
  bareTitle,
  cutText,
  factsOf,
  formatWhen,
  moreText,
  oneLine,
  stateOfEntry,
  stateOfMessage,
  summaryLabel,
} from "./message-words.ts";
import type { Fact } from "./message-words.ts";

/** Large mail services cut longer mails off and hide the rest. */
export const MAIL_HTML_SIZE_BYTES_MAX = 100_000;
/** A header may be long, a list of mails shows less. */
const SUBJECT_LENGTH_MAX = 240;
const INTRO_LENGTH_MAX = 8_000;
const TEXT_LENGTH_MAX = 2_000;
const TEXT_LENGTH_MAX_OF_MANY = 600;
const SUMMARY_LINE_COUNT_MAX = 20;
const PLAIN_WIDTH = 72;

export interface MailBody {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface MailOptions {
  /** Zone of the instants that are shown. */
  readonly timeZone: string;
  readonly subjectTemplate?: string | undefined;
  readonly introTemplate?: string | undefined;
}

export function mailBody(message: NotificationMessage, options: MailOptions): MailBody {
  const intro = introOf(message, options);
  return {
    subject: mailSubject(message, options),
    html: htmlWithin(message, intro, options),
    text: plainText(message, intro, options),
  };
}

/** One line: what would break it is a space. */
export function mailSubject(
  message: NotificationMessage,
  { subjectTemplate }: Pick<MailOptions, "subjectTemplate">,
): string {
  const state = stateOfMessage(message);
  const subject =
    subjectTemplate === undefined
      ? `[ironcore ${message.installation}] ${state.word} ${bareTitle(message.title, state)}`
      : fillTemplate(subjectTemplate, templateValues(message));
  return cutText(oneLine(subject), SUBJECT_LENGTH_MAX);
}

function introOf(message: NotificationMessage, { introTemplate }: MailOptions): string {
  if (introTemplate === undefined) return "";
  return cutText(fillTemplate(introTemplate, templateValues(message)).trim(), INTRO_LENGTH_MAX);
}

/** As many entries as there is room for, at least the first. */
function htmlWithin(message: NotificationMessage, intro: string, options: MailOptions): string {
  const rows = message.entries.map((entry) => entryHtml(message, entry, options));
  const frame = htmlOf(message, intro, { ...options, rows: [] });
  let leftBytes = MAIL_HTML_SIZE_BYTES_MAX - Buffer.byteLength(frame) - 500; // For the line that says how many more.
  const shown = rows.filter((row, index) => {
    leftBytes -= Buffer.byteLength(row) + 1;
    return index === 0 || leftBytes >= 0;
  });
  return htmlOf(message, intro, { ...options, rows: shown });
}

function htmlOf(
  message: NotificationMessage,
  intro: string,
  { rows, timeZone }: MailOptions & { readonly rows: readonly string[] },
): string {
  const state = stateOfMessage(message);
  const title = bareTitle(message.title, state);
  const [first] = message.entries;
  const more = moreText(message.entryCount, rows.length);
  const url = message.url;
  const footer = [
    `Sent by the backup server ${text(message.installation)}${message.group === undefined ? "" : ` to the group ${text(message.group)}`}.`,
    ...(url === undefined ? [] : [inlineLink({ label: "Open the dashboard", url })]),
  ].join(" ");
  return mailDocument({
    title,
    hidden: cutText(oneLine(isOfMany(message) ? summaryText(message) : (first?.text ?? "")), 160),
    tone: state.tone,
    footer,
    rows: [
      headRow(state, { from: message.installation, title, when: formatWhen(instantOf(message), timeZone) }),
      ...(intro === "" ? [] : [paragraphRow(intro)]),
      ...(isOfMany(message) ? [summaryRow(summaryLines(message))] : []),
      ...rows,
      ...(more === undefined ? [] : [moreRow(`${more}. The inbox of the dashboard has them all.`)]),
    ],
  });
}

/** Of what it tells, where that is one thing: the message may have waited. */
function instantOf({ at, entries, entryCount }: NotificationMessage): number {
  return entryCount === 1 ? (entries[0]?.at ?? at) : at;
}

/** The head says it already. */
function withoutWhen(facts: readonly Fact[]): Fact[] {
  return facts.filter(({ label }) => label !== "When");
}

function isOfMany({ entryCount }: NotificationMessage): boolean {
  return entryCount > 1;
}

function summaryLines({ summary }: NotificationMessage): { label: string; count: number }[] {
  const lines = summary
    .slice(0, SUMMARY_LINE_COUNT_MAX)
    .map((line) => ({ label: summaryLabel(line), count: line.count }));
  const rest = summary.slice(SUMMARY_LINE_COUNT_MAX).reduce((sum, { count }) => sum + count, 0);
  return rest === 0 ? lines : [...lines, { label: "Others", count: rest }];
}

function summaryText(message: NotificationMessage): string {
  return summaryLines(message)
    .map(({ label, count }) => `${count} × ${label}`)
    .join(", ");
}

function entryHtml(message: NotificationMessage, entry: MessageEntry, { timeZone }: MailOptions): string {
  const places = linksOf(entry);
  const facts = factsOf(entry, timeZone);
  const id = places.length === 0 ? entry.upid : undefined;
  const body = cutText(entry.text, isOfMany(message) ? TEXT_LENGTH_MAX_OF_MANY : TEXT_LENGTH_MAX);
  const remedy = entry.remedy === undefined ? undefined : cutText(entry.remedy, TEXT_LENGTH_MAX);
  if (isOfMany(message)) {
    const state = stateOfEntry(entry);
    return entryRow(state, { title: bareTitle(entry.title, state), body, facts, remedy, links: places, id });
  }
  return detailRow([
    ...(isTitleTold(message, entry) ? [] : [paragraph(entry.title)]),
    ...(body === "" ? [] : [paragraph(body)]),
    factTable(withoutWhen(facts)),
    ...(remedy === undefined ? [] : [remedyBox(remedy)]),
    buttonAndLinks(places),
    ...(id === undefined ? [] : [codeLine(id)]),
  ]);
}

/** The head has the title of the only entry. */
function isTitleTold(message: NotificationMessage, { title }: MessageEntry): boolean {
  return !isOfMany(message) && oneLine(title) === oneLine(message.title);
}

function linksOf({ url, logUrl }: MessageEntry): { label: string; url: string }[] {
  return [
    ...(url === undefined ? [] : [{ label: "Open in the dashboard", url }]),
    ...(logUrl === undefined ? [] : [{ label: "Read the log", url: logUrl }]),
  ];
}

function plainText(message: NotificationMessage, intro: string, { timeZone }: MailOptions): string {
  const state = stateOfMessage(message);
  const title = oneLine(bareTitle(message.title, state));
  const more = moreText(message.entryCount, message.entries.length);
  const parts = [
    `${state.word}: ${title}\n${oneLine(message.installation)}, ${formatWhen(instantOf(message), timeZone)}`,
    ...(intro === "" ? [] : [intro]),
    ...(isOfMany(message)
      ? [
          summaryLines(message)
            .map(({ label, count }) => `${String(count).padStart(6)}  ${label}`)
            .join("\n"),
        ]
      : []),
    ...message.entries.map((entry) => entryPlain(message, entry, timeZone)),
    ...(more === undefined ? [] : [`${more}. The inbox of the dashboard has them all.`]),
    `-- \nSent by the backup server ${oneLine(message.installation)}${message.group === undefined ? "" : ` to the group ${message.group}`}.${message.url === undefined ? "" : `\n${message.url}`}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function entryPlain(message: NotificationMessage, entry: MessageEntry, timeZone: string): string {
  const state = stateOfEntry(entry);
  const known = factsOf(entry, timeZone);
  const facts = (isOfMany(message) ? known : withoutWhen(known)).map(
    ({ label, value }) => `${`${label}:`.padEnd(13)}${oneLine(value)}`,
  );
  const { remedy, url, logUrl, upid } = entry;
  return [
    ...(isTitleTold(message, entry)
      ? []
      : ["-".repeat(PLAIN_WIDTH), `${state.word}: ${oneLine(bareTitle(entry.title, state))}`]),
    ...(entry.text === "" ? [] : [cutText(entry.text, TEXT_LENGTH_MAX), ""]),
    ...facts,
    ...(remedy === undefined ? [] : ["", `What to do: ${cutText(remedy, TEXT_LENGTH_MAX)}`]),
    ...(url === undefined && logUrl === undefined ? [] : [""]),
    ...(url === undefined ? [] : [`${"Dashboard:".padEnd(13)}${url}`]),
    ...(logUrl === undefined ? [] : [`${"Log:".padEnd(13)}${logUrl}`]),
    ...(url === undefined && logUrl === undefined && upid !== undefined ? [`UPID:        ${upid}`] : []),
  ].join("\n");
}
