/** `serve`: the server in this process. */

import { Command } from "commander";

/** The command line knows the server only by this door; it loads nothing of it for any other command. */
const SERVER_DOOR = "@ironcore-backup/server/serve";

export function serveCommand(): Command {
  return new Command("serve")
    .description("run the server; stops on Ctrl-C or SIGTERM")
    .option("--data-dir <DIR>", "where state, logs and keys are kept")
    .option("--listen <HOST:PORT>", "address to listen on (default: 127.0.0.1:8007)")
    .option("--slots <N>", "tasks that run at the same time")
    .option("--log <TARGET>", "service log: file (below the data directory) or stderr")
    .action(async (options: Readonly<Record<string, string>>) => {
      const words = Object.entries(options).flatMap(([name, value]) => [
        `--${name.replace("dataDir", "data-dir")}`,
        value,
      ]);
      const url = import.meta.resolve(SERVER_DOOR);
      // The server reads its own arguments, as if it had been started without us.
      process.argv.splice(1, process.argv.length, url, ...words);
      await import(url);
    });
}
