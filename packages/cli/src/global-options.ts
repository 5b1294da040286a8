/** The options that every command takes, and how a command is put together. */

import { Command, Option } from "commander";
import type { GlobalOptions } from "./server-choice.ts";

/** A command with the global options and help that shows how it is used. */
export function createCommand(name: string, description: string, examples: readonly string[] = []): Command {
  const command = new Command(name)
    .description(description)
    .addOption(
      new Option("--server <URL>", "server to talk to; default: the one of this machine").helpGroup(
        "Global options:",
      ),
    )
    .addOption(
      new Option("--data-dir <DIR>", "data directory of this machine's server").helpGroup("Global options:"),
    )
    .addOption(
      new Option("--output-format <FORMAT>", "text for people, json for programs")
        .choices(["text", "json"])
        .default("text")
        .helpGroup("Global options:"),
    );
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
