/** How long the server waits for its worker processes, in milliseconds. Tests are less patient. */

import { LEASE_MS } from "../tasks/task-claim.ts";

export interface Patience {
  /** From an operator's wish to stop a task until its process is killed. */
  readonly cancelGraceMs: number;
  /** From the server's wish to stop. */
  readonly stopGraceMs: number;
  /** Without a word from a process that runs a task, until others read that the contact is lost. */
  readonly contactLostMs: number;
  /** How long a claim holds without being renewed. When it is over, the process is killed and its task fails. */
  readonly leaseMs: number;
  /** How often a claim is renewed while its process is heard. */
  readonly renewIntervalMs: number;
}

export const DEFAULT_PATIENCE: Patience = {
  // Operations look at their signal every 50 ms; one that does not is gone within the two seconds that are promised.
  cancelGraceMs: 1500,
  // Longer than an operation needs to notice its signal and take back what it began.
  stopGraceMs: 8000,
  contactLostMs: 10_000,
  // Longer than a slow disk keeps a sync waiting. With the renewal before it, a lost task ends within a minute.
  leaseMs: LEASE_MS,
  renewIntervalMs: 10_000,
};
