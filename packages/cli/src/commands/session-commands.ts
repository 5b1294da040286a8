/** `login`, `logout`, `whoami`. */

import type { Command } from "commander";
import { assertInvariant, toCodedError } from "@ironcore-backup/base";
import { createClient } from "@ironcore-backup/client";
import type { Whoami } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printLines, printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { createNodeTransport, readFingerprint } from "../node-transport.ts";
import { keepSession, readSessions } from "../kept-session.ts";
import { ask, canAsk } from "../prompt.ts";
import { normalUrl } from "../server-choice.ts";
import { showInstant } from "../display/look.ts";
import { scopeText } from "./grant-commands.ts";

export function loginCommand(context: CommandContext): Command {
  return createCommand("login", "log in to a server and keep the session for later commands", [
    "login --server backup.example.org --user admin@ibs",
  ])
    .requiredOption("--user <USER@REALM>", "who logs in")
    .option("--fingerprint <FP>", "the server's fingerprint, as `serve` prints it")
    .action((options: Options<LoginOptions>) => logIn(context, options));
}

export function logoutCommand(context: CommandContext): Command {
  return createCommand("logout", "end the kept session").action((options: Options<object>) =>
    logOut(context, options),
  );
}

export function whoamiCommand(context: CommandContext): Command {
  return createCommand("whoami", "show who the server takes you for").action(
    async (options: Options<object>) => {
      const client = await context.connect(options);
      const answer = await client.call("whoami", { signal: context.signal });
      printResult(context, options, answer, () => describeCaller(answer));
    },
  );
}

function describeCaller({ authId, via, grants, expiresAt }: Whoami): string[] {
  return [
    `${authId}, known by ${PROOFS[via]}${expiresAt === undefined ? "" : ` until ${showInstant(expiresAt)}`}`,
    ...grants.map(({ role, scope }) => `  ${role} ${scopeText(scope)}`),
    ...(grants.length === 0 ? ["  Nothing is granted yet"] : []),
  ];
}

const PROOFS: Readonly<Record<Whoami["via"], string>> = {
  "local-token": "this machine's local token",
  session: "a session",
  cookie: "a browser's session",
  "api-token": "an API token",
};

interface LoginOptions {
  readonly user: string;
  readonly fingerprint?: string;
}

async function logIn(context: CommandContext, options: Options<LoginOptions>): Promise<void> {
  const named = options.server ?? context.env["IRONCORE_BACKUP_SERVER"];
  if (named === undefined || named === "")
    throw cliErrors.USAGE_INVALID({
      detail: "login needs --server URL; on the server's own machine no login is needed",
    });
  const url = normalUrl(named);
  const { user } = options;
  const fingerprint = options.fingerprint ?? readSessions(context.env)[url]?.fingerprint;
  const pinned = fingerprint ?? (await confirmFingerprint(context, url));
  const transport = createNodeTransport(url, { fingerprint: pinned });
  try {
    const password = await ask(context, `Password of ${user}: `, { isSecret: true });
    const client = createClient({ transport, clock: context.clock }, {});
    const session = await client.call("login", { body: { user, password }, signal: context.signal });
    const { authId, expiresAt, token } = session;
    assertInvariant(token !== undefined, "a session without a cookie has a token");
    keepSession(context.env, url, { token, fingerprint: pinned });
    printResult(
      context,
      options,
      { authId, expiresAt },
      () => `Logged in to ${url} as ${authId} until ${showInstant(expiresAt)}`,
    );
  } finally {
    transport.close();
  }
}

async function logOut(context: CommandContext, options: Options<object>): Promise<void> {
  const named = options.server ?? context.env["IRONCORE_BACKUP_SERVER"] ?? "";
  const url = named === "" ? undefined : normalUrl(named);
  if (url === undefined || readSessions(context.env)[url] === undefined) {
    const detail = url === undefined ? "logout needs --server URL" : `No session with ${url} is kept`;
    throw cliErrors.USAGE_INVALID({ detail });
  }
  try {
    const client = await context.connect(options);
    await client.call("logout", { signal: context.signal });
  } catch (thrown) {
    // The server ended it already: what is left is to forget it.
    if (toCodedError(thrown).code !== "UNAUTHENTICATED") throw thrown;
  }
  keepSession(context.env, url, undefined);
  printResult(context, options, { loggedOut: url }, () => `Logged out of ${url}`);
}

/** Shows the server's fingerprint and asks whether it is the right one, as SSH does. */
async function confirmFingerprint(context: CommandContext, url: string): Promise<string> {
  const found = await readFingerprint(url);
  if (!canAsk()) {
    const detail = `The first login to ${url} needs --fingerprint; the server shows ${found}`;
    throw cliErrors.USAGE_INVALID({ detail });
  }
  printLines(context.err, `The server at ${url} shows the fingerprint\n  ${found}`);
  const question = "Is that the one that it printed when it started? (yes/no) ";
  const answer = await ask(context, question, { isSecret: false });
  if (answer.trim().toLowerCase() !== "yes")
    throw cliErrors.USAGE_INVALID({ detail: "The fingerprint was not confirmed; nothing was sent" });
  return found;
}
