/**
 * Shares the limits on bandwidth out among the tasks that run: a datastore's equally among all that move data in it, and a
 * task's own besides. Both may change at any time, and hold from the next instant on.
 *
 * A worker process tells what its run has moved (pacer.ts); here it is a debt, paid every few milliseconds out of what the
 * limits have let through in the meantime. Who wants less than an equal share leaves the rest to the others, so a limit is
 * used up as long as anybody moves data. What a task still owes when it ends is paid like any other debt: many short
 * tasks are no way around a limit.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import { shareFairly } from "./fair-share.ts";
import type { PaceGrant } from "./pacer.ts";

const PAY_INTERVAL_MS = 20;
/** A machine that slept has let nothing through meanwhile. */
const PAY_MS_MAX = 1000;
/** How long a run may go on at the full rate before it is paid for. */
const WINDOW_MS = 200;
const WINDOW_BYTES_MIN = 65_536;

interface PacedTask {
  readonly datastore: string;
  readonly limitBytesPerSecond: number | undefined;
  /** To the process that runs it. */
  readonly send: (grant: PaceGrant) => void;
}

export interface Bandwidth {
  /** A task begins to run, or something that is known by a symbol. */
  enter(upid: string | symbol, task: PacedTask): void;
  /** It has moved so many bytes more. */
  moved(upid: string | symbol, bytes: number): void;
  setTaskLimit(upid: string, limitBytesPerSecond: number | undefined): void;
  /** A datastore's limit may be another one. */
  limitsChanged(): void;
  leave(upid: string | symbol): void;
  close(): void;
}

interface Needs {
  readonly clock: Clock;
  readonly limitOf: (datastore: string) => number | undefined;
}

interface Debtor {
  readonly datastore: string;
  limit: number | undefined;
  owedBytes: number;
  windowBytes: number | undefined;
  /** Undefined once the task is over. */
  send: ((grant: PaceGrant) => void) | undefined;
}

// Long because the debts live in one closure; each function in it is short.
export function createBandwidth(needs: Needs): Bandwidth {
  const { clock } = needs;
  const debtors = new Map<string | symbol, Debtor>();
  const closing = new AbortController();
  let isPaying = false;
  const adjust = (debtor: Debtor): void => {
    const windowBytes = windowOf(debtor, needs.limitOf(debtor.datastore));
    if (windowBytes === undefined) debtor.owedBytes = 0;
    if (windowBytes === debtor.windowBytes) return;
    debtor.windowBytes = windowBytes;
    debtor.send?.({ paidBytes: 0, windowBytes });
  };
  const tidy = (): void => {
    for (const [upid, debtor] of debtors)
      if (debtor.send === undefined && debtor.owedBytes <= 0) debtors.delete(upid);
  };
  const pay = async (): Promise<void> => {
    let paidAtMs = clock.elapsedMs();
    while (some(debtors.values(), owes)) {
      await clock.sleep(PAY_INTERVAL_MS, closing.signal);
      const now = clock.elapsedMs();
      payOut(debtors, Math.min(PAY_MS_MAX, now - paidAtMs), needs.limitOf);
      paidAtMs = now;
      tidy();
    }
  };
  const wake = (): void => {
    if (isPaying) return;
    isPaying = true;
    pay().then(
      () => {
        isPaying = false;
      },
      (cause: unknown) => {
        if (!isCancelled(cause)) throw cause;
      },
    );
  };
  return {
    enter: (upid, { datastore, limitBytesPerSecond, send }) => {
      const debtor: Debtor = {
        datastore,
        limit: limitBytesPerSecond,
        owedBytes: 0,
        windowBytes: undefined,
        send,
      };
      debtors.set(upid, debtor);
      adjust(debtor);
    },
    moved: (upid, bytes) => {
      const debtor = debtors.get(upid);
      // Told before it heard that there is no limit any more.
      if (debtor?.windowBytes === undefined) return;
      debtor.owedBytes += bytes;
      wake();
    },
    setTaskLimit: (upid, limitBytesPerSecond) => {
      const debtor = debtors.get(upid);
      if (debtor === undefined) return;
      debtor.limit = limitBytesPerSecond;
      adjust(debtor);
    },
    limitsChanged: () => {
      for (const debtor of debtors.values()) adjust(debtor);
      tidy();
    },
    leave: (upid) => {
      const debtor = debtors.get(upid);
      if (debtor === undefined) return;
      debtor.send = undefined;
      tidy();
    },
    close: () => closing.abort(),
  };
}

function windowOf(debtor: Debtor, datastoreLimit: number | undefined): number | undefined {
  const limit = Math.min(debtor.limit ?? Infinity, datastoreLimit ?? Infinity);
  return limit === Infinity ? undefined : Math.max(WINDOW_BYTES_MIN, (limit * WINDOW_MS) / 1000);
}

function owes(debtor: Debtor): boolean {
  return debtor.owedBytes > 0;
}

/** What the limits let through in this time goes to those who owe. */
function payOut(
  debtors: ReadonlyMap<string | symbol, Debtor>,
  durationMs: number,
  limitOf: Needs["limitOf"],
): void {
  const letThrough = (limit: number | undefined): number => ((limit ?? Infinity) * durationMs) / 1000;
  for (const [datastore, owing] of Map.groupBy([...debtors.values()].filter(owes), (one) => one.datastore)) {
    const wanted = owing.map((one) => Math.min(one.owedBytes, letThrough(one.limit)));
    const shares = shareFairly(letThrough(limitOf(datastore)), wanted);
    owing.forEach((one, at) => {
      const paidBytes = shares[at] ?? 0;
      one.owedBytes = Math.max(0, one.owedBytes - paidBytes);
      one.send?.({ paidBytes, windowBytes: one.windowBytes });
    });
  }
}

function some<T>(values: Iterable<T>, holds: (value: T) => boolean): boolean {
  for (const value of values) if (holds(value)) return true;
  return false;
}
