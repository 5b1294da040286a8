/**
 * Slows down guessing. Each account, and each address, has a few free tries; from then on every failure doubles the wait.
 * Counting by account alone would let anybody lock the administrator out, so an address that signed in before is judged
 * by itself only; counting by address alone would let many machines guess together.
 */

import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";

const FREE_FAILURE_COUNT = 5;
const WAIT_MS_MIN = 1000;
const WAIT_MS_MAX = 5 * 60_000;
/** Failures are forgotten after this long without another. */
const FORGET_MS = 60 * 60_000;
const KEY_COUNT_MAX = 10_000;

export interface LoginThrottle {
  /** @throws LOGIN_THROTTLED */
  assertMayTry(account: string, address: string): void;
  failed(account: string, address: string): void;
  succeeded(account: string, address: string): void;
}

interface Failures {
  count: number;
  lastMs: number;
}

export function createLoginThrottle(needs: { readonly clock: Clock }): LoginThrottle {
  const failures = new Map<string, Failures>();
  const trusted = new Set<string>();
  const keysOf = (account: string, address: string): string[] => {
    const pair = `${account} ${address}`;
    return trusted.has(pair) ? [`pair ${pair}`] : [`account ${account}`, `address ${address}`];
  };
  const waitMs = (key: string): number => {
    const known = failures.get(key);
    if (known === undefined || known.count < FREE_FAILURE_COUNT) return 0;
    const wait = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(20, known.count - FREE_FAILURE_COUNT));
    return Math.max(0, known.lastMs + wait - needs.clock.elapsedMs());
  };
  return {
    assertMayTry: (account, address) => {
      const wait = Math.max(...keysOf(account, address).map(waitMs));
      if (wait > 0) throw serverErrors.LOGIN_THROTTLED({ waitSeconds: Math.ceil(wait / 1000) });
    },
    failed: (account, address) => {
      const now = needs.clock.elapsedMs();
      for (const key of keysOf(account, address)) {
        const known = failures.get(key);
        const count = known === undefined || now - known.lastMs > FORGET_MS ? 1 : known.count + 1;
        failures.delete(key); // Behind the others: the one that was quiet longest goes first.
        failures.set(key, { count, lastMs: now });
        if (failures.size > KEY_COUNT_MAX) failures.delete(failures.keys().next().value ?? "");
      }
    },
    succeeded: (account, address) => {
      for (const key of keysOf(account, address)) failures.delete(key);
      trusted.add(`${account} ${address}`);
      if (trusted.size > KEY_COUNT_MAX) trusted.delete(trusted.keys().next().value ?? "");
    },
  };
}
