/**
 * What the Task Browser asks a million tasks with.
 *
 * Indexes. `history_by_queued` and one index for each column that is filtered by an exact value, all in the order of the
 * queued instant and with every other filtered or sorted column behind it, so that a filter is decided in the index and
 * only the rows of the page are read. What most tasks have (state `ok`, type `backup`) is left out of its index: it is
 * found quickly in any order. Three narrow indexes hold the other orders.
 *
 * Text. `history_text` has the three-letter pieces of what is searched, of finished tasks: a task is indexed once, when it
 * ends, and the few that are not over are read. It keeps pieces only, not the text; a hit is looked up and compared.
 *
 * Every step can be taken again: a kill between this and the note that it was done leaves a store that starts.
 */

import { sql } from "kysely";
import type { Kysely } from "kysely";

/** How far a long step is, for the service's log. */
export type TellProgress = (message: string) => void;

const TEXT_BATCH_COUNT = 10_000;
/** Below this, nobody waits long enough to wonder. */
const TOLD_COUNT_MIN = 50_000;

const REST = "type, state, datastore, project, auth_id, namespace, ended_at, duration_ms, bytes";
const without = (column: string): string => REST.replace(new RegExp(`\\b${column}, `), "");

const REPLACED = ["tasks_by_state", "tasks_by_type", "tasks_by_datastore", "tasks_by_user", "tasks_by_time"];

const COLUMNS: Readonly<Record<string, string>> = {
  user_id: `text generated always as (substr(auth_id, 1, instr(auth_id || '!', '!') - 1)) virtual`,
  duration_ms: `integer generated always as (ended_at - started_at) virtual`,
};

const INDEXES: Readonly<Record<string, string>> = {
  history_by_queued: `(queued_at, task_id, ${REST})`,
  history_by_state: `(state, queued_at, task_id, ${without("state")}) where state <> 'ok'`,
  history_by_type: `(type, queued_at, task_id, ${without("type")}) where type <> 'backup'`,
  history_by_project: `(project, queued_at, task_id, ${without("project")}) where project is not null`,
  history_by_user: `(user_id, queued_at, task_id, ${REST})`,
  history_by_datastore: `(datastore, queued_at, task_id, ${without("datastore")})`,
  history_by_ended: "(ended_at)",
  history_by_duration: "(duration_ms)",
  history_by_bytes: "(bytes)",
  history_by_retry: "(retry_of) where retry_of is not null",
};

/** The fields apart, and an end that makes a short needle at the very end the beginning of a piece. */
const textOf = (row: string): string =>
  `${row}upid || char(31) || ${row}source || char(31) || ${row}target || char(31) || ifnull(${row}exit_status, '') || char(31, 31)`;
const isOver = (row: string): string => `${row}state not in ('queued', 'running')`;
const STEP_BACK = "(select max(queued_at) from tasks) - new.queued_at";

const TRIGGERS: Readonly<Record<string, string>> = {
  history_text_ended: `after update of state on tasks when not (${isOver("old.")}) and ${isOver("new.")}
    begin insert into history_text (rowid, text) values (new.task_id, ${textOf("new.")}); end`,
  history_text_inserted: `after insert on tasks when ${isOver("new.")}
    begin insert into history_text (rowid, text) values (new.task_id, ${textOf("new.")}); end`,
  history_text_deleted: `after delete on tasks when ${isOver("old.")}
    begin delete from history_text where rowid = old.task_id; end`,
  // How far the clock ever went back between two tasks: by how much the order of numbers is off that of instants.
  history_step_back: `after insert on tasks when ${STEP_BACK} > 0
    begin insert into counters (name, value) values ('task-queued-step-back', ${STEP_BACK})
      on conflict (name) do update set value = max(value, excluded.value); end`,
};

export async function addTaskHistory(database: Kysely<unknown>, tell: TellProgress): Promise<void> {
  const run = async (text: string): Promise<void> => void (await sql.raw(text).execute(database));
  const taskCount = await readNumber(database, "select count(*) as value from tasks");
  const tellLong: TellProgress = taskCount < TOLD_COUNT_MIN ? () => undefined : tell;
  for (const name of REPLACED) await run(`drop index if exists ${name}`);
  const known = await sql<{ name: string }>`select name from pragma_table_xinfo('tasks')`.execute(database);
  for (const [name, definition] of Object.entries(COLUMNS)) {
    if (known.rows.some((column) => column.name === name)) continue;
    await run(`alter table tasks add column ${name} ${definition}`);
  }
  for (const [name, definition] of Object.entries(INDEXES)) {
    tellLong(`the index ${name} of ${taskCount} tasks is made`);
    await run(`create index if not exists ${name} on tasks ${definition}`);
  }
  await fillText(database, taskCount, tellLong);
  await run(`insert or replace into counters (name, value) select 'task-queued-step-back', ifnull(max(back), 0) from
    (select max(queued_at) over (order by task_id) - queued_at as back from tasks)`);
  for (const [name, definition] of Object.entries(TRIGGERS))
    await run(`create trigger if not exists ${name} ${definition}`);
}

async function fillText(database: Kysely<unknown>, taskCount: number, tell: TellProgress): Promise<void> {
  await sql`drop table if exists history_text`.execute(database);
  await sql
    .raw(
      `create virtual table history_text using
       fts5(text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram')`,
    )
    .execute(database);
  let doneCount = 0;
  for (let after = 0; ;) {
    const upTo = await readNumber(
      database,
      `select ifnull(max(task_id), 0) as value from
       (select task_id from tasks where task_id > ${after} order by task_id limit ${TEXT_BATCH_COUNT})`,
    );
    if (upTo === 0) return;
    await sql
      .raw(
        `insert into history_text (rowid, text) select task_id, ${textOf("")} from tasks
         where task_id > ${after} and task_id <= ${upTo} and ${isOver("")}`,
      )
      .execute(database);
    after = upTo;
    doneCount += TEXT_BATCH_COUNT;
    if (doneCount % TOLD_COUNT_MIN === 0) tell(`the text index has ${doneCount} of ${taskCount} tasks`);
  }
}

async function readNumber(database: Kysely<unknown>, text: string): Promise<number> {
  const { rows } = await sql.raw<{ value: number }>(text).execute(database);
  return rows[0]?.value ?? 0;
}
