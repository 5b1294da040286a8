/** Secrets come from a file, from standard input, or are asked for twice; never from the command line, which others can see. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { CommandContext } from "./command-context.ts";
import { cliErrors } from "./errors.ts";
import { ask, canAsk } from "./prompt.ts";

/**
 * @param question  like "New password of eve@ibs"
 * @throws FILE_NOT_READABLE, USAGE_INVALID when the two answers differ, CANCELLED, INPUT_ENDED
 */
export async function readNewPassword(
  context: CommandContext,
  question: string,
  passwordFile: string | undefined,
): Promise<string> {
  if (passwordFile !== undefined) return readFirstLine(resolve(context.workingDir, passwordFile));
  const password = await ask(context, `${question}: `, { isSecret: true });
  // What a program pipes in is not mistyped.
  if (!canAsk()) return password;
  const again = await ask(context, "Once more: ", { isSecret: true });
  if (again !== password)
    throw cliErrors.USAGE_INVALID({ detail: "The two passwords differ; nothing was changed" });
  return password;
}

function readFirstLine(path: string): string {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/, 1)[0] ?? "";
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_READABLE({ path, detail }, cause);
  }
}
