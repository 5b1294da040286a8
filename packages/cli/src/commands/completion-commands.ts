/**
 * `completion bash|zsh|fish|powershell` prints a script for the shell. The script calls the hidden `complete -- WORDS`
 * while a person types, and shows what it answers.
 */

import { Argument, Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { printLines } from "../command-context.ts";
import { createCommand, globalOptions } from "../global-options.ts";
import { completePath } from "../path-completion.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"];

const PATH_OPTIONS = new Set([
  "--data-dir",
  "--path",
  "--target",
  "--optional",
  "--image",
  "--keyfile",
  "--save",
  "--password-file",
]);
/** What the script is told behind the words: nothing else to offer, and for a directory also no space behind it. */
const NO_OTHERS = ":4";
const NO_OTHERS_NO_SPACE = ":6";

/** @param createWhole  a program with every command but these two */
export function completionCommands(
  context: CommandContext,
  createWhole: () => Promise<Command>,
): {
  readonly completion: Command;
  readonly complete: Command;
} {
  const completion = createCommand("completion", "print a script that completes commands in your shell", [
    "completion bash > /etc/bash_completion.d/ironcore-backup",
    "completion zsh > ~/.zfunc/_ironcore-backup",
    "completion fish > ~/.config/fish/completions/ironcore-backup.fish",
  ])
    .addArgument(new Argument("<SHELL>", "which shell").choices(SHELLS))
    .action(async (shell: string) => runLibrary(await createWhole(), ["completion", shell]));
  const complete = new Command("complete").argument("[WORDS...]").action(async (words: readonly string[]) => {
    if (PATH_OPTIONS.has(words.at(-2) ?? "")) return printLines(context.out, offerPaths(context, words));
    await runLibrary(await createWhole(), ["complete", "--", ...words]);
  });
  return { completion, complete };
}

function offerPaths({ workingDir }: CommandContext, words: readonly string[]): string[] {
  const paths = completePath(workingDir, words.at(-1) ?? "");
  const isOneDirectory = paths.length === 1 && paths[0]?.endsWith("/") === true;
  return [...paths, isOneDirectory ? NO_OTHERS_NO_SPACE : NO_OTHERS];
}

async function runLibrary(whole: Command, words: readonly string[]): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  addGlobalOptionsEverywhere(whole);
  tab(whole, { completionCommandName: "completion" });
  // The library looks for the words behind "--" in the process's own arguments.
  process.argv.splice(2, process.argv.length, ...words);
  await whole.parseAsync([...words], { from: "user" });
}

/** The library offers a command's own options only, and ours may stand behind every command. */
function addGlobalOptionsEverywhere(command: Command): void {
  for (const child of command.commands) {
    for (const option of globalOptions()) child.addOption(option);
    addGlobalOptionsEverywhere(child);
  }
}
