/**
 * Which tasks a question is about, as SQL conditions over one row of `tasks`. `matchesFilter` in the tests says the same in
 * plain code, and the two are compared.
 */

import type { TaskCountQuery } from "@ironcore-backup/protocol";
import type { TaskVisibility } from "./task-visibility.ts";

/** A condition with `?` for its parameters, in their order. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

export function joinConditions(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.length === 0 ? "true" : conditions.map(({ sql }) => `(${sql})`).join(" and "),
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

export function filterConditions(query: TaskCountQuery): Condition[] {
  const { type, state, datastore, project, user, since, until, text, parent } = query;
  return [
    ...(type === undefined ? [] : [oneOf("type", type)]),
    ...(state === undefined ? [] : [oneOf("state", state)]),
    ...(datastore === undefined ? [] : [equal("datastore", datastore)]),
    ...(project === undefined ? [] : [equal("project", project)]),
    ...(user === undefined ? [] : [ofUser(user)]),
    ...(since === undefined ? [] : [{ sql: "queued_at >= ?", parameters: [since] }]),
    ...(until === undefined ? [] : [{ sql: "queued_at <= ?", parameters: [until] }]),
    ...(text === undefined ? [] : [containing(text)]),
    ...(parent === undefined ? [] : [belongingTo(parent)]),
  ];
}

/** @param list  words joined by commas; the request's check has seen them */
function oneOf(column: string, list: string): Condition {
  const parameters = list.split(",");
  return { sql: `${column} in (${parameters.map(() => "?").join(", ")})`, parameters };
}

function equal(column: string, value: string): Condition {
  return { sql: `${column} = ?`, parameters: [value] };
}

/** A user's name finds what their tokens (`USER!NAME`) started too. */
function ofUser(user: string): Condition {
  return {
    sql: "auth_id = ? or substr(auth_id, 1, length(?) + 1) = ? || '!'",
    parameters: [user, user, user],
  };
}

const TEXT_COLUMNS = ["upid", "source", "target", "exit_status"];

function containing(text: string): Condition {
  const pattern = `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return {
    sql: TEXT_COLUMNS.map((column) => String.raw`${column} like ? escape '\'`).join(" or "),
    parameters: TEXT_COLUMNS.map(() => pattern),
  };
}

/** The parts of a task, and the tries that repeated it, those that repeated these, and so on. */
function belongingTo(upid: string): Condition {
  return {
    sql: `parent = ? or task_id in (
      with recursive tries (task_id, upid) as (
        select task_id, upid from tasks where retry_of = ?
        union select t.task_id, t.upid from tasks t join tries on t.retry_of = tries.upid
      ) select task_id from tries)`,
    parameters: [upid, upid],
  };
}

/** What `isTaskVisible` says, for one row. */
export function visibilityCondition(visibility: TaskVisibility): Condition | undefined {
  if (visibility.everything) return undefined;
  const names = (set: ReadonlySet<string>): string => JSON.stringify([...set]);
  const among = (column: string, set: ReadonlySet<string>): Condition[] =>
    set.size === 0
      ? []
      : [{ sql: `${column} in (select value from json_each(?))`, parameters: [names(set)] }];
  const either = [
    ...among("project", visibility.projects),
    ...among("datastore", visibility.datastores),
    ...among("auth_id", visibility.authIds),
    ...(visibility.namespaces.size === 0 ? [] : [inNamespaces(names(visibility.namespaces))]),
  ];
  if (either.length === 0) return { sql: "false", parameters: [] };
  return {
    sql: either.map(({ sql }) => `(${sql})`).join(" or "),
    parameters: either.flatMap(({ parameters }) => parameters),
  };
}

/** A namespace counts with those below it; the root is nobody's namespace. */
function inNamespaces(names: string): Condition {
  const place = "datastore || ':' || namespace || '/'";
  return {
    sql: `namespace <> '' and exists (select 1 from json_each(?) where substr(${place}, 1, length(value) + 1) = value || '/')`,
    parameters: [names],
  };
}
