/**
 * The tree of commands. A command's code is loaded when its word stands on the line; the whole tree only for help, for
 * completion, and for words that are no command. A short command so starts in half the time.
 */

import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { addGlobalOptions } from "./global-options.ts";

interface Entry {
  readonly word: string;
  readonly load: (context: CommandContext) => Promise<Command>;
}

/** In the order of the help. */
const ENTRIES: readonly Entry[] = [
  {
    word: "serve",
    load: async (context) => (await import("./commands/serve-command.ts")).serveCommand(context),
  },
  {
    word: "status",
    load: async (context) => (await import("./commands/status-command.ts")).statusCommand(context),
  },
  {
    word: "login",
    load: async (context) => (await import("./commands/session-commands.ts")).loginCommand(context),
  },
  {
    word: "logout",
    load: async (context) => (await import("./commands/session-commands.ts")).logoutCommand(context),
  },
  {
    word: "whoami",
    load: async (context) => (await import("./commands/session-commands.ts")).whoamiCommand(context),
  },
  {
    word: "datastore",
    load: async (context) => (await import("./commands/datastore-commands.ts")).datastoreCommands(context),
  },
  {
    word: "namespace",
    load: async (context) => (await import("./commands/namespace-commands.ts")).namespaceCommands(context),
  },
  {
    word: "group",
    load: async (context) => (await import("./commands/group-commands.ts")).groupCommands(context),
  },
  {
    word: "workload",
    load: async (context) => (await import("./commands/workload-commands.ts")).workloadCommands(context),
  },
  {
    word: "job",
    load: async (context) => (await import("./commands/job-commands.ts")).jobCommands(context),
  },
  {
    word: "notification",
    load: async (context) =>
      (await import("./commands/notification-commands.ts")).notificationCommands(context),
  },
  {
    word: "backup",
    load: async (context) => (await import("./commands/backup-command.ts")).backupCommand(context),
  },
  {
    word: "snapshot",
    load: async (context) => (await import("./commands/snapshot-commands.ts")).snapshotCommands(context),
  },
  {
    word: "restore",
    load: async (context) => (await import("./commands/restore-command.ts")).restoreCommand(context),
  },
  {
    word: "verify",
    load: async (context) =>
      (await import("./commands/verify-command.ts")).verifyCommand(context, { isOne: false }),
  },
  {
    word: "drill",
    load: async (context) => (await import("./commands/drill-command.ts")).drillCommand(context),
  },
  {
    word: "prune",
    load: async (context) => (await import("./commands/prune-command.ts")).pruneCommand(context),
  },
  {
    word: "stats",
    load: async (context) => (await import("./commands/stats-command.ts")).statsCommand(context),
  },
  {
    word: "gc",
    load: async (context) => (await import("./commands/gc-command.ts")).gcCommand(context),
  },
  {
    word: "task",
    load: async (context) => (await import("./commands/task-commands.ts")).taskCommands(context),
  },
  {
    word: "worker",
    load: async (context) => (await import("./commands/worker-commands.ts")).workerCommands(context),
  },
  {
    word: "scheduler",
    load: async (context) => (await import("./commands/scheduler-commands.ts")).schedulerCommands(context),
  },
  {
    word: "user",
    load: async (context) => (await import("./commands/user-commands.ts")).userCommands(context),
  },
  {
    word: "token",
    load: async (context) => (await import("./commands/token-commands.ts")).tokenCommands(context),
  },
  {
    word: "project",
    load: async (context) => (await import("./commands/project-commands.ts")).projectCommands(context),
  },
  {
    word: "role",
    load: async (context) => (await import("./commands/role-commands.ts")).roleCommands(context),
  },
  {
    word: "grant",
    load: async (context) => (await import("./commands/grant-commands.ts")).grantCommands(context),
  },
  {
    word: "audit",
    load: async (context) => (await import("./commands/audit-command.ts")).auditCommand(context),
  },
  { word: "key", load: async (context) => (await import("./keys/key-commands.ts")).keyCommands(context) },
];

const VERSION_OPTIONS = new Set(["-V", "--version"]);
/** Of the program's own options, those that take the next word. */
const OPTIONS_WITH_VALUE = new Set(["--server", "--data-dir", "--output-format"]);

/** The program with the commands that `words` need. */
export async function createProgram(
  context: CommandContext,
  version: string,
  words: readonly string[],
): Promise<Command> {
  const word = findCommandWord(words);
  const entry = ENTRIES.find((one) => one.word === word);
  if (entry !== undefined) return assemble(context, version, [await entry.load(context)]);
  if (words.length === 1 && VERSION_OPTIONS.has(words[0] ?? "")) return assemble(context, version, []);
  const createWhole = async (): Promise<Command> =>
    assemble(context, version, await Promise.all(ENTRIES.map((one) => one.load(context))));
  const program = await createWhole();
  const { completionCommands } = await import("./commands/completion-commands.ts");
  const { completion, complete } = completionCommands(context, createWhole);
  program.addCommand(completion).addCommand(complete, { hidden: true });
  inheritSettings(program);
  return program;
}

function assemble(context: CommandContext, version: string, commands: readonly Command[]): Command {
  const program = new Command("ironcore-backup")
    .description("Backups as tracked tasks: take, watch, verify, restore.")
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError("(see --help)")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => context.err.write(text),
      getOutHelpWidth: () => context.out.width(),
      getErrHelpWidth: () => context.err.width(),
    })
    // It would end the process by itself.
    .exitOverride();
  addGlobalOptions(program);
  for (const command of commands) program.addCommand(command);
  inheritSettings(program);
  return program;
}

/** The first word that is neither an option nor an option's value. */
export function findCommandWord(words: readonly string[]): string | undefined {
  return words.find((word, at) => !word.startsWith("-") && !OPTIONS_WITH_VALUE.has(words[at - 1] ?? ""));
}

/** Commander hands settings down only to commands that are made by their parents. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}
