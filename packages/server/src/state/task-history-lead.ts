/**
 * Where a search begins. A **lead** is an index in which the tasks of one filter lie together, newest and oldest at its
 * ends; a filter with several values, or a caller who sees several projects, makes a lead of several **branches**, which
 * have no task in common. The other filters are decided on the way, in the index itself.
 */

import type { TaskCountQuery } from "@ironcore-backup/protocol";
import { inNamespace, joinConditions } from "./task-history-filter.ts";
import type { Condition } from "./task-history-filter.ts";
import type { TaskVisibility } from "./task-visibility.ts";

export interface Branch {
  readonly index: string;
  /** Which part of the index. */
  readonly equal: Condition;
  /** What else a task of this branch fulfils; true for most. */
  readonly also: Condition;
}

export interface Lead {
  readonly branches: readonly Branch[];
}

/** Over more, a walk through all tasks finds what a caller sees sooner. */
const BRANCH_COUNT_MAX = 64;

const ALWAYS: Condition = { sql: "true", parameters: [] };

/** All tasks in the order they were queued. */
export const WHOLE: Lead = { branches: [{ index: "history_by_queued", equal: ALWAYS, also: ALWAYS }] };

export const TIME_INDEX = "history_by_queued";

/** Of tasks that are not over. */
export const ACTIVE: Lead = { branches: ["queued", "running"].map(branchOfState) };

export function leadsOf(filter: TaskCountQuery, visibility: TaskVisibility): Lead[] {
  const { type, state, datastore, project, user } = filter;
  const states = wordsOf(state);
  const types = wordsOf(type);
  return [
    ...(states === undefined || states.includes("ok") ? [] : [{ branches: states.map(branchOfState) }]),
    ...(user === undefined ? [] : [single(branch("history_by_user", "user_id", userOf(user)))]),
    ...(project === undefined ? [] : [single(branch("history_by_project", "project", project))]),
    ...(datastore === undefined ? [] : [single(branch("history_by_datastore", "datastore", datastore))]),
    ...(types === undefined || types.includes("backup") ? [] : [{ branches: types.map(branchOfType) }]),
    ...leadOfVisibility(visibility),
  ];
}

function wordsOf(list: string | undefined): string[] | undefined {
  return list === undefined ? undefined : [...new Set(list.split(","))];
}

const single = (one: Branch): Lead => ({ branches: [one] });

function branch(index: string, column: string, value: string): Branch {
  return { index, equal: { sql: `${column} = ?`, parameters: [value] }, also: ALWAYS };
}

function branchOfState(state: string): Branch {
  // The first condition is the index's own, word for word: SQLite must see that it holds.
  return {
    index: "history_by_state",
    equal: { sql: "state <> 'ok' and state = ?", parameters: [state] },
    also: ALWAYS,
  };
}

function branchOfType(type: string): Branch {
  return {
    index: "history_by_type",
    equal: { sql: "type <> 'backup' and type = ?", parameters: [type] },
    also: ALWAYS,
  };
}

/** `alice@ibs!nightly` is a token of `alice@ibs`. */
function userOf(authId: string): string {
  return authId.split("!")[0] ?? authId;
}

function leadOfVisibility(visibility: TaskVisibility): Lead[] {
  if (visibility.everything) return [];
  const branches: Branch[] = [
    ...[...visibility.projects].map((name) => branch("history_by_project", "project", name)),
    ...[...visibility.datastores].map((name) => branch("history_by_datastore", "datastore", name)),
    ...[...visibility.authIds].map((authId) => ({
      ...branch("history_by_user", "user_id", userOf(authId)),
      also: { sql: "auth_id = ?", parameters: [authId] },
    })),
    ...[...visibility.namespaces].map((name) => ({
      ...branch("history_by_datastore", "datastore", name.split(":")[0] ?? ""),
      also: inNamespace(name),
    })),
  ];
  return branches.length > BRANCH_COUNT_MAX ? [] : [{ branches: apart(branches) }];
}

/** Each branch without the tasks of those before it. */
function apart(branches: readonly Branch[]): Branch[] {
  return branches.map((one, at) => {
    const before = branches.slice(0, at).map(({ equal, also }) => {
      const { sql, parameters } = joinConditions([equal, also]);
      return { sql: `(${sql}) is not true`, parameters };
    });
    return { ...one, also: joinConditions([one.also, ...before]) };
  });
}
