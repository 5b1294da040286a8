/** A program that a backup runs: plain data. There is never a shell in between, so no word means more than it says. */

export interface Command {
  /** The program and its words. */
  readonly argv: readonly [string, ...string[]];
  /** Added to what the server's own environment is. Values are secrets: they are never told. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs; absent: where the server does. */
  readonly workingDir?: string;
  /** Absent: as long as it takes. */
  readonly timeoutMs?: number;
}

/** A command whose output is kept as an archive of its own. */
export interface CommandSource extends Command {
  /** Name of the archive, and of the file that a restore makes: `db.dump`. */
  readonly archive: string;
}
