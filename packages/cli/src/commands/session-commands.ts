/** `login`, `logout`, `whoami`. */

import { createInterface } from "node:readline/promises";
import { connect } from "node:tls";
import type { Command } from "commander";
import { createClient } from "@ironcore-backup/client";
import type { CommandContext } from "../command-context.ts";
import { printLines, printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { createNodeTransport } from "../node-transport.ts";
import { chooseServer, keepSession, normalUrl } from "../server-choice.ts";
import { showInstant } from "../display/look.ts";

export function sessionCommands(context: CommandContext): Command[] {
  const login = createCommand("login", "log in to a server and keep the session for later commands", [
    "login --server backup.example.org --user admin@ibs",
  ])
    .requiredOption("--user <USER@REALM>", "who logs in")
    .option("--fingerprint <FP>", "the server's fingerprint, as `serve` prints it")
    .action((options: Options<{ user: string }>) => logIn(context, options));
  const logout = createCommand("logout", "end the kept session").action((options: Options<object>) =>
    logOut(context, options),
  );
  const whoami = createCommand("whoami", "show who the server takes you for").action(
    async (options: Options<object>) => {
      const client = await context.connect(options);
      const answer = await client.call("whoami", { signal: context.signal });
      printResult(context, options, answer, () => `${answer.authId} (${answer.role}, by ${answer.via})`);
    },
  );
  return [login, logout, whoami];
}

async function logIn(context: CommandContext, options: Options<{ user: string }>): Promise<void> {
  if (options.server === undefined) throw cliErrors.USAGE_INVALID({ detail: "login needs --server URL" });
  const url = normalUrl(options.server);
  const fingerprint = options.fingerprint ?? (await confirmFingerprint(context, url));
  const transport = createNodeTransport(url, { fingerprint });
  try {
    const password = await ask(context, `Password of ${options.user}: `, { isSecret: true });
    const body = { user: options.user, password };
    const session = await createClient({ transport, clock: context.clock }, {}).call("login", { body, signal: context.signal });
    keepSession(context.env, url, { token: session.token, fingerprint });
    const kept = { authId: session.authId, expiresAt: session.expiresAt };
    printResult(
      context,
      options,
      kept,
      () => `Logged in as ${session.authId} until ${showInstant(session.expiresAt)}`,
    );
  } finally {
    transport.close();
  }
}

async function logOut(context: CommandContext, options: Options<object>): Promise<void> {
  const choice = chooseServer(options, context.env);
  const client = await context.connect(options);
  await client.call("logout", { signal: context.signal });
  keepSession(context.env, choice.url, undefined);
  printResult(context, options, {}, () => "Logged out");
}

/** Shows the server's fingerprint and asks whether it is the right one, as SSH does. */
async function confirmFingerprint(context: CommandContext, url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const found = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 443), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
  printLines(context.err, `The server's fingerprint is ${found}`);
  const answer = await ask(context, "Is that the one that `serve` printed? (yes/no) ", { isSecret: false });
  if (answer.trim().toLowerCase() !== "yes")
    throw cliErrors.USAGE_INVALID({ detail: "The fingerprint was not confirmed; nothing was sent" });
  return found;
}

/** A line from the terminal, or from standard input where there is none. */
export async function ask(
  context: CommandContext,
  question: string,
  options: { readonly isSecret: boolean },
): Promise<string> {
  const isTerminal = process.stdin.isTTY;
  const lines = createInterface({
    input: process.stdin,
    terminal: isTerminal,
    ...(isTerminal ? { output: process.stderr } : {}),
  });
  try {
    if (options.isSecret && isTerminal) {
      context.err.write(question);
      // Readline echoes through this method; an own one that writes nothing keeps the secret off the screen.
      Object.assign(lines, { _writeToOutput: () => undefined });
    }
    const answer = await lines.question(options.isSecret || !isTerminal ? "" : question, {
      signal: context.signal,
    });
    if (options.isSecret && isTerminal) context.err.write("\n");
    return answer;
  } finally {
    lines.close();
  }
}
