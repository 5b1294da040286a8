/** What the last life of the server left: queued tasks stay queued, what ran has lost its worker. */

import { serverErrors } from "../errors.ts";
import { listRunTimes } from "../state/queue-records.ts";
import { likenessOf } from "./run-durations.ts";
import { assignmentOf } from "./task-claim.ts";
import type { TaskAssignment } from "./task-claim.ts";
import { tellQueued } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";
import { endTask } from "./task-end.ts";
import { settlePart } from "./task-family.ts";
import { standingMeter } from "./stage-meter.ts";
import type { ActiveTask } from "./active-task.ts";

/** Newest runs that tell how long others will take. */
const RUN_COUNT_MAX = 500;
/** So far back the newest runs are looked for; a history of failures only is not read to its beginning. */
const LOOK_BACK_COUNT = 5000;

/** @returns the assignments that were lost, for the operations' own cleaning up */
export async function recover(desk: Desk): Promise<readonly TaskAssignment[]> {
  await loadDurations(desk);
  const active = (await desk.queue.listActive()).map((record) => {
    const one = desk.ledger.adopt(record);
    desk.line.place(one);
    return one;
  });
  const running = active.filter((one) => one.task.state === "running");
  const lost = running.map(assignmentOf);
  for (const one of running) await endLost(desk, one);
  for (const one of active) {
    if (one.task.state !== "queued" || one.ending) continue;
    // Withdrawn, and the server died before the end was written.
    if (one.task.cancelRequested) await endTask(desk, one, { kind: "cancelled" });
    else await settlePart(desk, one);
  }
  tellQueued(desk);
  return lost;
}

/** Stages come from the store here, there are no meters. */
async function endLost(desk: Desk, one: ActiveTask): Promise<void> {
  one.meters = one.task.stages.map(standingMeter);
  const error = serverErrors.WORKER_LOST({ reason: "the server stopped while the task ran" }).toJSON();
  await endTask(desk, one, one.task.cancelRequested ? { kind: "cancelled" } : { kind: "failed", error });
}

async function loadDurations(desk: Desk): Promise<void> {
  const runs = await listRunTimes(desk.state.database, {
    limit: RUN_COUNT_MAX,
    lookBackCount: LOOK_BACK_COUNT,
  });
  for (const run of runs.toReversed()) {
    if (run.started_at === null || run.ended_at === null) continue;
    const { type, datastore, source } = run;
    desk.durations.record(
      likenessOf({ type, datastore, source, exclusiveKey: run.exclusive_key ?? undefined }),
      Math.max(0, run.ended_at - run.started_at),
    );
  }
}
