/** Runs one command and turns whatever happened into an exit code. */

import { toCodedError } from "@ironcore-backup/base";
import type { CodedError } from "@ironcore-backup/base";
import type { CommandContext } from "./command-context.ts";
import { printLines } from "./command-context.ts";
import { printable } from "./display/look.ts";
import { EXIT_OK, EXIT_USAGE, exitCodeOfError } from "./exit-code.ts";
import { createProgram } from "./program.ts";

/** @returns the exit code */
export async function runCommand(
  context: Omit<CommandContext, "setExitCode">,
  version: string,
  words: readonly string[],
): Promise<number> {
  let exitCode = EXIT_OK;
  let isJson = false;
  try {
    const program = await createProgram(
      { ...context, setExitCode: (code) => (exitCode = code) },
      version,
      words,
    );
    program.hook("preAction", () => {
      isJson = program.opts()["outputFormat"] === "json";
    });
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (isCommanderEnd(thrown)) return thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    const error = toCodedError(thrown);
    printError(context, error, isJson);
    return exitCodeOfError(error);
  }
}

function printError(
  { look, err }: Pick<CommandContext, "look" | "err">,
  error: CodedError,
  isJson: boolean,
): void {
  if (isJson) return printLines(err, JSON.stringify({ error }));
  // Who pressed Ctrl-C knows what happened.
  if (error.code === "CANCELLED") return;
  printLines(err, [
    `${look.paint("red", error.code)}: ${printable(error.message)}`,
    `${look.paint("dim", "What to do:")} ${printable(error.remedy)}`,
  ]);
}

/** Help, version and wrong words end a run by such an error. */
function isCommanderEnd(thrown: unknown): thrown is { readonly exitCode: number } {
  return thrown instanceof Error && "code" in thrown && String(thrown.code).startsWith("commander.");
}
