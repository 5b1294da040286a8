/** `grant list | add | remove`: who has which role where. */

import type { Command } from "commander";
import type { Grant, Scope } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface ScopeOptions {
  readonly project?: string;
  readonly datastore?: string;
  readonly namespace?: string;
  readonly platform?: boolean;
}

export function grantCommands(context: CommandContext): Command {
  const list = createCommand("list", "list grants")
    .option("--user <USER@REALM>", "of this user or token")
    .action(({ user, ...options }: Options<{ user?: string }>) =>
      callAndPrint(context, options, "listGrants", user === undefined ? {} : { query: { user } }, (grants) =>
        renderGrants(context.look, grants),
      ),
    );
  const add = createCommand("add", "grant a role; nobody can grant more than they have", [
    "grant add eve@ibs project-member --project shop",
    "grant add 'eve@ibs!ci' project-operator --namespace main:shop",
    "grant add bob@ibs platform-auditor --platform",
  ])
    .argument("<USER@REALM>", "a user, or a token like 'eve@ibs!ci'")
    .argument("<ROLE>", "see `role list`")
    .option("--project <NAME>", "in this project")
    .option("--datastore <NAME>", "on this datastore")
    .option("--namespace <DATASTORE:NS>", "in this namespace and those below it")
    .option("--platform", "everywhere")
    .action(async (authId: string, role: string, options: Options<ScopeOptions>) => {
      const scope = scopeOf(options);
      await callAndPrint(
        context,
        options,
        "createGrant",
        { body: { authId, role, scope } },
        (grant) => `${grant.authId} is ${grant.role} ${scopeText(grant.scope)} (${grant.id})`,
      );
    });
  const remove = createCommand("remove", "take a grant back")
    .argument("<ID>", "as `grant list` shows it")
    .action((grant: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeGrant",
        { params: { grant } },
        () => `Grant ${grant} is taken back`,
      ),
    );
  return createGroup("grant", "who has which role where", [list, add, remove]);
}

/** Exactly one place: a forgotten option must not mean everywhere. @throws USAGE_INVALID */
function scopeOf({ project, datastore, namespace, platform }: ScopeOptions): Scope {
  const scopes: Scope[] = [
    ...(project === undefined ? [] : [{ kind: "project", name: project } as const]),
    ...(datastore === undefined ? [] : [{ kind: "datastore", name: datastore } as const]),
    ...(namespace === undefined ? [] : [{ kind: "namespace", name: namespace } as const]),
    ...(platform === true ? [{ kind: "platform", name: "" } as const] : []),
  ];
  const [scope, another] = scopes;
  if (scope === undefined || another !== undefined) {
    const detail = "grant add needs exactly one of --project, --datastore, --namespace and --platform";
    throw cliErrors.USAGE_INVALID({ detail });
  }
  return scope;
}

export function scopeText(scope: Scope): string {
  return scope.kind === "platform" ? "everywhere" : `in ${scope.kind} ${scope.name}`;
}

function renderGrants(look: Look, grants: readonly Grant[]): string {
  if (grants.length === 0) return "No grants.";
  const rows = grants.map((grant) => [
    grant.authId,
    grant.role,
    scopeText(grant.scope),
    grant.createdBy,
    showInstant(grant.createdAt),
    grant.id,
  ]);
  return renderTable(look, ["User or token", "Role", "Where", "Granted by", "Since", "ID"], rows);
}
