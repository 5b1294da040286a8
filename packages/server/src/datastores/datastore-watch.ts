/**
 * Notices what changes in datastores without anybody asking: a disk that goes away or comes back, room that is used or
 * freed, snapshots that a task has made. Told as facts, so that a page that shows datastores need not ask again and again.
 */

import type { Clock } from "@ironcore-backup/base";
import { CodedError, isCancelled } from "@ironcore-backup/base";
import type { Datastore } from "@ironcore-backup/protocol";
import type { Datastores } from "./datastores.ts";

const LOOK_INTERVAL_MS = 15_000;
/** A task's end is told after this; several ends in that time are one fact. */
const SETTLE_MS = 1000;
/** Other programs write to the same disk all the time: less than this share of it is no news. */
const NEWS_SHARE = 0.0005;

export interface DatastoreWatch {
  /** Something was done in this datastore. */
  touched(name: string): void;
  close(): void;
}

interface Needs {
  readonly clock: Clock;
  readonly datastores: Pick<Datastores, "list" | "get">;
  readonly onChanged: (name: string, datastore: Datastore) => void;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

type Seen = Pick<Datastore, "status" | "statusReason" | "usedBytes" | "totalBytes">;

export function watchDatastores(needs: Needs): DatastoreWatch {
  const { clock, datastores } = needs;
  const seen = new Map<string, Seen>();
  const settling = new Set<string>();
  const ending = new AbortController();
  const tell = async (name: string): Promise<void> => {
    const datastore = await datastores.get(name);
    seen.set(name, datastore);
    needs.onChanged(name, datastore);
  };
  const look = async (): Promise<void> => {
    const list = await datastores.list();
    for (const datastore of list) {
      const before = seen.get(datastore.name);
      seen.set(datastore.name, before !== undefined && !isNews(before, datastore) ? before : datastore);
      if (before !== undefined && isNews(before, datastore)) await tell(datastore.name);
    }
    for (const name of seen.keys()) if (!list.some((one) => one.name === name)) seen.delete(name);
  };
  const quietly = (work: Promise<void>): void => {
    work.catch((cause: unknown) => {
      // Removed meanwhile, and told as gone by whoever removed it.
      const isGone = cause instanceof CodedError && cause.code === "DATASTORE_NOT_FOUND";
      if (!isCancelled(cause) && !isGone)
        needs.warn("DATASTORE_WATCH_FAILED", `a datastore could not be looked at: ${String(cause)}`, {});
    });
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_INTERVAL_MS, ending.signal);
      quietly(look());
    }
  };
  quietly(look());
  quietly(watch());
  return {
    touched: (name) => {
      if (settling.has(name)) return;
      settling.add(name);
      quietly(
        clock
          .sleep(SETTLE_MS, ending.signal)
          .finally(() => settling.delete(name))
          .then(() => tell(name)),
      );
    },
    close: () => ending.abort(),
  };
}

function isNews(before: Seen, now: Seen): boolean {
  if (before.status !== now.status || before.statusReason !== now.statusReason) return true;
  const moved = Math.abs((now.usedBytes ?? 0) - (before.usedBytes ?? 0));
  return moved > (now.totalBytes ?? 0) * NEWS_SHARE;
}
