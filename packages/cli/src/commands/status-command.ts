/** `status`: is the server well, and has it room. */

import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { showInstant } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

export function statusCommand(context: CommandContext): Command {
  return createCommand("status", "show the server's version, slots and services", [
    "status",
    "status --services",
  ])
    .option("--services", "only the services, one a line")
    .action(async (options: Options<{ services?: boolean }>) => {
      const client = await context.connect(options);
      const status = await client.call("getStatus", { signal: context.signal });
      const services = () =>
        renderTable(
          context.look,
          ["Service", "State", "Detail"],
          status.services.map((row) => [row.name, row.state, row.detail]),
        );
      if (options.services === true) return printResult(context, options, status.services, services);
      printResult(context, options, status, () => [
        `Ironcore Backup ${status.version} on ${status.node}, ${client.url}`,
        `Running since ${showInstant(status.startedAt)}`,
        `Fingerprint ${status.fingerprint}`,
        `Tasks: ${status.runningTaskCount} running, ${status.queuedTaskCount} queued; ${status.freeSlotCount} of ${status.slotCount} slots free`,
        `Datastores: ${status.datastoreCount}`,
        "",
        services(),
      ]);
    });
}
