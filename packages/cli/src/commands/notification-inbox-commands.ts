/** `notification inbox list | show | acknowledge | resolve | read`. */

import { Option } from "commander";
import type { Command } from "commander";
import { NOTICE_STATES, SEVERITIES } from "@ironcore-backup/protocol/calls";
import type { Inbox, Notice, NoticeState, Severity } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseLimit } from "../list-limit.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface InboxOptions {
  readonly unread?: boolean;
  readonly state?: NoticeState;
  readonly severity?: Severity;
  readonly text?: string;
  readonly limit?: string;
}

export function inboxCommands(context: CommandContext): Command {
  const byNumber = (
    word: "acknowledge" | "resolve",
    call: "acknowledgeNotice" | "resolveNotice",
    what: string,
  ) =>
    createCommand(word, what)
      .argument("<NOTICE>")
      .action((notice: string, options: Options<object>) =>
        callAndPrint(context, options, call, { params: { notice: numberOf(notice) } }, (answer) =>
          describeNotice(context.look, answer),
        ),
      );
  return createGroup("inbox", "what there is to know of: notes and incidents", [
    listCommand(context),
    createCommand("show", "show one notice and mark it as read")
      .argument("<NOTICE>")
      .action(async (text: string, options: Options<object>) => {
        const notice = numberOf(text);
        await callAndPrint(context, options, "getNotice", { params: { notice } }, (answer) =>
          describeNotice(context.look, answer),
        );
        const client = await context.connect(options);
        await client.call("markInbox", {
          body: { notices: [Number(notice)], isRead: true },
          signal: context.signal,
        });
      }),
    byNumber("acknowledge", "acknowledgeNotice", "say that somebody sees to it: nobody is reminded of it"),
    byNumber("resolve", "resolveNotice", "end an incident; it opens again when it happens again"),
    createCommand("read", "mark everything as read").action((options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "markInbox",
        { body: { isRead: true } },
        ({ openCount }) => `Everything is read; ${openCount} open`,
      ),
    ),
  ]);
}

function listCommand(context: CommandContext): Command {
  return createCommand("list", "list notices, what changed last first", [
    "notification inbox list --unread",
    "notification inbox list --state open --severity error",
  ])
    .option("--unread", "only what was not read")
    .addOption(new Option("--state <STATE>", "only these").choices(NOTICE_STATES))
    .addOption(new Option("--severity <WORD>", "from this severity on").choices(SEVERITIES))
    .option("--text <TEXT>", "found anywhere in it")
    .option("--limit <N>", "how many (default: 50)")
    .action((options: Options<InboxOptions>) => {
      const { unread, state, severity, text, limit } = options;
      const query = {
        ...(unread === undefined ? {} : { unread }),
        ...(state === undefined ? {} : { state }),
        ...(severity === undefined ? {} : { severityMin: severity }),
        ...(text === undefined ? {} : { text }),
        ...(limit === undefined ? {} : { limit: Math.min(1000, parseLimit(limit)) }),
      };
      return callAndPrint(context, options, "listInbox", { query }, (inbox) =>
        renderInbox(context.look, inbox),
      );
    });
}

/** @throws USAGE_INVALID */
function numberOf(text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  throw cliErrors.USAGE_INVALID({ detail: "a notice is named by its number, as the list shows it" });
}

function renderInbox(look: Look, { notices, unreadCount, openCount }: Inbox): string {
  const head = `${unreadCount} unread, ${openCount} open`;
  if (notices.length === 0) return head;
  const rows = notices.map((notice) => [
    String(notice.notice),
    showState(look, notice),
    showInstant(notice.changedAt),
    printable(notice.title),
    notice.count === 1 ? "" : `${notice.count}×`,
    notice.isRead ? "" : look.paint("bold", "unread"),
  ]);
  return `${renderTable(look, ["Notice", "State", "Changed", "What", "", ""], rows)}\n${head}`;
}

function showState(look: Look, { state, severity }: Notice): string {
  if (state === "resolved") return look.paint("green", "✔ resolved");
  const [shape, style] =
    severity === "error"
      ? (["✘", "red"] as const)
      : severity === "warning"
        ? (["▲", "yellow"] as const)
        : (["●", "dim"] as const);
  return look.paint(style, `${shape} ${state === "open" ? "open" : severity}`);
}

function describeNotice(look: Look, notice: Notice): string[] {
  const { title, text, code, remedy, count, openedAt, changedAt, resolvedAt, acknowledgedBy, upid } = notice;
  const { project, datastore, job, workload } = notice;
  const where = Object.entries({ project, datastore, job, workload }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  return [
    `${showState(look, notice)}  ${printable(title)}`,
    ...text.split("\n").flatMap((line) => (line === "" ? [] : [`  ${printable(line)}`])),
    ...(code === undefined ? [] : [`  Code       ${code}`]),
    ...(remedy === undefined ? [] : [`  What to do ${printable(remedy)}`]),
    ...(where.length === 0 ? [] : [`  Where      ${where.join(", ")}`]),
    `  Since      ${showInstant(openedAt)}${count === 1 ? "" : `, ${count} times, last ${showInstant(changedAt)}`}`,
    ...(resolvedAt === undefined ? [] : [`  Resolved   ${showInstant(resolvedAt)}`]),
    ...(acknowledgedBy === undefined ? [] : [`  Seen to by ${acknowledgedBy}`]),
    ...(upid === undefined ? [] : [`  Log        ironcore-backup task log '${upid}'`]),
  ];
}
