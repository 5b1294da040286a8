/**
 * Inside the worker process: holds a run back when it moves more bytes than the server lets it.
 *
 * The run goes first and pays later: it says what it has moved, the server pays for it piece by piece out of the limits
 * that hold (bandwidth.ts), and the run waits only while it owes more than the window. So it can go on working while it
 * is being paid for, and an event loop that turns late costs nothing. Without a limit nothing is counted or sent.
 */

import { throwIfCancelled } from "@ironcore-backup/base";

/** What the server says: so much is paid, and so much may be owed. Without a window there is no limit (any more). */
export interface PaceGrant {
  readonly paidBytes: number;
  readonly windowBytes: number | undefined;
}

export interface Pacer {
  /** @returns undefined: go on. @throws CANCELLED, also while it waits */
  pace(bytes: number, signal: AbortSignal): Promise<void> | undefined;
  granted(grant: PaceGrant): void;
  /** There is nobody left who could pay. */
  abandon(): void;
}

/** A debt is told in pieces of this share of the window: rarely, and early enough to be paid before it is full. */
const TELL_SHARE = 1 / 4;

export function createPacer(needs: { readonly ask: (bytes: number) => void }): Pacer {
  let windowBytes: number | undefined;
  let owedBytes = 0;
  let untoldBytes = 0;
  let released = Promise.withResolvers<void>();
  const isFree = (): boolean => windowBytes === undefined || owedBytes <= windowBytes;
  const tell = (): void => {
    if (untoldBytes > 0) needs.ask(untoldBytes);
    untoldBytes = 0;
  };
  const setWindow = (next: number | undefined): void => {
    windowBytes = next;
    if (next === undefined) owedBytes = untoldBytes = 0;
    if (!isFree()) return;
    released.resolve();
    released = Promise.withResolvers();
  };
  const wait = async (signal: AbortSignal): Promise<void> => {
    while (!isFree()) {
      throwIfCancelled(signal);
      const cancelled = Promise.withResolvers<void>();
      const onAbort = (): void => cancelled.resolve();
      signal.addEventListener("abort", onAbort, { once: true });
      await Promise.race([released.promise, cancelled.promise]);
      signal.removeEventListener("abort", onAbort);
    }
  };
  return {
    pace: (bytes, signal) => {
      if (windowBytes === undefined) return undefined;
      owedBytes += bytes;
      untoldBytes += bytes;
      if (!isFree() || untoldBytes >= windowBytes * TELL_SHARE) tell();
      return isFree() ? undefined : wait(signal);
    },
    granted: (grant) => {
      owedBytes = Math.max(0, owedBytes - grant.paidBytes);
      setWindow(grant.windowBytes);
    },
    abandon: () => setWindow(undefined),
  };
}
