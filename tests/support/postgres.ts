/**
 * A real PostgreSQL server of a test's own: Debian's, in a scratch directory, on a private socket, with no network. It refuses to
 * run as root, so as root everything of it runs as the user that Debian made for it.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

const VERSIONS = "/usr/lib/postgresql";

export class Postgres {
  /** Socket and data; also what the clients get as `-h`. */
  readonly directory: string;
  readonly #bin: string;

  /** @param directory  made here; its parents must let everybody through */
  constructor(directory: string) {
    this.directory = directory;
    this.#bin = programDirectory();
    mkdirSync(directory);
    chmodSync(directory, 0o777);
  }

  start(): void {
    const data = join(this.directory, "data");
    if (!existsSync(data))
      this.#must("initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C", "-N", "-U", "test");
    const options = `-c listen_addresses= -c unix_socket_directories=${this.directory} -c fsync=off`;
    this.#must(
      "pg_ctl",
      "-D",
      data,
      "-l",
      join(this.directory, "log"),
      "-w",
      "-t",
      "60",
      "-o",
      options,
      "start",
    );
  }

  stop(): void {
    this.#run("pg_ctl", "-D", join(this.directory, "data"), "-m", "immediate", "-w", "stop");
  }

  /** The answer's rows as plain text. */
  query(database: string, sql: string): string {
    return this.#must(
      "psql",
      ...this.clientWords,
      "-X",
      "-A",
      "-t",
      "-v",
      "ON_ERROR_STOP=1",
      "-d",
      database,
      "-c",
      sql,
    );
  }

  restore(database: string, file: string): void {
    this.#must("pg_restore", ...this.clientWords, "--exit-on-error", "-d", database, file);
  }

  /** The words that lead a client to this server. */
  get clientWords(): readonly string[] {
    return ["-h", this.directory, "-U", "test"];
  }

  /** Full path of one of its programs. */
  program(name: string): string {
    return join(this.#bin, name);
  }

  #must(name: string, ...words: string[]): string {
    const { status, output } = this.#run(name, ...words);
    if (status !== 0) throw new Error(`${name} ${words.join(" ")}: ${output}`);
    return output;
  }

  #run(name: string, ...words: string[]): { readonly status: number | null; readonly output: string } {
    const command = [this.program(name), ...words];
    const asUser = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--", ...command] : command;
    const [program = "", ...rest] = asUser;
    // A server that is started inherits what it writes to: a pipe would never end.
    const isServer = name === "pg_ctl";
    const done = spawnSync(program, rest, {
      cwd: "/",
      encoding: "utf8",
      stdio: ["ignore", isServer ? "ignore" : "pipe", isServer ? "ignore" : "pipe"],
      maxBuffer: 256 << 20,
    });
    return { status: done.status, output: isServer ? "see its log" : done.stdout + done.stderr };
  }
}

function programDirectory(): string {
  const newest = existsSync(VERSIONS)
    ? readdirSync(VERSIONS)
        .map(Number)
        .sort((a, b) => b - a)[0]
    : undefined;
  if (newest === undefined) throw new Error("this test needs Debian's package postgresql");
  return join(VERSIONS, String(newest), "bin");
}
