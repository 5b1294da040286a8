/**
 * Ours, as a person uses it: the command line with `--wait` against a running server. The server starts before the clock
 * does, as it would on a real machine; what it and its worker spend while a command runs counts as the command's.
 */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Contestant } from "./contestant.ts";
import { addCosts, measureWithServer, run } from "./measure.ts";
import type { Cost } from "./measure.ts";

/** The command line of this checkout. */
export const OWN_CLI = join(import.meta.dirname, "../../packages/cli/bin/ironcore-backup.js");
const START_WAIT_MS = 60_000;
const STOP_WAIT_MS = 20_000;
const START_POLL_MS = 100;
const VERSION_FILE = join(import.meta.dirname, "../../package.json");

export interface IroncoreOptions {
  /** Encrypt on the client with a key file. */
  readonly encrypted: boolean;
  /** The command line's bin file: this checkout's, or another one's to compare with. */
  readonly cli: string;
}

export interface Ironcore extends Contestant {
  /** Backs a disk image up, for the memory figures. */
  backupImage(path: string): ReturnType<Contestant["backup"]>;
  /** Collects garbage. */
  collect(...words: string[]): Promise<Cost>;
}

export function createIroncore(scratch: string, options: IroncoreOptions): Ironcore {
  let folder = "";
  let server: ChildProcess | undefined;
  const name = options.encrypted ? "ours-key" : "ours";
  const command = (...words: string[]) => ({
    program: process.execPath,
    args: [options.cli, ...words, "--data-dir", join(folder, "data")],
    env: { NO_COLOR: "1" },
  });
  const keyWords = (): string[] => (options.encrypted ? ["--keyfile", join(folder, "bench.key")] : []);
  const measure = (...words: string[]) => {
    if (server?.pid === undefined) throw new Error("the server does not run");
    return measureWithServer({ ...command(...words, "--wait"), cwd: scratch }, server.pid);
  };
  const backup = (...words: string[]) =>
    measure("backup", ...words, "--datastore", "bench", "--id", "bench", ...keyWords());
  const collect = (...words: string[]) => measure("gc", "--datastore", "bench", ...words);
  return {
    name,
    version: versionOf(name, options.cli),
    open: async (path) => {
      folder = path;
      mkdirSync(folder, { recursive: true });
      server = await startServer(options.cli, join(folder, "data"), () => run(command("status")));
      run(command("datastore", "create", "bench", "--path", join(folder, "datastore")));
      if (options.encrypted) run(command("key", "create", join(folder, "bench.key"), "--kdf", "none"));
    },
    backup: (source) => backup("--path", source),
    backupImage: (image) => backup("--image", image),
    restore: (_source, target) =>
      measure("restore", "bench:host/bench/latest", "--target", join(target, "tree"), ...keyWords()),
    restoredPath: (_source, target) => join(target, "tree"),
    verify: () => measure("verify", "--datastore", "bench"),
    prune: async () => {
      const pruned = await measure("prune", "--datastore", "bench", "--keep-last", "1");
      letADayPass(join(folder, "datastore", ".chunks"));
      return addCosts(pruned, await collect());
    },
    collect,
    repositoryPath: () => join(folder, "datastore"),
    close: async () => {
      await stopServer(server);
      server = undefined;
    },
  };
}

/** A chunk stays for a day after its last use, so that day is put behind it. */
function letADayPass(chunks: string): void {
  const seconds = Date.now() / 1000 - 2 * 86_400;
  for (const directory of readdirSync(chunks))
    for (const name of readdirSync(join(chunks, directory)))
      utimesSync(join(chunks, directory, name), seconds, statSync(join(chunks, directory, name)).mtime);
}

function versionOf(name: string, cli: string): string {
  if (!existsSync(cli)) throw new Error(`${cli} is missing`);
  const manifest: unknown = JSON.parse(readFileSync(VERSION_FILE, "utf8"));
  const version = typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "version") : "?";
  return `${name} ${String(version)}`;
}

/** Its own process group, so that its worker processes can be found and are never left behind. */
async function startServer(cli: string, dataDir: string, ask: () => string): Promise<ChildProcess> {
  const listen = `127.0.0.1:${await freePort()}`;
  const server = spawn(process.execPath, [cli, "serve", "--data-dir", dataDir, "--listen", listen], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let said = "";
  server.stderr.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-20_000)));
  const deadlineMs = performance.now() + START_WAIT_MS;
  for (;;) {
    try {
      ask();
      return server;
    } catch (error) {
      if (server.exitCode !== null || performance.now() > deadlineMs) {
        throw new Error(`the server did not start:\n${said}`, { cause: error });
      }
      await new Promise((wake) => setTimeout(wake, START_POLL_MS));
    }
  }
}

async function stopServer(server: ChildProcess | undefined): Promise<void> {
  if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const groupPid = server.pid;
  const ended = new Promise((wake) => server.once("exit", wake));
  const timer = setTimeout(() => process.kill(-groupPid, "SIGKILL"), STOP_WAIT_MS);
  server.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((wake) => probe.listen(0, "127.0.0.1", wake));
  const address = probe.address();
  await new Promise((wake) => probe.close(wake));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
