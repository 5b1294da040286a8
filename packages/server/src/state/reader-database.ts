/** A second, read-only handle on the state store, as the reader's thread uses it: kept statements, one snapshot, a deadline. */

import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { containsText } from "./task-history-needle.ts";

const STATEMENT_COUNT_MAX = 500;
const CACHE_SIZE_KIB = 65_536;
/** Pages are looked at where the kernel keeps them instead of copied one call at a time. */
const MAPPED_SIZE_MAX = 2 ** 34;
const BUSY_TIMEOUT_MS = 5000;

export type SqlValue = string | number | null;

export interface ReaderDatabase {
  all<Row>(sql: string, parameters?: readonly SqlValue[]): Row[];
  /** Its column `value`, undefined when there is no row or it is null. */
  number(sql: string, parameters?: readonly SqlValue[]): number | undefined;
  /** @throws TASK_QUERY_TOO_SLOW */
  assertInTime(): void;
  /** All that `work` reads is of one moment. @throws TASK_QUERY_TOO_SLOW after the limit */
  within<T>(limitMs: number, work: () => T): T;
  close(): void;
}

/**
 * A condition that never refuses a row. SQLite cannot be interrupted from outside its thread, so a long walk asks by
 * itself whether it is still in time, every 512th row.
 */
export const IN_TIME = "((task_id & 511) <> 0 or in_time())";

export function openReaderDatabase(needs: { readonly clock: Clock }, path: string): ReaderDatabase {
  const sqlite = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  sqlite.exec(
    `PRAGMA cache_size = -${CACHE_SIZE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = ${MAPPED_SIZE_MAX};`,
  );
  sqlite.exec("create virtual table temp.history_pieces using fts5vocab('main', 'history_text', 'row')");
  let deadlineMs = Infinity;
  let limit = 0;
  const assertInTime = (): void => {
    if (needs.clock.elapsedMs() > deadlineMs) throw serverErrors.TASK_QUERY_TOO_SLOW({ limitMs: limit });
  };
  sqlite.function("in_time", () => {
    assertInTime();
    return 1;
  });
  sqlite.function("contains_text", { deterministic: true }, (text, needle) =>
    typeof text === "string" && containsText(text, String(needle)) ? 1 : 0,
  );
  const all = keepStatements(sqlite);
  return {
    all,
    number: (sql, parameters) => all<{ value: number | null }>(sql, parameters)[0]?.value ?? undefined,
    assertInTime,
    within: (limitMs, work) => {
      limit = limitMs;
      deadlineMs = needs.clock.elapsedMs() + limitMs;
      sqlite.exec("begin");
      try {
        return work();
      } finally {
        sqlite.exec("commit");
      }
    },
    close: () => sqlite.close(),
  };
}

function keepStatements(sqlite: DatabaseSync): ReaderDatabase["all"] {
  const statements = new Map<string, StatementSync>();
  return <Row>(sql: string, parameters: readonly SqlValue[] = []) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      if (statements.size >= STATEMENT_COUNT_MAX) statements.delete(statements.keys().next().value ?? "");
      statement = sqlite.prepare(sql);
      statements.set(sql, statement);
    }
    return statement.all(...parameters) as Row[]; // The caller names the columns of its own statement.
  };
}
