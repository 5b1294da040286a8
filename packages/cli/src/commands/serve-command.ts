/** `serve`: the server in this process. */

import { resolve } from "node:path";
import type { Command } from "commander";
import { toCodedError } from "@ironcore-backup/base";
import type { CommandContext } from "../command-context.ts";
import { printLines } from "../command-context.ts";
import { createCommand } from "../global-options.ts";
import { defaultDataDir } from "../server-choice.ts";
import type { Options } from "../global-options.ts";

/** The command line knows the server only by this door; it loads nothing of it for any other command. */
const SERVER_DOOR = "@ironcore-backup/server/serve";

interface ServeOptions {
  readonly listen?: string;
  readonly slots?: string;
  readonly verifierSlots?: string;
  readonly gcSlots?: string;
  readonly syncSlots?: string;
  readonly log?: string;
  readonly eventReaders?: string;
  readonly timeZone?: string;
  readonly publicUrl?: string;
  readonly demo?: boolean;
}

export function serveCommand(context: CommandContext): Command {
  return createCommand("serve", "run the server; stops on Ctrl-C or SIGTERM", [
    "serve",
    "serve --data-dir /var/lib/ironcore-backup --listen 0.0.0.0:8007",
    "serve --data-dir ./try-it --demo",
  ])
    .option("--listen <HOST:PORT>", "address to listen on (default: 127.0.0.1:8007)")
    .option("--slots <N>", "backups and restores at the same time (default: one for each core, at least 2)")
    .option("--verifier-slots <N>", "verifications at the same time (default: 1)")
    .option("--gc-slots <N>", "garbage collections and prunes at the same time (default: 1)")
    .option("--sync-slots <N>", "syncs at the same time (default: 1)")
    .option("--log <TARGET>", "service log: file (below the data directory) or stderr")
    .option("--event-readers <N>", "event streams that one user may hold open (default: 200)")
    .option("--time-zone <ZONE>", "zone of retentions that name none (default: this machine's)")
    .option("--public-url <URL>", "where people reach the dashboard, for links in notifications")
    .option("--demo", "set up a small living example: real backups of this machine every few minutes")
    .action(async (given: Options<ServeOptions>) => {
      const { dataDir, listen, log, demo, ...slots } = given;
      const options = {
        "data-dir": dataDir,
        listen,
        slots: slots.slots,
        "verifier-slots": slots.verifierSlots,
        "gc-slots": slots.gcSlots,
        "sync-slots": slots.syncSlots,
        log,
        "event-readers": slots.eventReaders,
        "time-zone": slots.timeZone,
        "public-url": slots.publicUrl,
      };
      const words = Object.entries(options).flatMap(([name, value]) =>
        value === undefined ? [] : [`--${name}=${value}`],
      );
      const url = import.meta.resolve(SERVER_DOOR);
      // The server reads its own arguments, as if it had been started without us.
      process.argv.splice(1, process.argv.length, url, ...words);
      // Resolves when it listens; a server that cannot start ends the process.
      await import(url);
      if (demo === true) await runDemo(context, given);
    });
}

/** A demo that cannot be set up is told, and the server goes on: it is a server first. */
async function runDemo(context: CommandContext, options: Options<ServeOptions>): Promise<void> {
  const { setUpDemo } = await import("../demo-installation.ts");
  try {
    const client = await context.connect(options);
    const dataDir = resolve(context.workingDir, options.dataDir ?? defaultDataDir(context.env));
    printLines(context.out, await setUpDemo({ client, random: context.random }, dataDir));
  } catch (thrown) {
    const { code, message, remedy } = toCodedError(thrown);
    printLines(context.err, `The demo was not set up whole: ${message}. ${remedy} (${code})`);
  }
}
