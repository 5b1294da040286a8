/** The queue in its order, the locks and the leases, each as an index over the few tasks that are not over yet. */

import { sql } from "kysely";
import type { Kysely } from "kysely";

const STATEMENTS: readonly string[] = [
  `alter table tasks add column after_parent integer not null default 0`,
  // What it was to become, for a retry: a run makes its target more precise.
  `alter table tasks add column planned_target text not null default ''`,
  `update tasks set planned_target = target`,
  // A claim walks this one and stops at the first task that may run; what it asks of each stands in the index itself.
  `create index tasks_in_line on tasks
    (class, priority desc, task_id, after_parent, not_before, exclusive_key, datastore, project)
    where state = 'queued' and cancel_requested = 0`,
  // Who of those that want the same lock is first.
  `create index tasks_by_lock on tasks (exclusive_key, priority desc, task_id, after_parent, not_before)
    where state = 'queued' and cancel_requested = 0 and exclusive_key is not null`,
  `create index tasks_running on tasks (task_id, exclusive_key, datastore, project, lease_until)
    where state = 'running'`,
  `create index tasks_by_parent on tasks (parent, task_id) where parent is not null`,
];

export async function addQueueOrder(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
