/** `notification group create | list | show | update | remove`: who hears of something, and how. */

import { Option } from "commander";
import type { Command } from "commander";
import { DIGESTS, SEVERITIES } from "@ironcore-backup/protocol/calls";
import type {
  Digest,
  NotificationEventWord,
  NotificationGroup,
  NotificationGroupCreate,
  Severity,
} from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { collect, createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseEvents } from "../notification-options.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface GroupOptions {
  readonly project?: string;
  readonly comment?: string;
  readonly target?: readonly string[];
  readonly severity?: Severity;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly digest?: Digest;
  readonly digestHour?: string;
  readonly timeZone?: string;
  readonly remindHours?: string;
  readonly disabled?: boolean;
  readonly enabled?: boolean;
}

export function groupCommands(context: CommandContext): Command {
  const list = createCommand("list", "list the groups").action((options: Options<object>) =>
    callAndPrint(context, options, "listNotificationGroups", {}, (groups) =>
      renderGroups(context.look, groups),
    ),
  );
  const show = createCommand("show", "show one group and what names it")
    .argument("<NAME>")
    .action((group: string, options: Options<object>) =>
      callAndPrint(context, options, "getNotificationGroup", { params: { group } }, describeGroup),
    );
  const remove = createCommand("remove", "remove a group that nothing names")
    .argument("<NAME>")
    .action((group: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeNotificationGroup",
        { params: { group } },
        () => `Group ${group} is removed`,
      ),
    );
  return createGroup("group", "who hears of something, and how: targets, events, digests, reminders", [
    createCommandOf(context),
    list,
    show,
    updateCommand(context),
    remove,
  ]);
}

function createCommandOf(context: CommandContext): Command {
  const command = createCommand("create", "make a group", [
    "notification group create ops --target mail --target chat",
    "notification group create reports --target mail --severity info --digest daily",
  ])
    .argument("<NAME>")
    .option("--project <NAME>", "project that it belongs to")
    .option("--disabled", "make it, and tell nothing yet");
  return addGroupOptions(command).action((name: string, options: Options<GroupOptions>) => {
    const { project, disabled } = options;
    const body = {
      name,
      ...(project === undefined ? {} : { project }),
      ...(disabled === true ? { enabled: false } : {}),
      ...fieldsOf(options),
    };
    return callAndPrint(context, options, "createNotificationGroup", { body }, (group) => [
      `Group ${group.name} is made`,
      `  Next: ironcore-backup job update JOB --notification-group ${group.name}`,
      `  or:   ironcore-backup notification rule create NAME --group ${group.name}`,
    ]);
  });
}

function updateCommand(context: CommandContext): Command {
  const command = createCommand("update", "change a group; what is given replaces what was")
    .argument("<NAME>")
    .option("--disabled", "tell nothing any more")
    .option("--enabled", "tell again");
  return addGroupOptions(command).action((group: string, options: Options<GroupOptions>) => {
    const { disabled, enabled } = options;
    const body = {
      ...(disabled === true ? { enabled: false } : enabled === true ? { enabled: true } : {}),
      ...fieldsOf(options),
    };
    if (Object.keys(body).length === 0)
      throw cliErrors.USAGE_INVALID({ detail: "update needs something to change" });
    return callAndPrint(
      context,
      options,
      "updateNotificationGroup",
      { params: { group }, body },
      describeGroup,
    );
  });
}

function addGroupOptions(command: Command): Command {
  return command
    .option("--comment <TEXT>", "note for people")
    .option("--target <NAME>", "where it sends; may be repeated", collect)
    .addOption(
      new Option("--severity <WORD>", "from which severity on it tells (default: warning)").choices(
        SEVERITIES,
      ),
    )
    .option(
      "--include <EVENT>",
      "told whatever its severity, like backup.completed; may be repeated",
      collect,
    )
    .option("--exclude <EVENT>", "never told; may be repeated", collect)
    .addOption(new Option("--digest <HOW>", "gather instead of telling at once").choices(DIGESTS))
    .option("--digest-hour <HOUR>", "of a daily digest (default: 7)")
    .option("--time-zone <ZONE>", "of that hour (default: the server's)")
    .option("--remind-hours <N>", "tell again of what goes on, 0 for never (default: 24)");
}

/** @throws USAGE_INVALID */
function fieldsOf(options: GroupOptions): Partial<Omit<NotificationGroupCreate, "name" | "project">> {
  const { comment, target, severity, include, exclude, digest, digestHour, timeZone, remindHours } = options;
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(target === undefined ? {} : { targets: [...target] }),
    ...(severity === undefined ? {} : { severityMin: severity }),
    ...(include === undefined ? {} : { include: parseEvents(include) }),
    ...(exclude === undefined ? {} : { exclude: parseEvents(exclude) }),
    ...(digest === undefined ? {} : { digest }),
    ...(digestHour === undefined ? {} : { digestHour: numberOf("--digest-hour", digestHour) }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(remindHours === undefined ? {} : { remindHours: numberOf("--remind-hours", remindHours) }),
  };
}

/** @throws USAGE_INVALID */
function numberOf(option: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number` });
}

function renderGroups(look: Look, groups: readonly NotificationGroup[]): string {
  if (groups.length === 0)
    return "No group. Make one: ironcore-backup notification group create NAME --target TARGET";
  const rows = groups.map((group) => [
    group.name,
    group.targets.join(", "),
    describeEvents(group),
    group.digest ?? "none",
    group.enabled ? "" : "disabled",
    group.project ?? "",
  ]);
  return renderTable(look, ["Group", "Targets", "Tells", "Digest", "", "Project"], rows);
}

function describeEvents({ severityMin = "warning", include = [], exclude = [] }: NotificationGroup): string {
  const list = (sign: string, events: readonly NotificationEventWord[]): string =>
    events.map((event) => ` ${sign}${event}`).join("");
  return `${severityMin} and above${list("+", include)}${list("-", exclude)}`;
}

function describeGroup(group: NotificationGroup): string[] {
  const { name, targets, digest = "none", digestHour = 7, remindHours = 24, jobs, datastores, rules } = group;
  const users = [
    ...jobs.map((job) => `job ${job}`),
    ...datastores.map((datastore) => `datastore ${datastore}`),
    ...rules.map((rule) => `rule ${rule}`),
  ];
  return [
    `${name}${group.enabled ? "" : " (disabled)"}`,
    `  Targets    ${targets.length === 0 ? "none: it tells nobody" : targets.join(", ")}`,
    `  Tells      ${describeEvents(group)}`,
    `  Digest     ${digest}${digest === "daily" ? ` at ${digestHour}:00` : ""}`,
    `  Reminds    ${remindHours === 0 ? "never" : `every ${remindHours} h`}`,
    `  Named by   ${users.length === 0 ? "nothing: it hears of nothing" : users.join(", ")}`,
  ];
}
