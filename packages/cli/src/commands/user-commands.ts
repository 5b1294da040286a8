/** `user create | list | show | update | remove`. */

import type { Command } from "commander";
import type { User, UserUpdate } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { ask } from "../prompt.ts";
import { readNewPassword } from "../secret-input.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

const NAME_ARGUMENT = ["<USER@REALM>", "like eve@ibs"] as const;

export function userCommands(context: CommandContext): Command {
  const commands = [
    createUserCommand(context),
    createCommand("list", "list the users").action((options: Options<object>) =>
      callAndPrint(context, options, "listUsers", {}, (users) => renderUsers(context.look, users)),
    ),
    createCommand("show", "show one user")
      .argument(...NAME_ARGUMENT)
      .action((user: string, options: Options<object>) =>
        callAndPrint(context, options, "getUser", { params: { user } }, describeUser),
      ),
    updateUserCommand(context),
    createCommand("remove", "remove a user with their tokens, sessions and grants")
      .argument(...NAME_ARGUMENT)
      .action((user: string, options: Options<object>) =>
        callAndPrint(context, options, "removeUser", { params: { user } }, () => `User ${user} is removed`),
      ),
  ];
  return createGroup("user", "who may sign in", commands);
}

interface CreateOptions {
  readonly passwordFile?: string;
  readonly comment?: string;
  readonly email?: string;
}

function createUserCommand(context: CommandContext): Command {
  return createCommand("create", "create a user, who may do nothing until something is granted", [
    "user create eve@ibs",
    "grant add eve@ibs project-member --project shop",
  ])
    .argument(...NAME_ARGUMENT)
    .option("--password-file <FILE>", "first line is the password (default: it is asked for)")
    .option("--comment <TEXT>", "note for people")
    .option("--email <ADDRESS>", "where notifications go")
    .action(async (authId: string, options: Options<CreateOptions>) => {
      const { comment, email } = options;
      const password = await readNewPassword(context, `Password of ${authId}`, options.passwordFile);
      const body = {
        authId,
        password,
        ...(comment === undefined ? {} : { comment }),
        ...(email === undefined ? {} : { email }),
      };
      await callAndPrint(context, options, "createUser", { body }, (user) => [
        `User ${user.authId} is created and may do nothing yet`,
        `  Next: ironcore-backup grant add ${user.authId} ROLE --project PROJECT`,
      ]);
    });
}

interface UpdateOptions extends CreateOptions {
  readonly enable?: boolean;
  readonly disable?: boolean;
  readonly password?: boolean;
  readonly own?: boolean;
}

function updateUserCommand(context: CommandContext): Command {
  return createCommand("update", "change a user; a new password ends their sessions", [
    "user update eve@ibs --disable",
    "user update eve@ibs --password",
    "user update me@ibs --password --own",
  ])
    .argument(...NAME_ARGUMENT)
    .option("--enable", "let them sign in again")
    .option("--disable", "end their sessions and refuse new ones")
    .option("--password", "set a new password, which is asked for")
    .option("--own", "with --password: it is my own, and I give the old one")
    .option("--password-file <FILE>", "set a new password, the first line of this file")
    .option("--comment <TEXT>", "note for people; empty to take it away")
    .option("--email <ADDRESS>", "where notifications go; empty to take it away")
    .action(async (user: string, options: Options<UpdateOptions>) => {
      const body = await updateOf(context, user, options);
      await callAndPrint(context, options, "updateUser", { params: { user }, body }, describeUser);
    });
}

/** @throws USAGE_INVALID */
async function updateOf(context: CommandContext, user: string, options: UpdateOptions): Promise<UserUpdate> {
  const { enable, disable, password, passwordFile, comment, email, own } = options;
  if (enable === true && disable === true)
    throw cliErrors.USAGE_INVALID({ detail: "--enable and --disable exclude each other" });
  const isNewPassword = password === true || passwordFile !== undefined;
  const update: UserUpdate = {
    ...(enable === true ? { enabled: true } : {}),
    ...(disable === true ? { enabled: false } : {}),
    ...(comment === undefined ? {} : { comment: comment === "" ? null : comment }),
    ...(email === undefined ? {} : { email: email === "" ? null : email }),
    ...(own === true ? { oldPassword: await ask(context, "Old password: ", { isSecret: true }) } : {}),
    ...(isNewPassword
      ? { password: await readNewPassword(context, `New password of ${user}`, passwordFile) }
      : {}),
  };
  if (Object.keys(update).length === 0)
    throw cliErrors.USAGE_INVALID({ detail: "user update needs something to change" });
  return update;
}

function renderUsers(look: Look, users: readonly User[]): string {
  const rows = users.map((user) => [
    user.authId,
    user.enabled ? "enabled" : "disabled",
    user.lastLoginAt === undefined ? "never" : showInstant(user.lastLoginAt),
    printable(user.email ?? ""),
    printable(user.comment ?? ""),
  ]);
  return renderTable(look, ["User", "State", "Last login", "Email", "Comment"], rows);
}

function describeUser(user: User): string[] {
  return [
    `${user.authId}  ${user.enabled ? "enabled" : "disabled"}`,
    ...(user.email === undefined ? [] : [`  Email       ${printable(user.email)}`]),
    ...(user.comment === undefined ? [] : [`  Comment     ${printable(user.comment)}`]),
    `  Since       ${showInstant(user.createdAt)}`,
    `  Last login  ${user.lastLoginAt === undefined ? "never" : showInstant(user.lastLoginAt)}`,
  ];
}
