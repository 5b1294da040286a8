/** How long who is signed in stays so. */

export const SESSION_LIFE_MS = 12 * 3_600_000;
/** So long without a request ends the session. A program's token lies with its owner; a browser stands open on a desk. */
export const SESSION_IDLE_MS = { session: 12 * 3_600_000, cookie: 2 * 3_600_000 } as const;
/** Of one user; a further login ends the oldest. */
export const SESSION_COUNT_MAX = 100;
