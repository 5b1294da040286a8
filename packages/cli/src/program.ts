/** The whole tree of commands. */

import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { backupCommand } from "./commands/backup-command.ts";
import { datastoreCommands } from "./commands/datastore-commands.ts";
import { keyCommands } from "./commands/key-commands.ts";
import { restoreCommand } from "./commands/restore-command.ts";
import { serveCommand } from "./commands/serve-command.ts";
import { sessionCommands } from "./commands/session-commands.ts";
import { snapshotCommands } from "./commands/snapshot-commands.ts";
import { statusCommand } from "./commands/status-command.ts";
import { taskCommands } from "./commands/task-commands.ts";
import { verifyCommand } from "./commands/verify-command.ts";

export function createProgram(context: CommandContext, version: string): Command {
  const program = new Command("ironcore-backup")
    .description("Backups as tracked tasks: take, watch, verify, restore.")
    .version(version)
    .showHelpAfterError("(see --help)")
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => context.err.write(text),
      getOutHelpWidth: () => context.out.width(),
      getErrHelpWidth: () => context.err.width(),
    });
  const commands = [
    serveCommand(),
    statusCommand(context),
    ...sessionCommands(context),
    datastoreCommands(context),
    backupCommand(context),
    snapshotCommands(context),
    restoreCommand(context),
    verifyCommand(context, { isOne: false }),
    taskCommands(context),
    keyCommands(context),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}
