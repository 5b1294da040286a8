/** The sessions that `login` keeps, by URL, in a file that only its owner can read. */

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cliErrors } from "./errors.ts";
import type { Environment } from "./server-choice.ts";

export interface KeptSession {
  readonly token: string;
  /** Absent: the system's authorities vouch for the server. */
  readonly fingerprint?: string;
}

type KeptSessions = Readonly<Record<string, KeptSession>>;

/** @throws FILE_NOT_READABLE */
export function readSessions(env: Environment): KeptSessions {
  const path = sessionsPath(env);
  try {
    const sessions: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof sessions !== "object" || sessions === null) throw new Error("it holds no sessions");
    // Written by `keepSession`, readable by its owner alone.
    return sessions as KeptSessions;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return {};
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_READABLE({ path, detail }, cause);
  }
}

/** Keeps a session for later commands, or forgets it (undefined). @throws FILE_NOT_READABLE, FILE_NOT_WRITABLE */
export function keepSession(env: Environment, url: string, session: KeptSession | undefined): void {
  const path = sessionsPath(env);
  const { [url]: _old, ...others } = readSessions(env);
  const sessions: KeptSessions = session === undefined ? others : { ...others, [url]: session };
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, `${JSON.stringify(sessions, undefined, 2)}\n`, { mode: 0o600 });
    // One that a broken run left may have other rights.
    chmodSync(`${path}.new`, 0o600);
    renameSync(`${path}.new`, path);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_WRITABLE({ path, detail }, cause);
  }
}

function sessionsPath(env: Environment): string {
  const configHome = env["XDG_CONFIG_HOME"];
  const root = configHome === undefined || configHome === "" ? join(homedir(), ".config") : configHome;
  return join(root, "ironcore-backup", "sessions.json");
}
