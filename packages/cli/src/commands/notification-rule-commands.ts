/** `notification rule create | list | update | preview | remove`: what is led to which groups. */

import { Option } from "commander";
import type { Command } from "commander";
import { SEVERITIES, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import type {
  NotificationRule,
  RuleMatch,
  RulePreview,
  Severity,
  TaskType,
} from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { collect, createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseEvents } from "../notification-options.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface RuleOptions {
  readonly projectOf?: string;
  readonly comment?: string;
  readonly event?: readonly string[];
  readonly severity?: Severity;
  readonly type?: readonly string[];
  readonly project?: readonly string[];
  readonly datastore?: readonly string[];
  readonly job?: readonly string[];
  readonly workload?: readonly string[];
  readonly group?: readonly string[];
  readonly disabled?: boolean;
  readonly enabled?: boolean;
}

export function ruleCommands(context: CommandContext): Command {
  const list = createCommand("list", "list the rules").action((options: Options<object>) =>
    callAndPrint(context, options, "listNotificationRules", {}, (rules) => renderRules(context.look, rules)),
  );
  const remove = createCommand("remove", "remove a rule")
    .argument("<NAME>")
    .action((rule: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeNotificationRule",
        { params: { rule } },
        () => `Rule ${rule} is removed`,
      ),
    );
  return createGroup("rule", "what is led to which groups", [
    createCommandOf(context),
    list,
    updateCommand(context),
    previewCommand(context),
    remove,
  ]);
}

function createCommandOf(context: CommandContext): Command {
  const command = createCommand("create", "make a rule; without any filter it fits everything", [
    "notification rule create all --group ops",
    "notification rule create shop-backups --type backup --project shop --severity warning --group shop",
  ])
    .argument("<NAME>")
    .option("--project-of <NAME>", "project that the rule belongs to; it looks at nothing else")
    .option("--disabled", "make it, and lead nothing yet");
  return addRuleOptions(command).action((name: string, options: Options<RuleOptions>) => {
    const { projectOf, disabled, comment, group } = options;
    const body = {
      name,
      ...(projectOf === undefined ? {} : { project: projectOf }),
      ...(disabled === true ? { enabled: false } : {}),
      ...(comment === undefined ? {} : { comment }),
      match: matchOf(options),
      groups: [...(group ?? [])],
    };
    return callAndPrint(context, options, "createNotificationRule", { body }, (rule) => [
      `Rule ${rule.name} is made: ${describeMatch(rule.match)} → ${rule.groups.join(", ") || "no group"}`,
    ]);
  });
}

function updateCommand(context: CommandContext): Command {
  const command = createCommand("update", "change a rule; filters that are given replace all that were")
    .argument("<NAME>")
    .option("--disabled", "lead nothing any more")
    .option("--enabled", "lead again");
  return addRuleOptions(command).action((rule: string, options: Options<RuleOptions>) => {
    const { disabled, enabled, comment, group } = options;
    const match = matchOf(options);
    const body = {
      ...(disabled === true ? { enabled: false } : enabled === true ? { enabled: true } : {}),
      ...(comment === undefined ? {} : { comment: comment === "" ? null : comment }),
      ...(Object.keys(match).length === 0 ? {} : { match }),
      ...(group === undefined ? {} : { groups: [...group] }),
    };
    if (Object.keys(body).length === 0)
      throw cliErrors.USAGE_INVALID({ detail: "update needs something to change" });
    return callAndPrint(context, options, "updateNotificationRule", { params: { rule }, body }, (answer) => [
      `Rule ${answer.name}: ${describeMatch(answer.match)} → ${answer.groups.join(", ") || "no group"}`,
    ]);
  });
}

function previewCommand(context: CommandContext): Command {
  const command = createCommand("preview", "what a rule with these filters would have sent", [
    "notification rule preview --type backup --group ops",
  ])
    .option("--project-of <NAME>", "as the project's rule")
    .option("--days <N>", "of the last so many days (default: 30)");
  return addRuleOptions(command).action((options: Options<RuleOptions & { readonly days?: string }>) => {
    const { projectOf, group = [], days } = options;
    if (days !== undefined && !/^\d{1,2}$/.test(days))
      throw cliErrors.USAGE_INVALID({ detail: "--days is a whole number from 1 to 30" });
    const body = {
      ...(projectOf === undefined ? {} : { project: projectOf }),
      match: matchOf(options),
      groups: [...group],
      ...(days === undefined ? {} : { days: Number(days) }),
    };
    return callAndPrint(context, options, "previewNotificationRule", { body }, describePreview);
  });
}

function addRuleOptions(command: Command): Command {
  return command
    .option("--comment <TEXT>", "note for people")
    .option("--event <EVENT>", "like backup.failed; may be repeated", collect)
    .addOption(new Option("--severity <WORD>", "from this severity on").choices(SEVERITIES))
    .addOption(
      new Option("--type <TYPE>", "of these tasks; may be repeated").choices(TASK_TYPES).argParser(collect),
    )
    .option("--project <PATTERN>", "of these projects, * for any letters; may be repeated", collect)
    .option("--datastore <PATTERN>", "in these datastores; may be repeated", collect)
    .option("--job <PATTERN>", "of these jobs; may be repeated", collect)
    .option("--workload <PATTERN>", "of these workloads; may be repeated", collect)
    .option("--group <NAME>", "who hears of it; may be repeated", collect);
}

/** @throws USAGE_INVALID */
function matchOf(options: RuleOptions): RuleMatch {
  const { event, severity, type, project, datastore, job, workload } = options;
  return {
    ...(event === undefined ? {} : { events: parseEvents(event) }),
    ...(severity === undefined ? {} : { severityMin: severity }),
    ...(type === undefined ? {} : { types: type.map(parseType) }),
    ...(project === undefined ? {} : { projects: [...project] }),
    ...(datastore === undefined ? {} : { datastores: [...datastore] }),
    ...(job === undefined ? {} : { jobs: [...job] }),
    ...(workload === undefined ? {} : { workloads: [...workload] }),
  };
}

/** @throws USAGE_INVALID */
function parseType(text: string): TaskType {
  const type = TASK_TYPES.find((one) => one === text);
  if (type === undefined)
    throw cliErrors.USAGE_INVALID({ detail: `--type is one of ${TASK_TYPES.join(", ")}` });
  return type;
}

function renderRules(look: Look, rules: readonly NotificationRule[]): string {
  if (rules.length === 0)
    return "No rule. Make one: ironcore-backup notification rule create NAME --group GROUP";
  const rows = rules.map(({ name, match, groups, enabled, project = "" }) => [
    name,
    describeMatch(match),
    groups.join(", "),
    enabled ? "" : "disabled",
    project,
  ]);
  return renderTable(look, ["Rule", "Fits", "Groups", "", "Project"], rows);
}

function describeMatch(match: RuleMatch): string {
  const parts = Object.entries(match).map(([field, value]) =>
    Array.isArray(value) ? `${field} ${value.join(" ")}` : `${field} ${value}`,
  );
  return parts.length === 0 ? "everything" : parts.join(", ");
}

function describePreview({
  since,
  eventCount,
  matchedCount,
  groups,
  byEvent,
  samples,
}: RulePreview): string[] {
  return [
    `${matchedCount} of ${eventCount} events since ${showInstant(since)} fit`,
    ...groups.map(
      ({ group, entryCount, messageCount }) =>
        `  ${group}: ${entryCount} told in ${messageCount} ${messageCount === 1 ? "message" : "messages"} to each target`,
    ),
    ...byEvent.map(({ event, count }) => `  ${String(count).padStart(6)} × ${event}`),
    ...samples.map(({ at, title }) => `  ${showInstant(at)}  ${printable(title)}`),
  ];
}
