/**
 * The state store: one SQLite file, written by the server process alone.
 *
 * Durability. WAL with `synchronous = NORMAL`: a commit does not wait for the disk, because the wait would stop the one
 * thread that answers requests, for as long as a backup beside it keeps the disk busy. What must survive a power cut
 * (a task that was accepted, a state that was told to others, a password) is followed by `flush`, which makes the
 * write-ahead log durable from the thread pool; calls that come meanwhile share the next sync. A power cut before
 * `flush` returns loses the newest commits as a whole, never a part of one, and never an older one.
 */

import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import {
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { DatabaseConnection } from "kysely";
import { serverErrors } from "../errors.ts";
import { createKyselyDatabase } from "./sqlite-statements.ts";
import type { TellProgress } from "./migrations/task-history.ts";
import type { StateDatabase, StateTables } from "./schema.ts";

const BUSY_TIMEOUT_MS = 5000;
/** 16 MiB at 4 KiB a page: a checkpoint stops the thread for some milliseconds, so it comes seldom. */
const CHECKPOINT_PAGE_COUNT = 4096;

export interface State {
  readonly database: StateDatabase;
  /** Resolves when everything committed before the call survives a power cut. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store, makes it when it is new, brings it up to date.
 * @param options.tell  hears how far a step of many seconds is
 * @throws STATE_UNREADABLE, STATE_TOO_NEW
 */
export async function openState(
  path: string,
  options: { readonly tell?: TellProgress } = {},
): Promise<State> {
  const sqlite = openFile(path);
  const database = new Kysely<StateTables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new ImmediateDriver({ database: createKyselyDatabase(sqlite) }),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  await migrate(database, path, options.tell ?? (() => undefined));
  const log = await open(`${path}-wal`, "r+");
  return {
    database,
    flush: createFlush(log),
    close: async () => {
      await database.destroy();
      // After the database: SQLite holds its locks by the process, and this handle is on the same files.
      await log.close();
    },
  };
}

function openFile(path: string): DatabaseSync {
  try {
    const sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    sqlite.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGE_COUNT};
      PRAGMA temp_store = MEMORY;
    `);
    return sqlite;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw serverErrors.STATE_UNREADABLE({ path, detail }, cause);
  }
}

/** Reading first and writing later in one deferred transaction can fail with "busy" in the middle. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

async function migrate(database: StateDatabase, path: string, tell: TellProgress): Promise<void> {
  const [{ Migrator }, { migrationsTelling }] = await Promise.all([
    import("kysely/migration"),
    import("./migrations.ts"),
  ]);
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...migrationsTelling(tell) }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  await database.destroy();
  const detail = error instanceof Error ? error.message : "the migrations failed";
  if (/corrupted migrations/.test(detail)) throw serverErrors.STATE_TOO_NEW({ path, detail }, error);
  throw serverErrors.STATE_UNREADABLE({ path, detail }, error);
}

/** Whoever calls while a sync runs waits for the next one: the running one may have missed their commit. */
function createFlush(log: FileHandle): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = log.datasync().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
