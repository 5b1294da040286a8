/** `namespace create | list | update | remove`. */

import type { Command } from "commander";
import type { NamespaceRow } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseNamespaceName } from "../place-name.ts";
import { addRetentionOptions, effectiveText, retentionOf } from "../retention-options.ts";
import type { RetentionOptions } from "../retention-options.ts";

type InDatastore = { readonly datastore?: string };
const NAME = "[DATASTORE:]NAMESPACE, like main:customers/acme";

export function namespaceCommands(context: CommandContext): Command {
  return createGroup("namespace", "places inside a datastore, each for somebody's backups", [
    createNamespaceCommand(context),
    listCommand(context),
    updateCommand(context),
    removeCommand(context),
  ]);
}

function createNamespaceCommand(context: CommandContext): Command {
  const command = createCommand("create", "make a namespace and those above it", [
    "namespace create main:customers/acme --keep-daily 14",
  ])
    .argument("<NAMESPACE>", NAME)
    .option("--datastore <NAME>", "datastore, when the namespace does not name it");
  return addRetentionOptions(command).action(
    async (text: string, options: Options<InDatastore & RetentionOptions>) => {
      const { datastore, name } = parseNamespaceName(text, options.datastore);
      const retention = retentionOf(options);
      const body = { namespace: name, ...(retention === undefined ? {} : { retention }) };
      await callAndPrint(context, options, "createNamespace", { params: { datastore }, body }, (made) => [
        `Namespace ${datastore}:${made.namespace} is ready`,
        `  Keeps  ${effectiveText(made.effectiveRetention)}`,
      ]);
    },
  );
}

function listCommand(context: CommandContext): Command {
  return createCommand("list", "list the namespaces of a datastore", ["namespace list --datastore main"])
    .requiredOption("--datastore <NAME>", "datastore to list")
    .action((options: Options<{ datastore: string }>) =>
      callAndPrint(
        context,
        options,
        "listNamespaces",
        { params: { datastore: options.datastore } },
        (namespaces) => renderNamespaces(context.look, namespaces),
      ),
    );
}

function renderNamespaces(look: Look, namespaces: readonly NamespaceRow[]): string {
  if (namespaces.length === 0) return "No namespaces that you may see";
  const rows = namespaces.map(({ namespace, groupCount, snapshotCount, effectiveRetention }) => [
    namespace === "" ? "(root)" : namespace,
    String(groupCount),
    String(snapshotCount),
    effectiveText(effectiveRetention),
  ]);
  return renderTable(look, ["Namespace", "Groups", "Snapshots", "Keeps"], rows, ["left", "right", "right"]);
}

function updateCommand(context: CommandContext): Command {
  const command = createCommand("update", "say how long a namespace keeps its snapshots", [
    "namespace update main:customers --keep-daily 7 --keep-weekly 4",
    "namespace update main:customers --inherit",
  ])
    .argument("<NAMESPACE>", NAME)
    .option("--datastore <NAME>", "datastore, when the namespace does not name it");
  return addRetentionOptions(command)
    .option("--inherit", "what is set above it holds here again")
    .option("--keep-all", "everything stays here, whatever is set above")
    .action(
      async (
        text: string,
        options: Options<InDatastore & RetentionOptions & { inherit?: boolean; keepAll?: boolean }>,
      ) => {
        const { datastore, name } = parseNamespaceName(text, options.datastore);
        const retention = chosenRetention(options);
        const params = { datastore, namespace: name };
        await callAndPrint(
          context,
          options,
          "updateNamespace",
          { params, body: { retention } },
          (changed) => [
            `${datastore}:${changed.namespace} keeps ${effectiveText(changed.effectiveRetention)}`,
          ],
        );
      },
    );
}

/** One of three ways to say it. @throws USAGE_INVALID */
function chosenRetention(options: RetentionOptions & { inherit?: boolean; keepAll?: boolean }) {
  const retention = retentionOf(options);
  const ways = [retention !== undefined, options.inherit === true, options.keepAll === true];
  if (ways.filter(Boolean).length !== 1)
    throw cliErrors.USAGE_INVALID({ detail: "give --keep options, or --keep-all, or --inherit" });
  return options.inherit === true ? null : (retention ?? {});
}

function removeCommand(context: CommandContext): Command {
  return createCommand("remove", "remove an empty namespace")
    .argument("<NAMESPACE>", NAME)
    .option("--datastore <NAME>", "datastore, when the namespace does not name it")
    .action((text: string, options: Options<InDatastore>) => {
      const { datastore, name } = parseNamespaceName(text, options.datastore);
      return callAndPrint(
        context,
        options,
        "removeNamespace",
        { params: { datastore, namespace: name } },
        () => `Namespace ${datastore}:${name} is removed`,
      );
    });
}
