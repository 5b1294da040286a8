/**
 * The named limits of the door. Who holds the data directory's own token is not limited: it works on this machine and may
 * do everything anyway. Logins have a limit of their own, by user and address.
 */

import type { RateLimitRule } from "./rate-limit.ts";

/** One caller, whatever token: a page that shows much asks some dozen at once, a script asks all the time. */
export const READS_OF_CALLER: RateLimitRule = { name: "reads of one user", burstCount: 1200, perSecond: 100 };
export const CHANGES_OF_CALLER: RateLimitRule = {
  name: "changes of one user",
  burstCount: 300,
  perSecond: 20,
};
/** What needs no sign-in, from one address: pages, health, descriptions. */
export const OPEN_REQUESTS: RateLimitRule = {
  name: "requests without sign-in from one address",
  burstCount: 1200,
  perSecond: 100,
};
/** Requests whose proof was refused: somebody guesses, or runs with an old token. */
export const REFUSED_PROOFS: RateLimitRule = {
  name: "refused sign-ins from one address",
  burstCount: 1000,
  perSecond: 5,
};
