/** `snapshot notes | protect`: what people write on a snapshot. */

import type { Command } from "commander";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { printableLines } from "../display/look.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";

type InDatastore = { readonly datastore?: string };
const NAME = "[DATASTORE:][NS/]type/id/time, or …/latest";

export function notesCommand(context: CommandContext): Command {
  return createCommand("notes", "show a snapshot's notes, or write them", [
    "snapshot notes main:host/web-1/latest",
    'snapshot notes main:host/web-1/latest "before the upgrade"',
  ])
    .argument("<SNAPSHOT>", NAME)
    .argument("[TEXT]", 'new notes; "" takes them away')
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .action((name: string, notes: string | undefined, options: Options<InDatastore>) => {
      const params = parseSnapshotName(name, options.datastore);
      if (notes === undefined)
        return callAndPrint(context, options, "getSnapshot", { params }, ({ snapshot }) =>
          printableLines(snapshot.notes ?? "No notes"),
        );
      return callAndPrint(context, options, "updateSnapshot", { params, body: { notes } }, ({ snapshot }) =>
        notes === ""
          ? `${params.datastore}:${snapshot} has no notes any more`
          : `Notes of ${params.datastore}:${snapshot} are kept`,
      );
    });
}

export function protectCommand(context: CommandContext): Command {
  return createCommand("protect", "keep a snapshot from being pruned or forgotten", [
    "snapshot protect main:host/web-1/latest",
    "snapshot protect main:host/web-1/latest --off",
  ])
    .argument("<SNAPSHOT>", NAME)
    .option("--datastore <NAME>", "datastore, when the snapshot does not name it")
    .option("--off", "take the protection away")
    .action((name: string, options: Options<InDatastore & { off?: boolean }>) => {
      const params = parseSnapshotName(name, options.datastore);
      const body = { protected: options.off !== true };
      return callAndPrint(context, options, "updateSnapshot", { params, body }, ({ snapshot }) =>
        body.protected
          ? `${params.datastore}:${snapshot} is protected`
          : `${params.datastore}:${snapshot} is not protected any more`,
      );
    });
}
