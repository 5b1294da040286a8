import { readCommandWords } from "@ironcore-backup/base";
import { cliErrors } from "./errors.ts";

/** @throws USAGE_INVALID for an open quote, no word at all, or what needs a shell */
export function commandWords(text: string): string[] {
  const { words, trouble } = readCommandWords(text);
  if (words !== undefined) return [...words];
  throw cliErrors.USAGE_INVALID({ detail: `the command ${JSON.stringify(text)}: ${trouble}` });
}
