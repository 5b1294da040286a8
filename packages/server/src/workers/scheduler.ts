/**
 * Whether queued tasks start. Paused, what runs goes on and nothing new starts; the queue keeps growing and every waiting
 * task says who paused and why. Kept in the state store, so that a restart does not start what somebody held back.
 */

import type { Clock } from "@ironcore-backup/base";
import type { Scheduler as SchedulerView, Status } from "@ironcore-backup/protocol";
import type { State } from "../state/database.ts";
import {
  deletePauseRecord,
  listPauseRecords,
  putPauseRecord,
  SCHEDULER_SUBJECT,
} from "../state/pause-records.ts";
import type { PauseRecord } from "../state/pause-records.ts";
import type { EventStream } from "../tasks/event-stream.ts";
import type { Tasks } from "../tasks/tasks.ts";
import { describePause } from "./worker-view.ts";

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly tasks: Pick<Tasks, "setPaused">;
  readonly events: Pick<EventStream, "recordScheduler">;
}

export interface Scheduler {
  look(): SchedulerView;
  pause(by: { readonly authId: string; readonly reason: string | undefined }): Promise<SchedulerView>;
  resume(): Promise<SchedulerView>;
  /** Its line of `status --services`. */
  service(): Status["services"][number];
}

/** @param onResumed  tasks that waited may start now */
export async function openScheduler(needs: Needs, onResumed: () => void): Promise<Scheduler> {
  const { database } = needs.state;
  let pause = (await listPauseRecords(database)).get(SCHEDULER_SUBJECT);
  const set = async (wanted: PauseRecord | undefined): Promise<SchedulerView> => {
    if (wanted === undefined) await deletePauseRecord(database, SCHEDULER_SUBJECT);
    else await putPauseRecord(database, SCHEDULER_SUBJECT, wanted);
    await needs.state.flush();
    const isSame = wanted === undefined && pause === undefined;
    pause = wanted;
    needs.tasks.setPaused(wanted === undefined ? undefined : viewOf(wanted));
    if (!isSame) needs.events.recordScheduler(viewOf(wanted));
    if (wanted === undefined) onResumed();
    return viewOf(wanted);
  };
  if (pause !== undefined) needs.tasks.setPaused(viewOf(pause));
  return {
    look: () => viewOf(pause),
    pause: ({ authId, reason }) => set({ authId, reason, pausedAt: needs.clock.now() }),
    resume: () => set(undefined),
    service: () => ({
      name: "scheduler",
      state: "running",
      detail: pause === undefined ? "starts queued tasks" : describePause("paused", pause),
    }),
  };
}

function viewOf(pause: PauseRecord | undefined): SchedulerView {
  if (pause === undefined) return { paused: false };
  const { authId, pausedAt, reason } = pause;
  return { paused: true, pausedBy: authId, pausedAt, ...(reason === undefined ? {} : { reason }) };
}
