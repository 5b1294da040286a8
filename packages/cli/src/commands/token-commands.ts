/** `token create | list | remove`: credentials for programs. */

import type { Command } from "commander";
import type { ApiToken } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseFutureMoment } from "../moment.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface CreateOptions {
  readonly user?: string;
  readonly expires?: string;
  readonly comment?: string;
}

export function tokenCommands(context: CommandContext): Command {
  const create = createCommand("create", "create an API token; its secret is shown this once", [
    "token create ci --expires 90d",
    "token create nightly --user eve@ibs --comment 'host web-1'",
  ])
    .argument("<NAME>", "what the token is called: the part behind the '!'")
    .option("--user <USER@REALM>", "whose token (default: yours)")
    .option("--expires <TIME>", "until when it works: 90d from now, or a date (default: until it is removed)")
    .option("--comment <TEXT>", "note for people")
    .action(async (name: string, options: Options<CreateOptions>) => {
      const { user, expires, comment } = options;
      const body = {
        name,
        ...(user === undefined ? {} : { user }),
        ...(expires === undefined ? {} : { expiresAt: parseFutureMoment(expires, context.clock.now()) }),
        ...(comment === undefined ? {} : { comment }),
      };
      await callAndPrint(context, options, "createApiToken", { body }, ({ token, secret }) => [
        `Token ${token.authId} is created. Its secret, which is not shown again:`,
        `  ${secret}`,
        "It has no rights of its own yet; it never has more than its owner:",
        `  ironcore-backup grant add '${token.authId}' ROLE --project PROJECT`,
      ]);
    });
  const list = createCommand("list", "list API tokens")
    .option("--user <USER@REALM>", "of this user (default: yours)")
    .action(({ user, ...options }: Options<{ user?: string }>) =>
      callAndPrint(
        context,
        options,
        "listApiTokens",
        user === undefined ? {} : { query: { user } },
        (tokens) => renderTokens(context.look, tokens),
      ),
    );
  const remove = createCommand("remove", "revoke an API token at once")
    .argument("<TOKEN>", "like 'eve@ibs!ci'")
    .action((token: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeApiToken",
        { params: { token } },
        () => `Token ${token} is revoked`,
      ),
    );
  return createGroup("token", "credentials for programs", [create, list, remove]);
}

function renderTokens(look: Look, tokens: readonly ApiToken[]): string {
  if (tokens.length === 0) return "No API token. Make one: ironcore-backup token create NAME";
  const rows = tokens.map((token) => [
    token.authId,
    token.enabled ? "enabled" : "disabled",
    token.expiresAt === undefined ? "never" : showInstant(token.expiresAt),
    token.lastUsedAt === undefined ? "never" : showInstant(token.lastUsedAt),
    printable(token.comment ?? ""),
  ]);
  return renderTable(look, ["Token", "State", "Expires", "Last used", "Comment"], rows);
}
