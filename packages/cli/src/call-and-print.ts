/** Most commands are one call and what it says. */

import type { CallInput, Client } from "@ironcore-backup/client";
import type { RouteName, RouteResponse } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "./command-context.ts";
import { printResult } from "./command-context.ts";
import type { GlobalOptions } from "./server-choice.ts";

/** @param lines  the answer for people; programs get it as it came */
export async function callAndPrint<Name extends RouteName>(
  context: CommandContext,
  options: GlobalOptions,
  name: Name,
  input: Omit<CallInput<Name>, "signal">,
  lines: (answer: RouteResponse<Name>) => readonly string[] | string,
): Promise<void> {
  const client: Client = await context.connect(options);
  const answer = await client.call(name, { ...input, signal: context.signal });
  // What answers nothing tells programs at least that it was done.
  printResult(context, options, answer ?? { done: true }, () => lines(answer));
}
