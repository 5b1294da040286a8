/**
 * The named limits of the door. Who holds the data directory's own token is not limited: it works on this machine and may
 * do everything anyway. Logins have a limit of their own, by user and address.
 */

import type { RateLimitRule } from "./rate-limit.ts";

export interface RateRules {
  /** One user, whatever token: a page that shows much asks some dozen at once, a script asks all the time. */
  readonly reads: RateLimitRule;
  readonly changes: RateLimitRule;
  /** What needs no sign-in, from one address: pages, health, descriptions. */
  readonly open: RateLimitRule;
  /** Requests whose proof was refused: somebody guesses, or runs with an old token. */
  readonly refusedProofs: RateLimitRule;
}

export const DEFAULT_RATE_RULES: RateRules = {
  reads: { name: "reads of one user", burstCount: 1200, perSecond: 100 },
  changes: { name: "changes of one user", burstCount: 300, perSecond: 20 },
  open: { name: "requests without sign-in from one address", burstCount: 1200, perSecond: 100 },
  refusedProofs: { name: "refused sign-ins from one address", burstCount: 1000, perSecond: 5 },
};
