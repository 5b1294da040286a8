/**
 * How often somebody may ask. A bucket for each key holds up to `burstCount` requests and fills again by
 * `perSecond`; a request that finds it empty is refused with the time until the next is taken.
 */

import type { Clock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";

/** Keys remembered at once; the one that asked longest ago is forgotten first, and a full bucket is what it gets. */
const KEY_COUNT_MAX = 20_000;

export interface RateLimitRule {
  /** For people: whose requests of what kind. */
  readonly name: string;
  readonly burstCount: number;
  readonly perSecond: number;
}

export interface RateLimit {
  /** Counts one request. @throws RATE_LIMITED */
  take(key: string): void;
}

export function createRateLimit(needs: { readonly clock: Clock }, rule: RateLimitRule): RateLimit {
  const buckets = new Map<string, { readonly count: number; readonly atMs: number }>();
  return {
    take: (key) => {
      const atMs = needs.clock.elapsedMs();
      const bucket = buckets.get(key) ?? { count: rule.burstCount, atMs };
      const count = Math.min(rule.burstCount, bucket.count + ((atMs - bucket.atMs) * rule.perSecond) / 1000);
      const isTaken = count >= 1;
      // Behind all others: a map keeps the order in which keys came.
      buckets.delete(key);
      buckets.set(key, { count: isTaken ? count - 1 : count, atMs });
      const oldest = buckets.keys().next();
      if (buckets.size > KEY_COUNT_MAX && oldest.done !== true) buckets.delete(oldest.value);
      if (isTaken) return;
      const waitSeconds = Math.max(1, Math.ceil((1 - count) / rule.perSecond));
      throw serverErrors.RATE_LIMITED({ limit: rule.name, waitSeconds });
    },
  };
}

/** One household or cloud customer has a whole /64 of IPv6: its addresses count as one. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const tailCount = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  const zeros = tail === undefined ? 0 : 8 - groups.length - tailCount;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill("0"), "0", "0", "0", "0"]
    .slice(0, 4)
    .join(":");
}
