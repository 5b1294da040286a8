/** What this room notices itself, because it is a state and not a deed: told when it begins and when it ends. */

import type { Datastore, Task, TaskLogLine, Worker } from "@ironcore-backup/protocol";
import type { NotificationDesk } from "./desk.ts";
import type { Occurrence } from "./occurrence.ts";
import { lineLogged } from "./other-occurrences.ts";
import { datastoreChanged, STATE, workerChanged } from "./state-occurrences.ts";

export interface Noticing {
  linesLogged(task: Task, lines: readonly TaskLogLine[]): void;
  datastoreChanged(datastore: Datastore): void;
  workerChanged(worker: Worker): void;
}

export function createNoticing(desk: NotificationDesk): Noticing {
  const { clock } = desk;
  const seen = new Map<string, Datastore>();
  const quietly = (occurrences: readonly (Occurrence | undefined)[]): void => {
    for (const occurrence of occurrences)
      if (occurrence !== undefined)
        signalIfNews(desk, occurrence).catch((cause: unknown) =>
          desk.warn("NOTIFICATION_LOST", `what happened could not be noted: ${String(cause)}`, {
            event: occurrence.event,
          }),
        );
  };
  return {
    linesLogged: (task, lines) => {
      if (task.type === "verify") quietly(lines.map((line) => lineLogged(task, line)));
    },
    datastoreChanged: (datastore) => {
      const before = seen.get(datastore.name);
      seen.set(datastore.name, datastore);
      quietly(datastoreChanged(before, datastore, clock.now()));
    },
    workerChanged: (worker) => quietly([workerChanged(worker, clock.now())]),
  };
}

/** A state that is as it was known is no news; an incident about several things may have one more. */
export async function signalIfNews(
  { openKeys, loop }: Pick<NotificationDesk, "openKeys" | "loop">,
  occurrence: Occurrence,
): Promise<void> {
  const { opens, part, isOnlyEnd, resolves = [] } = occurrence;
  if (opens !== undefined && part === STATE && openKeys.has(opens)) return;
  if (isOnlyEnd === true && !resolves.some((key) => openKeys.has(key))) return;
  await loop.signal(occurrence);
}
