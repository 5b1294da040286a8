/**
 * Slows down guessing. Each account, and each address, has a few free tries; from then on every failure doubles the wait.
 * Counting by account alone would let anybody lock the administrator out, so an address that signed in before is judged
 * by itself only; counting by address alone would let many machines guess together. Kept in the state store: a restart
 * makes nobody faster. Keys are hashes, because people type passwords where a user name is asked for.
 */

import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  deleteLoginFailures,
  deleteOldLoginRecords,
  findLoginFailures,
  isLoginPlace,
  putLoginFailures,
  putLoginPlace,
  touchLoginFailures,
} from "../state/login-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import { hashSecret } from "./secret.ts";

const FREE_FAILURE_COUNT = 5;
const WAIT_MS_MIN = 1000;
const WAIT_MS_MAX = 5 * 60_000;
/** Failures are forgotten after this long without another, places after this long without a login. */
const FORGET_FAILURES_MS = 60 * 60_000;
const FORGET_PLACES_MS = 90 * 86_400_000;
const KEY_COUNT_MAX = 10_000;

export interface LoginThrottle {
  /**
   * Counts a try as failed before it is looked at: parallel guesses must not all pass the gate together.
   * @returns how many tries were refused unseen since the last one
   * @throws LOGIN_THROTTLED
   */
  begin(account: string, address: string): Promise<{ readonly throttledCount: number }>;
  /** The wait begins when the answer is known: comparing alone takes a while. */
  failed(account: string, address: string): Promise<void>;
  /** Takes back what was counted. */
  succeeded(account: string, address: string): Promise<void>;
}

export function createLoginThrottle(needs: { readonly clock: Clock; readonly state: State }): LoginThrottle {
  const { clock, state } = needs;
  return {
    begin: async (account, address) => {
      const now = clock.now();
      const verdict = await state.database
        .transaction()
        .execute((database) => countTry(database, { account, address, now }));
      if (verdict.waitMs > 0)
        throw serverErrors.LOGIN_THROTTLED({ waitSeconds: Math.ceil(verdict.waitMs / 1000) });
      return verdict;
    },
    failed: async (account, address) => {
      const { database } = state;
      for (const key of await keysOf(database, account, address))
        await touchLoginFailures(database, key, clock.now());
    },
    succeeded: async (account, address) => {
      const now = clock.now();
      const { database } = state;
      await deleteLoginFailures(database, await keysOf(database, account, address));
      await putLoginPlace(database, placeOf(account, address), now);
      const before = { failures: now - FORGET_FAILURES_MS, places: now - FORGET_PLACES_MS };
      await deleteOldLoginRecords(database, before, KEY_COUNT_MAX);
    },
  };
}

/** In one transaction. */
async function countTry(
  database: StateDatabase,
  { account, address, now }: { readonly account: string; readonly address: string; readonly now: number },
): Promise<{ readonly waitMs: number; readonly throttledCount: number }> {
  const keys = await keysOf(database, account, address);
  const known = await Promise.all(
    keys.map(async (key) => {
      const found = await findLoginFailures(database, key);
      const isFresh = found !== undefined && now - found.lastAt <= FORGET_FAILURES_MS;
      return { key, ...(isFresh ? found : { failureCount: 0, throttledCount: 0, lastAt: now }) };
    }),
  );
  const waitMs = Math.max(...known.map((one) => waitOf(one, now)));
  for (const { key, failureCount, throttledCount, lastAt } of known) {
    const counted =
      waitMs > 0
        ? { failureCount, throttledCount: throttledCount + 1, lastAt }
        : { failureCount: failureCount + 1, throttledCount: 0, lastAt: now };
    await putLoginFailures(database, key, counted);
  }
  const before = { failures: now - FORGET_FAILURES_MS, places: now - FORGET_PLACES_MS };
  await deleteOldLoginRecords(database, before, KEY_COUNT_MAX);
  return { waitMs, throttledCount: Math.max(...known.map((one) => one.throttledCount)) };
}

/** Never longer than the longest wait, also when the machine's clock was set back. */
function waitOf(
  { failureCount, lastAt }: { readonly failureCount: number; readonly lastAt: number },
  now: number,
): number {
  if (failureCount < FREE_FAILURE_COUNT) return 0;
  const wait = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(20, failureCount - FREE_FAILURE_COUNT));
  return Math.min(wait, Math.max(0, lastAt + wait - now));
}

async function keysOf(database: StateDatabase, account: string, address: string): Promise<string[]> {
  const place = placeOf(account, address);
  if (await isLoginPlace(database, place)) return [place];
  return [hashSecret(`account ${account}`), hashSecret(`address ${address}`)];
}

function placeOf(account: string, address: string): string {
  return hashSecret(`place ${account} ${address}`);
}
