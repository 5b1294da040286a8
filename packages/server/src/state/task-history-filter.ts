/**
 * Which tasks a question is about, as SQL conditions over one row of `tasks`. The tests say the same in plain code and compare.
 */

import type { TaskCountQuery } from "@ironcore-backup/protocol";
import { isAscii } from "./task-history-needle.ts";
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

/** All filters but `parent`: whose family a task is of is looked up by its number. */
export function filterConditions(query: Omit<TaskCountQuery, "parent">): Condition[] {
  const { type, state, datastore, project, job, workload, user, since, until, text } = query;
  return [
    ...(type === undefined ? [] : [oneOf("type", type)]),
    ...(state === undefined ? [] : [oneOf("state", state)]),
    ...(datastore === undefined ? [] : [equal("datastore", datastore)]),
    ...(project === undefined ? [] : [equal("project", project)]),
    ...(job === undefined ? [] : [equal("job", job)]),
    ...(workload === undefined ? [] : [equal("workload", workload)]),
    ...(user === undefined ? [] : [ofUser(user)]),
    ...(since === undefined ? [] : [{ sql: "queued_at >= ?", parameters: [since] }]),
    ...(until === undefined ? [] : [{ sql: "queued_at <= ?", parameters: [until] }]),
    ...(text === undefined ? [] : [containing(text)]),
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

/** `like` folds the case of ASCII letters and is many times quicker than a function of ours. */
function containing(text: string): Condition {
  const compare = isAscii(text) ? String.raw`like ? escape '\'` : undefined;
  const value = compare === undefined ? text : `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return {
    sql: TEXT_COLUMNS.map((column) =>
      compare === undefined ? `contains_text(${column}, ?)` : `${column} ${compare}`,
    ).join(" or "),
    parameters: TEXT_COLUMNS.map(() => value),
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

/** A namespace counts with those below it; the root is nobody's namespace. @param name  `DATASTORE:NAMESPACE` */
export function inNamespace(name: string): Condition {
  return {
    sql: `namespace <> '' and substr(${PLACE}, 1, length(?) + 1) = ? || '/'`,
    parameters: [name, name],
  };
}

const PLACE = "datastore || ':' || namespace || '/'";

function inNamespaces(names: string): Condition {
  return {
    sql: `namespace <> '' and exists (select 1 from json_each(?) where substr(${PLACE}, 1, length(value) + 1) = value || '/')`,
    parameters: [names],
  };
}
