/**
 * Tells others when a worker is different: at once when it was quiet, at most once a second while it moves. A worker that
 * runs something is told now and then without a change, so that its last sign of life and its memory are not too old.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import type { Worker } from "@ironcore-backup/protocol";

const TELL_INTERVAL_MS = 1000;
const REFRESH_INTERVAL_MS = 10_000;

interface Needs {
  readonly clock: Clock;
  readonly tell: (worker: Worker) => void;
}

interface WorkerNews {
  /** The worker may be different now. */
  moved(name: string, look: () => Worker): void;
  close(): void;
}

interface Told {
  /** What was told, without what changes all the time. */
  essence: string;
  atMs: number;
  isWaiting: boolean;
}

export function createWorkerNews(needs: Needs): WorkerNews {
  const told = new Map<string, Told>();
  const closing = new AbortController();
  const tellIfNew = (last: Told, look: () => Worker): void => {
    const worker = look();
    const essence = essenceOf(worker);
    const isOld = worker.runs.length > 0 && needs.clock.elapsedMs() - last.atMs >= REFRESH_INTERVAL_MS;
    if (essence === last.essence && !isOld) return;
    last.essence = essence;
    last.atMs = needs.clock.elapsedMs();
    needs.tell(worker);
  };
  const moved = (name: string, look: () => Worker): void => {
    const last = told.get(name) ?? { essence: "", atMs: -Infinity, isWaiting: false };
    told.set(name, last);
    if (last.isWaiting) return;
    const dueInMs = last.atMs + TELL_INTERVAL_MS - needs.clock.elapsedMs();
    if (dueInMs <= 0) return tellIfNew(last, look);
    last.isWaiting = true;
    needs.clock.sleep(dueInMs, closing.signal).then(
      () => {
        last.isWaiting = false;
        tellIfNew(last, look);
      },
      (cause: unknown) => {
        if (!isCancelled(cause)) throw cause;
      },
    );
  };
  return { moved, close: () => closing.abort() };
}

function essenceOf({ heardAt: _heardAt, rssBytes: _rssBytes, ...rest }: Worker): string {
  return JSON.stringify(rest);
}
