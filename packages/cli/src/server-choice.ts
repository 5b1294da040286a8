/**
 * Which server a command talks to, and with what credential.
 *
 * 1. `--server URL` (or IRONCORE_BACKUP_SERVER): the session that `login` kept for it.
 * 2. Otherwise the server of this machine: the data directory holds its address, fingerprint and the local token.
 */

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { clientErrors } from "@ironcore-backup/client";
import { cliErrors } from "./errors.ts";

export interface GlobalOptions {
  readonly server?: string;
  readonly fingerprint?: string;
  readonly dataDir?: string;
  readonly outputFormat: "text" | "json";
}

export interface ServerChoice {
  readonly url: string;
  readonly fingerprint?: string;
  readonly token?: string;
}

/** What `login` keeps, by URL. */
type KeptSessions = Record<string, { readonly token: string; readonly fingerprint?: string }>;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws SERVER_NOT_FOUND, LOGIN_MISSING */
export function chooseServer(options: GlobalOptions, env: Environment): ServerChoice {
  const url = options.server ?? env["IRONCORE_BACKUP_SERVER"];
  if (url === undefined || url === "") return localServer(options.dataDir ?? defaultDataDir(env));
  const known = readSessions(env)[normalUrl(url)];
  if (known === undefined) throw cliErrors.LOGIN_MISSING({ url });
  const fingerprint = options.fingerprint ?? known.fingerprint;
  return { url: normalUrl(url), token: known.token, ...(fingerprint === undefined ? {} : { fingerprint }) };
}

export function normalUrl(text: string): string {
  const url = new URL(/^https?:\/\//.test(text) ? text : `https://${text}`);
  if (url.port === "" && !text.includes("://")) url.port = "8007";
  return url.origin;
}

export function defaultDataDir(env: Environment): string {
  const given = env["IRONCORE_BACKUP_DATA_DIR"];
  if (given !== undefined && given !== "") return given;
  return process.getuid?.() === 0
    ? "/var/lib/ironcore-backup"
    : join(homedir(), ".local/share/ironcore-backup");
}

function localServer(dataDir: string): ServerChoice {
  const text = readIfThere(join(dataDir, "server.json"));
  const token = readIfThere(join(dataDir, "local-token"))?.trim();
  if (text === undefined) throw clientErrors.SERVER_NOT_FOUND({ dataDir });
  // Written by our own server, readable by its owner alone.
  const { url, fingerprint } = JSON.parse(text) as { url: string; fingerprint: string };
  return { url, fingerprint, ...(token === undefined ? {} : { token }) };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw cliErrors.FILE_NOT_READABLE(
      { path, detail: cause instanceof Error ? cause.message : String(cause) },
      cause,
    );
  }
}

function sessionsPath(env: Environment): string {
  const config = env["XDG_CONFIG_HOME"];
  return join(
    config === undefined || config === "" ? join(homedir(), ".config") : config,
    "ironcore-backup",
    "sessions.json",
  );
}

function readSessions(env: Environment): KeptSessions {
  const text = readIfThere(sessionsPath(env));
  return text === undefined ? {} : (JSON.parse(text) as KeptSessions); // Written by `keepSession`, readable by its owner alone.
}

/** Keeps a session for later commands, or forgets it (undefined). The file is readable by its owner alone. */
export function keepSession(env: Environment, url: string, session: KeptSessions[string] | undefined): void {
  const path = sessionsPath(env);
  const { [url]: _old, ...others } = readSessions(env);
  const sessions: KeptSessions = session === undefined ? others : { ...others, [url]: session };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(sessions, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}
