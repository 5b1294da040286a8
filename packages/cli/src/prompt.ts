/** Questions at the terminal; answers come from standard input where there is none. */

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { baseErrors } from "@ironcore-backup/base";
import type { CommandContext } from "./command-context.ts";
import { cliErrors } from "./errors.ts";

export function canAsk(): boolean {
  return process.stdin.isTTY;
}

/**
 * The answer, a line. A secret does not appear on the screen.
 * @throws CANCELLED by Ctrl-C, INPUT_ENDED
 */
export async function ask(
  context: CommandContext,
  question: string,
  options: { readonly isSecret: boolean },
): Promise<string> {
  const isTerminal = canAsk();
  // Readline shows what is typed on its output; a secret goes nowhere.
  const output = options.isSecret
    ? new Writable({ write: (_bytes, _encoding, done) => done() })
    : process.stderr;
  const lines = createInterface({ input: process.stdin, terminal: isTerminal, output });
  if (options.isSecret && isTerminal) context.err.write(question);
  if (!options.isSecret && isTerminal) {
    lines.setPrompt(question);
    lines.prompt();
  }
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      // In raw mode Ctrl-C is a key and no signal.
      lines.once("SIGINT", () => reject(baseErrors.CANCELLED({})));
      lines.once("close", () => reject(cliErrors.INPUT_ENDED({ question: question.trim() })));
    });
  } finally {
    lines.close();
    if (isTerminal && options.isSecret) context.err.write("\n");
  }
}
