/** The queue on the state store. All questions stand in `state/queue-records.ts`. */

import type { Clock } from "@ironcore-backup/base";
import type { State } from "../../state/database.ts";
import {
  claimTaskRecord,
  finishTaskRecord,
  insertQueuedRecords,
  insertRetryRecord,
  releaseClaimRecord,
  renewClaimRecord,
  saveTaskRecords,
  takeExpiredRecords,
  withdrawTaskRecord,
} from "../../state/queue-records.ts";
import { listActiveTaskRecords } from "../../state/task-records.ts";
import type { TaskQueue } from "./task-queue.ts";

export function createSqliteTaskQueue(needs: { readonly clock: Clock; readonly state: State }): TaskQueue {
  const { clock, state } = needs;
  const { database } = state;
  const listeners = new Set<() => void>();
  let isPaused = false;
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    enqueue: async (records) => {
      await insertQueuedRecords(database, records);
      await state.flush();
      tell();
    },
    claim: async ({ worker, class: taskClass, leaseMs, limits }) => {
      if (isPaused) return undefined;
      const now = clock.now();
      return claimTaskRecord(database, {
        worker,
        class: taskClass,
        now,
        leaseUntil: now + leaseMs,
        datastoreCountMax: limits.datastores,
        projectCountMax: limits.projects,
      });
    },
    heartbeat: (claim, leaseMs) => renewClaimRecord(database, claim, clock.now() + leaseMs),
    save: (records) => saveTaskRecords(database, records),
    finish: async (record, options) => {
      const holds = await finishTaskRecord(database, record, { retry: options?.retry });
      await state.flush();
      if (holds) tell();
      return holds;
    },
    release: async (claim) => {
      const holds = await releaseClaimRecord(database, claim);
      if (holds) tell();
      return holds;
    },
    withdraw: (taskId) => withdrawTaskRecord(database, taskId),
    enqueueRetry: async (record) => {
      await insertRetryRecord(database, record);
      await state.flush();
      tell();
    },
    takeExpired: (leaseMs) => {
      const now = clock.now();
      return takeExpiredRecords(database, { now, leaseUntil: now + leaseMs });
    },
    listActive: () => listActiveTaskRecords(database),
    pause: (paused) => {
      isPaused = paused;
      if (!paused) tell();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
