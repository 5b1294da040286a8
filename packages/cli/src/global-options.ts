/** The options that every command takes, and how a command is put together. */

import { Command, Option } from "commander";
import type { GlobalOptions } from "./server-choice.ts";

export function globalOptions(): Option[] {
  return [
    new Option("--server <URL>", "server to talk to (default: the one of this machine)"),
    new Option("--data-dir <DIR>", "data directory of this machine's server"),
    new Option("--output-format <FORMAT>", "text for people, json for programs")
      .choices(["text", "json"])
      .default("text"),
  ];
}

/**
 * They belong to the program, so that they may stand anywhere on the line; before a command runs, their values are put
 * among its own.
 */
export function addGlobalOptions(program: Command): void {
  for (const option of globalOptions()) program.addOption(option);
  program.hook("preAction", (_program, command) => {
    for (const [name, value] of Object.entries(program.opts<GlobalOptions>())) {
      command.setOptionValue(name, value);
    }
  });
}

/** A command with examples in its help. */
export function createCommand(name: string, description: string, examples: readonly string[] = []): Command {
  const command = new Command(name).description(description);
  if (examples.length > 0) {
    command.addHelpText(
      "after",
      `\nExamples:\n${examples.map((example) => `  $ ironcore-backup ${example}`).join("\n")}`,
    );
  }
  return command;
}

/** A command that only holds others. */
export function createGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(description);
  for (const command of commands) group.addCommand(command);
  return group;
}

/** Collects an option that may be given several times. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

export type Options<Own extends object> = GlobalOptions & Own;
