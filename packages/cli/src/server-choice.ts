/**
 * Which server a command talks to, and with what credential.
 *
 * 1. `--server URL` (or IRONCORE_BACKUP_SERVER): the token and fingerprint of the environment, or the session that `login`
 *    kept for it, or, when it is the address of this machine's server, that server's own token.
 * 2. Otherwise the server of this machine: the data directory holds its address, fingerprint and the local token.
 */

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { clientErrors } from "@ironcore-backup/client";
import { cliErrors } from "./errors.ts";
import { readSessions } from "./kept-session.ts";

export interface GlobalOptions {
  readonly server?: string;
  readonly dataDir?: string;
  readonly outputFormat: "text" | "json";
}

export interface ServerChoice {
  readonly url: string;
  /** SHA-256 of the certificate; absent: the system's authorities decide. */
  readonly fingerprint?: string;
  readonly token?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = "8007";

/** @throws SERVER_NOT_FOUND, LOGIN_MISSING, DATA_DIRECTORY_CLOSED, FILE_NOT_READABLE, USAGE_INVALID */
export function chooseServer(options: GlobalOptions, env: Environment): ServerChoice {
  const named = options.server ?? given(env, "IRONCORE_BACKUP_SERVER");
  const dataDir = options.dataDir ?? defaultDataDir(env);
  if (named === undefined) return localServer(dataDir);
  const url = normalUrl(named);
  const known = readSessions(env)[url];
  const token = given(env, "IRONCORE_BACKUP_TOKEN") ?? known?.token;
  if (token === undefined) return localServerAt(url, dataDir);
  const fingerprint = given(env, "IRONCORE_BACKUP_FINGERPRINT") ?? known?.fingerprint;
  return { url, token, ...(fingerprint === undefined ? {} : { fingerprint }) };
}

/** `backup.example.org`, `10.0.0.5:8007`, `https://…`: the origin. @throws USAGE_INVALID */
export function normalUrl(text: string): string {
  const hasScheme = text.includes("://");
  const url = URL.parse(hasScheme ? text : `https://${text}`);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.pathname !== "/") {
    throw cliErrors.USAGE_INVALID({ detail: `"${text}" is no server: write https://HOST:PORT or HOST` });
  }
  // The scheme's own port is not shown by the parser, so it is looked for in the text.
  if (!hasScheme && url.port === "" && !text.endsWith(":443")) url.port = DEFAULT_PORT;
  return url.origin;
}

/** The same default as the server's. */
export function defaultDataDir(env: Environment): string {
  const fromEnvironment = given(env, "IRONCORE_BACKUP_DATA_DIR");
  if (fromEnvironment !== undefined) return fromEnvironment;
  return process.getuid?.() === 0
    ? "/var/lib/ironcore-backup"
    : join(homedir(), ".local/share/ironcore-backup");
}

function localServer(dataDir: string): ServerChoice {
  const choice = readLocalServer(dataDir);
  if (choice === undefined) throw clientErrors.SERVER_NOT_FOUND({ dataDir });
  return choice;
}

/** The server of this machine when it listens at that very address. @throws LOGIN_MISSING */
function localServerAt(url: string, dataDir: string): ServerChoice {
  let choice: ServerChoice | undefined;
  try {
    choice = readLocalServer(dataDir);
  } catch {
    // Somebody else's data directory; then it is the login that is missing.
  }
  if (choice === undefined || normalUrl(choice.url) !== url) throw cliErrors.LOGIN_MISSING({ url });
  return choice;
}

function readLocalServer(dataDir: string): ServerChoice | undefined {
  const path = join(dataDir, "server.json");
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const token = readIfThere(join(dataDir, "local-token"))?.trim();
  try {
    const { url, fingerprint } = JSON.parse(text) as Record<string, unknown>; // Checked in the next line.
    if (typeof url !== "string" || typeof fingerprint !== "string") throw new Error("it names no server");
    return { url, fingerprint, ...(token === undefined ? {} : { token }) };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw cliErrors.FILE_NOT_READABLE({ path, detail }, cause);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const detail = cause instanceof Error ? cause.message : String(cause);
    if (code === "EACCES" || code === "EPERM") throw cliErrors.DATA_DIRECTORY_CLOSED({ path, detail }, cause);
    throw cliErrors.FILE_NOT_READABLE({ path, detail }, cause);
  }
}

function given(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}
