/**
 * Looks at what happened, in its order, some at a time, each batch in one transaction: notices, what is told of them, the
 * messages, and the signals' removal are true together or not at all. A kill in between leaves the signals for the next life.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import type { State } from "../state/database.ts";
import { deleteSignalsUpTo, insertSignal, listSignals } from "../state/signal-records.ts";
import { foldOccurrence } from "./fold.ts";
import type { Occurrence } from "./occurrence.ts";
import type { JobFacts } from "./other-occurrences.ts";
import { OutboxBatch } from "./outbox.ts";
import type { Links } from "./outbox.ts";
import { readSignal } from "./signal-reader.ts";
import { tell } from "./tell.ts";
import type { TellNeeds } from "./tell.ts";

/** In one transaction: the store's other users wait for it, some milliseconds. */
const BATCH_COUNT = 25;
/** What nobody woke this for: a wake that came too early, a store that refused. */
const LOOK_MS = 1000;

export interface SignalLoop {
  /** Why what happened cannot be looked at; undefined while it can. */
  readonly lastFailure: string | undefined;
  /** What this room itself noticed. Durable when it resolves. */
  signal(occurrence: Occurrence): Promise<void>;
  wake(): void;
  /** Resolves when everything that was there at the call has been looked at. */
  drain(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

interface Needs extends TellNeeds, Links {
  readonly clock: Clock;
  readonly state: State;
  readonly openKeys: Set<string>;
  readonly nextChange: () => number;
  readonly jobOf: (job: string) => JobFacts | undefined;
  /** Notices changed; messages wait for these targets. */
  readonly onFolded: (targets: ReadonlySet<string>) => void;
  /** A run of the job has done well. */
  readonly onJobSucceeded: (job: string) => void;
  /** What is in memory may be ahead of the store: it is read anew. */
  readonly onFailed: () => Promise<void>;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

export function createSignalLoop(needs: Needs): SignalLoop {
  const { clock, state } = needs;
  const closing = new AbortController();
  let napping = new AbortController();
  let isWoken = false;
  let lastFailure: string | undefined;
  let running: Promise<void> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  // A batch at a time, whoever asks for it.
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const next = turn.then(step, step);
    turn = next.catch(() => undefined);
    return next;
  };
  const wake = (): void => {
    isWoken = true;
    napping.abort();
  };
  const drain = async (): Promise<void> => {
    while ((await inTurn(() => foldBatch(needs))) === BATCH_COUNT) {
      // The next batch is another turn: others come in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const go = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      isWoken = false;
      try {
        await drain();
        lastFailure = undefined;
      } catch (cause) {
        lastFailure = String(cause);
        needs.warn("NOTIFICATIONS_WAIT", `what happened could not be looked at yet: ${String(cause)}`, {});
        await needs.onFailed().catch(() => undefined);
        isWoken = false;
      }
      if (isWoken) continue;
      napping = new AbortController();
      const signal = AbortSignal.any([closing.signal, napping.signal]);
      await clock.sleep(LOOK_MS, signal).catch((cause: unknown) => {
        if (!isCancelled(cause)) throw cause;
      });
    }
  };
  return {
    get lastFailure() {
      return lastFailure;
    },
    signal: async (occurrence) => {
      await insertSignal(state.database, { kind: "occurrence", ref: JSON.stringify(occurrence) });
      await state.flush();
      wake();
    },
    wake,
    drain,
    start: () => {
      running ??= go();
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** @returns how many signals were looked at */
async function foldBatch(needs: Needs): Promise<number> {
  const touched = new Set<string>();
  const succeeded = new Set<string>();
  let hasChanged = false;
  const count = await needs.state.database.transaction().execute(async (database) => {
    const signals = await listSignals(database, BATCH_COUNT);
    const last = signals.at(-1);
    if (last === undefined) return 0;
    const outbox = new OutboxBatch(database, needs, needs.clock.now());
    for (const signal of signals) {
      const occurrence = await readSignal({ ...needs, database }, signal);
      if (occurrence === undefined) continue;
      if (signal.kind === "run-ended" && occurrence.isOnlyEnd === true && occurrence.job !== undefined)
        succeeded.add(occurrence.job);
      const tellings = await foldOccurrence({ ...needs, database }, occurrence);
      hasChanged ||= tellings.some(({ noticeId }) => noticeId !== 0);
      for (const telling of tellings) await tell(needs, { database, outbox }, telling);
    }
    await outbox.write();
    await deleteSignalsUpTo(database, last.signalId);
    for (const target of outbox.touched) touched.add(target);
    return signals.length;
  });
  for (const job of succeeded) needs.onJobSucceeded(job);
  if (hasChanged || touched.size > 0) needs.onFolded(touched);
  return count;
}
