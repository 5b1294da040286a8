/** `role list | create | update | remove`: named sets of privileges. */

import { Option } from "commander";
import type { Command } from "commander";
import { PRIVILEGES } from "@ironcore-backup/protocol/calls";
import type { Privilege, Role } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { printable } from "../display/look.ts";

interface RoleOptions {
  readonly privilege?: readonly Privilege[];
  readonly comment?: string;
}

/** May be repeated; each is one of the words that there are. */
function privilegeOption(): Option {
  return new Option("--privilege <PRIVILEGE...>", "what it allows; may be repeated").choices([...PRIVILEGES]);
}

export function roleCommands(context: CommandContext): Command {
  const list = createCommand("list", "list built-in and custom roles with what they allow").action(
    (options: Options<object>) =>
      callAndPrint(context, options, "listRoles", {}, (roles) => roles.flatMap(describeRole)),
  );
  const create = createCommand("create", "create a custom role", [
    "role create restorer --privilege snapshot.read snapshot.restore task.read",
  ])
    .argument("<NAME>")
    .addOption(privilegeOption().makeOptionMandatory())
    .option("--comment <TEXT>", "note for people")
    .action((name: string, options: Options<RoleOptions>) => {
      const { privilege = [], comment } = options;
      const body = { name, privileges: [...privilege], ...(comment === undefined ? {} : { comment }) };
      return callAndPrint(context, options, "createRole", { body }, describeRole);
    });
  const update = createCommand("update", "change a custom role; every grant of it changes at once")
    .argument("<NAME>")
    .addOption(privilegeOption())
    .option("--comment <TEXT>", "note for people; empty to take it away")
    .action(async (role: string, options: Options<RoleOptions>) => {
      const { privilege, comment } = options;
      if (privilege === undefined && comment === undefined)
        throw cliErrors.USAGE_INVALID({ detail: "role update needs --privilege or --comment" });
      const body = {
        ...(privilege === undefined ? {} : { privileges: [...privilege] }),
        ...(comment === undefined ? {} : { comment: comment === "" ? null : comment }),
      };
      await callAndPrint(context, options, "updateRole", { params: { role }, body }, describeRole);
    });
  const remove = createCommand("remove", "remove a custom role that nothing grants")
    .argument("<NAME>")
    .action((role: string, options: Options<object>) =>
      callAndPrint(context, options, "removeRole", { params: { role } }, () => `Role ${role} is removed`),
    );
  return createGroup("role", "named sets of privileges", [list, create, update, remove]);
}

function describeRole(role: Role): string[] {
  const kind = role.builtIn ? "built in" : "custom";
  const comment = role.comment === undefined ? "" : `: ${printable(role.comment)}`;
  return [`${role.name}  (${kind})${comment}`, `  ${role.privileges.join(" ")}`];
}
