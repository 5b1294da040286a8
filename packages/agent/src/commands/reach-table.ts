/**
 * Tells from what a client says whether its server was reached at all, and how far it came: finding the address,
 * connecting, being let in. Only for a command that has failed; anything else it says is its own failure.
 *
 * The spellings are those of the clients of PostgreSQL, MySQL and MariaDB, of OpenSSH and of curl, in English, which is
 * why a command runs with its messages untranslated.
 */

import { agentErrors } from "../errors.ts";
import { CodedError } from "@ironcore-backup/base";
import type { Retry } from "@ironcore-backup/base";

export type ReachStage = "dns" | "connection" | "authentication";

interface StageAdvice {
  readonly remedy: string;
  readonly retry: Retry;
}

/** In this order: a client that was refused entrance names the address it had connected to in the same line. */
const SPELLINGS: readonly (readonly [ReachStage, readonly RegExp[]])[] = [
  [
    "dns",
    [
      /could not translate host name/i,
      /Unknown (MySQL |MariaDB )?server host/i,
      /could not resolve host(name)?\b/i,
      /temporary failure in name resolution/i,
      /name or service not known/i,
      /no address associated with hostname/i,
    ],
  ],
  [
    "authentication",
    [
      /(password|peer|ident|LDAP|PAM|GSSAPI|certificate|RADIUS|SCRAM) authentication failed/i,
      /no password supplied/i,
      /no pg_hba\.conf entry/i,
      /FATAL: +role ".*" (does not exist|is not permitted to log in)/i,
      /access denied for user/i,
      /permission denied \((publickey|password|keyboard-interactive|gssapi|hostbased)/i,
      /host key verification failed/i,
      /too many authentication failures/i,
      /^curl: \((22|67)\).*(\b40[137]\b|login denied|access denied)/i,
    ],
  ],
  [
    "connection",
    [
      /connection refused/i,
      /connection timed out/i,
      /(connect|connection|operation) .*timed out/i,
      /no route to host/i,
      /network is unreachable/i,
      /host is unreachable/i,
      /timeout expired/i,
      /could not connect to server/i,
      /connection to server .* failed: (No such file or directory|Permission denied)/i,
      /server closed the connection unexpectedly/i,
      /the database system is (starting up|shutting down)/i,
      /can't connect to (local )?(MySQL|MariaDB|server)/i,
      /kex_exchange_identification/i,
      /connection (closed|reset) by/i,
      /^curl: \((7|28|35|52|56)\)/i,
    ],
  ],
];

const ADVICE: Readonly<Record<ReachStage, StageAdvice>> = {
  dns: {
    remedy:
      "The name of the machine was not found. Check its spelling and that this machine's resolver knows it (`getent hosts NAME`).",
    retry: "later",
  },
  connection: {
    remedy:
      "The name was found and nobody answered. Check that the service runs, and its port or socket, and the firewalls between.",
    retry: "later",
  },
  authentication: {
    remedy:
      "The service answered and refused this user. Check user, password or key (for example ~/.pgpass, ~/.my.cnf, ~/.ssh of the server's user) and what the service lets in from here.",
    retry: "never",
  },
};

/** Undefined: the lines say nothing of it. @param lines  the last that the command said */
export function reachStageOf(
  lines: readonly string[],
): { readonly stage: ReachStage; readonly line: string } | undefined {
  for (const [stage, spellings] of SPELLINGS) {
    const line = lines.find((one) => spellings.some((spelling) => spelling.test(one)));
    if (line !== undefined) return { stage, line };
  }
  return undefined;
}

/** SOURCE_NOT_REACHABLE with `stage` and its own remedy. @param path  the program */
export function notReachable(
  context: { readonly path: string; readonly reason: string; readonly archive: string },
  stage: ReachStage,
): CodedError {
  const error = agentErrors.SOURCE_NOT_REACHABLE({ ...context, stage });
  return new CodedError({ ...error.toJSON(), ...ADVICE[stage] });
}
