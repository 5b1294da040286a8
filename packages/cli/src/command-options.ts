/** How people type the programs that a backup runs: `--command db.dump="pg_dump -Fc shop"`, and before and after it. */

import type { Command } from "commander";
import type { BackupRequest } from "@ironcore-backup/protocol/calls";
import { commandWords } from "./command-words.ts";
import { cliErrors } from "./errors.ts";
import { collect } from "./global-options.ts";

export interface CommandOptions {
  readonly command?: readonly string[];
  readonly commandEnv?: readonly string[];
  readonly commandTimeout?: number;
  readonly preCommand?: string;
  readonly postCommand?: string;
  readonly hookTimeout?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Commands = Pick<BackupRequest, "commands" | "preCommand" | "postCommand">;

/** For one backup. */
export function addCommandOptions(command: Command): Command {
  return addKeptCommandOptions(command).option(
    "--command-env <VARIABLE>",
    "give the commands this variable of your environment, as for a password; may be repeated",
    collect,
  );
}

/** The same for what is kept, where no variable's value belongs. */
export function addKeptCommandOptions(command: Command): Command {
  return command
    .option(
      "--command <NAME=COMMAND>",
      "keep what a command prints as NAME; no shell; may be repeated",
      collect,
    )
    .option("--command-timeout <SECONDS>", "a command that takes longer fails the backup", Number)
    .option("--pre-command <COMMAND>", "run before anything is read; its failure fails the backup")
    .option("--post-command <COMMAND>", "run afterwards, also after a failure; its failure is a warning")
    .option("--hook-timeout <SECONDS>", "for the commands before and after (default: 300)", Number);
}

/** @throws USAGE_INVALID */
export function commandOptionsOf(env: Environment, options: CommandOptions): Commands {
  const { command = [], preCommand, postCommand } = options;
  const common = environmentOf(env, options.commandEnv ?? []);
  const timeout = secondsOf("--command-timeout", options.commandTimeout);
  const hook = (text: string) => ({
    argv: commandWords(text),
    ...common,
    ...secondsOf("--hook-timeout", options.hookTimeout),
  });
  const commands = command.map((text) => ({ ...sourceOf(text), ...common, ...timeout }));
  return {
    ...(commands.length === 0 ? {} : { commands }),
    ...(preCommand === undefined ? {} : { preCommand: hook(preCommand) }),
    ...(postCommand === undefined ? {} : { postCommand: hook(postCommand) }),
  };
}

function sourceOf(text: string): { archive: string; argv: string[] } {
  const [, archive, command] = /^([A-Za-z0-9_][A-Za-z0-9._-]*)=(.*)$/s.exec(text) ?? [];
  if (archive === undefined || command === undefined) {
    const detail = `--command is NAME=COMMAND, like db.dump="pg_dump -Fc shop", and not ${JSON.stringify(text)}`;
    throw cliErrors.USAGE_INVALID({ detail });
  }
  return { archive, argv: commandWords(command) };
}

function environmentOf(env: Environment, names: readonly string[]): { environment?: Record<string, string> } {
  if (names.length === 0) return {};
  const entries = names.map((name): [string, string] => {
    const value = env[name];
    if (value !== undefined) return [name, value];
    throw cliErrors.USAGE_INVALID({
      detail: `your environment has no variable ${name} to give to the commands`,
    });
  });
  return { environment: Object.fromEntries(entries) };
}

function secondsOf(option: string, seconds: number | undefined): { timeoutSeconds?: number } {
  if (seconds === undefined) return {};
  if (Number.isInteger(seconds) && seconds >= 1) return { timeoutSeconds: seconds };
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number of seconds` });
}
