/**
 * The server's own directory: state, task logs, certificate, local token. Backups live in datastores, never here.
 *
 *   server.lock      held by the one server that uses the directory
 *   server.pid       its process id, for the message that a second server gives
 *   state.db         SQLite: tasks, datastores, users, sessions, verification reports (with -wal and -shm beside)
 *   tasks/           one structured log per task, 256 folders
 *   tls/             key.pem, certificate.pem
 *   local-token      administrator's token for commands on this machine, readable by its owner alone
 *   secrets.key      what the secrets in the state store are encrypted with, readable by its owner alone
 *   logs/            the service's own JSON lines
 *   server.json      address and fingerprint of the running server, for commands on this machine
 *   cache/           compiled code, so that processes start fast; may be removed at any time
 *
 * The lock is an exclusive SQLite lock on an empty database: the kernel drops it when the process dies, however it
 * dies, so there is no stale lock to clear by hand.
 */

import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { serverErrors } from "../errors.ts";

export interface DataDirectory {
  readonly path: string;
  readonly statePath: string;
  readonly taskLogPath: string;
  /** What is restored for a look and removed again. */
  readonly scratchPath: string;
  readonly tlsPath: string;
  readonly localTokenPath: string;
  readonly sealKeyPath: string;
  readonly serviceLogPath: string;
  /** Gives the directory back. */
  close(): void;
}

/**
 * Creates the directory where needed, closes it to other users and takes its lock.
 * @throws DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_IN_USE
 */
export function openDataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  try {
    for (const folder of ["", "tasks", "tls", "logs"]) {
      mkdirSync(join(root, folder), { recursive: true, mode: 0o700 });
    }
    // Made by an operator's mkdir it may be open to others, and it holds keys and logs.
    if ((statSync(root).mode & 0o077) !== 0) chmodSync(root, 0o700);
  } catch (cause) {
    throw serverErrors.DATA_DIRECTORY_UNUSABLE({ path: root, detail: detailOf(cause) }, cause);
  }
  const lock = takeLock(root);
  return {
    path: root,
    statePath: join(root, "state.db"),
    taskLogPath: join(root, "tasks"),
    scratchPath: join(root, "scratch"),
    tlsPath: join(root, "tls"),
    localTokenPath: join(root, "local-token"),
    sealKeyPath: join(root, "secrets.key"),
    serviceLogPath: join(root, "logs", "server.jsonl"),
    close: () => lock.close(),
  };
}

function takeLock(root: string): DatabaseSync {
  const lock = new DatabaseSync(join(root, "server.lock"), { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    writeFileSync(join(root, "server.pid"), `${process.pid}\n`, { mode: 0o600 });
    return lock;
  } catch (cause) {
    lock.close();
    if (/locked/.test(detailOf(cause))) {
      throw serverErrors.DATA_DIRECTORY_IN_USE({ path: root, pid: readPid(root) }, cause);
    }
    throw serverErrors.DATA_DIRECTORY_UNUSABLE({ path: root, detail: detailOf(cause) }, cause);
  }
}

function readPid(root: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(root, "server.pid"), "utf8"), 10);
    return Number.isSafeInteger(pid) ? pid : undefined;
  } catch {
    // The number only embellishes a message; the holder may be about to write it.
    return undefined;
  }
}

function detailOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
