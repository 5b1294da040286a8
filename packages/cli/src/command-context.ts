/** What every command gets: where to print, whom to call, time and chance. Made in `main.ts`. */

import type { Clock, Random } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Look } from "./display/look.ts";
import type { GlobalOptions } from "./server-choice.ts";

export interface TextStream {
  readonly isTty: boolean;
  /** Columns of the terminal; 80 where there is none. */
  width(): number;
  write(text: string): void;
}

export interface CommandContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  readonly out: TextStream;
  readonly err: TextStream;
  readonly look: Look;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  /** The server that the options choose, with its credential. */
  connect(options: GlobalOptions): Promise<Client>;
  /** What the process will end with; the last one set stands. */
  setExitCode(exitCode: number): void;
}

/** Prints lines for people, or one JSON value for programs. */
export function printResult(
  context: CommandContext,
  options: GlobalOptions,
  value: unknown,
  lines: () => readonly string[] | string,
): void {
  if (options.outputFormat === "json") context.out.write(`${JSON.stringify(value, undefined, 2)}\n`);
  else printLines(context.out, lines());
}

export function printLines(stream: TextStream, lines: readonly string[] | string): void {
  const text = typeof lines === "string" ? lines : lines.join("\n");
  if (text !== "") stream.write(`${text}\n`);
}

/** Columns that a line may take; what goes to a file or a program is never cut or folded. */
export function lineWidth({ out }: CommandContext): number {
  return out.isTty ? out.width() : Number.POSITIVE_INFINITY;
}
