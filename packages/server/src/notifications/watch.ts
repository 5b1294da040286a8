/** What comes of time alone, and nobody does. */

import { isCancelled } from "@ironcore-backup/base";
import { isFinishedTaskState } from "@ironcore-backup/protocol";
import { deleteOldDeliveries } from "../state/delivery-records.ts";
import { deleteOldNotices, findOpenNotice, listQuietNotices } from "../state/notice-records.ts";
import { deleteOldNotificationEvents } from "../state/notification-event-records.ts";
import { listOpenRuns } from "../state/run-records.ts";
import { findTaskRecord } from "../state/task-records.ts";
import { listReportsOf } from "../state/verification-records.ts";
import type { NotificationDesk } from "./desk.ts";
import { isDamageKey, runOverdue } from "./other-occurrences.ts";

const DAY_MS = 86_400_000;
const WATCH_MS = 30_000;
/** A guesser who stopped a day ago is no incident any more. */
const LOGIN_QUIET_MS = DAY_MS;
const NOTICES_KEPT = { ms: 90 * DAY_MS, countMax: 100_000 };
/** A rule is tried on the last thirty days. */
const EVENTS_KEPT = { ms: 31 * DAY_MS, countMax: 500_000 };
const DELIVERIES_KEPT = { ms: 90 * DAY_MS, countMax: 100_000 };
const TIDY_MS = 3_600_000;

/** What comes of time alone: jobs that are overdue, incidents that are over by being quiet, what is too old to keep. */
export interface NotificationWatch {
  start(): void;
  close(): Promise<void>;
}

export function createNotificationWatch(desk: NotificationDesk): NotificationWatch {
  const told = new Set<number>();
  const { clock } = desk;
  const closing = new AbortController();
  let tidiedMs: number | undefined;
  let running: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    await lookForOverdue(desk, told);
    await endQuiet(desk);
    const nowMs = clock.elapsedMs();
    if (tidiedMs !== undefined && nowMs - tidiedMs < TIDY_MS) return;
    tidiedMs = nowMs;
    await endForgotten(desk);
    await tidy(desk);
  };
  const go = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look().catch((cause: unknown) =>
        desk.warn("NOTIFICATION_WATCH_FAILED", `overdue jobs could not be looked for: ${String(cause)}`, {}),
      );
      await clock.sleep(WATCH_MS, closing.signal).catch((cause: unknown) => {
        if (!isCancelled(cause)) throw cause;
      });
    }
  };
  return {
    start: () => {
      running ??= go();
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** @param told  numbers of runs that are known to be overdue */
async function lookForOverdue(
  { clock, state, jobOf, loop, openKeys }: NotificationDesk,
  told: Set<number>,
): Promise<void> {
  const now = clock.now();
  const runs = await listOpenRuns(state.database);
  const open = new Set(runs.map(({ runId }) => runId));
  for (const runId of told) if (!open.has(runId)) told.delete(runId);
  for (const run of runs) {
    const job = jobOf(run.job);
    if (
      told.has(run.runId) ||
      job === undefined ||
      run.origin !== "schedule" ||
      run.dueAt + job.allowedMs >= now
    )
      continue;
    // The datastore speaks for it; told when it is back and the run is overdue still.
    if (openKeys.has(`datastore|${job.datastore}|offline`)) continue;
    await loop.signal(runOverdue(run, job, now));
    told.add(run.runId);
  }
}

async function endQuiet({ clock, state, loop }: NotificationDesk): Promise<void> {
  const now = clock.now();
  const quiet = await listQuietNotices(
    state.database,
    ["login.failed", "login.locked"],
    now - LOGIN_QUIET_MS,
  );
  for (const { key, event, audience, title } of quiet)
    if (key !== undefined)
      await loop.signal({
        event,
        severity: "info",
        at: now,
        title,
        text: "",
        audience,
        resolves: [key],
        isOnlyEnd: true,
        isSilentEnd: true,
        isKept: false,
      });
}

/** Snapshots that were damaged and are gone are damaged no more: what was found of them went with them. */
async function endForgotten({ clock, state: { database }, loop, openKeys }: NotificationDesk): Promise<void> {
  for (const key of [...openKeys]) {
    if (!isDamageKey(key)) continue;
    const notice = await findOpenNotice(database, key);
    if (notice?.datastore === undefined || notice.parts === undefined) continue;
    const { datastore, parts, upid, event, audience, title } = notice;
    // While the verification runs, its findings are not stored yet.
    const task = upid === undefined ? undefined : await findTaskRecord(database, upid);
    if (task !== undefined && !isFinishedTaskState(task.task.state)) continue;
    const found = await listReportsOf(database, datastore, parts);
    const known = new Set(found.map(({ snapshot }) => snapshot));
    for (const part of parts.filter((one) => !known.has(one)))
      await loop.signal({
        event,
        severity: "info",
        at: clock.now(),
        title,
        text: `${part} is gone.`,
        audience,
        resolves: [key],
        part,
        isOnlyEnd: true,
        isSilentEnd: true,
        isKept: false,
      });
  }
}

async function tidy({ clock, state: { database } }: NotificationDesk): Promise<void> {
  const now = clock.now();
  const before = ({ ms, countMax }: typeof NOTICES_KEPT) => ({ before: now - ms, countMax });
  await deleteOldNotices(database, before(NOTICES_KEPT));
  await deleteOldNotificationEvents(database, before(EVENTS_KEPT));
  await deleteOldDeliveries(database, before(DELIVERIES_KEPT));
}
