/**
 * How long a process may keep a task without being heard.
 *
 *   claimed ── heard within the interval ──▶ renewed, and again
 *      │
 *      └── silent ──▶ "contact lost" is told ── heard again ──▶ taken back
 *                          └── the lease is over ──▶ the process is killed, and only when it is gone its task fails
 *
 * A claim is renewed in the state store only on the word of its process. So one that stands still loses its lease there
 * too, and a server that takes over later knows when it may. The process is killed before anybody reads `failed`: what is
 * dead wakes up no more and writes nothing. Renewing is also how the server learns that a claim is over for another
 * reason; then the process is killed at once, and whoever ended the claim has ended the task.
 */

import type { Clock } from "@ironcore-backup/base";
import { formatInstant, instantFromMs } from "@ironcore-backup/base";
import type { TaskAssignment, Tasks } from "../tasks/tasks.ts";
import type { Patience } from "./patience.ts";
import type { WorkerProcess } from "./worker-handle.ts";

export interface Claim {
  readonly assignment: TaskAssignment;
  /** Instant of the claim. */
  readonly startedAt: number;
  /** On the clock that only goes forward. */
  readonly claimedAtMs: number;
  renewedAtMs: number;
  untilMs: number;
  renewing: Promise<boolean> | undefined;
  /** The contact is told as lost. */
  isSilent: boolean;
}

interface LeaseNeeds {
  readonly clock: Clock;
  readonly tasks: Pick<Tasks, "renew" | "setConcern">;
  readonly patience: Patience;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

export function createClaim(
  needs: Pick<LeaseNeeds, "clock" | "patience">,
  assignment: TaskAssignment,
  claimedAtMs: number,
): Claim {
  return {
    assignment,
    startedAt: needs.clock.now(),
    claimedAtMs,
    renewedAtMs: claimedAtMs,
    untilMs: claimedAtMs + needs.patience.leaseMs,
    renewing: undefined,
    isSilent: false,
  };
}

/** Looks after one process's claim; to be called about once a second. */
export function tendClaim(needs: LeaseNeeds, worker: WorkerProcess): void {
  const { claim } = worker;
  if (claim === undefined) return;
  const now = needs.clock.elapsedMs();
  tellContact(needs, worker, claim, now - worker.heardAtMs >= needs.patience.contactLostMs);
  const heard = worker.heardAtMs > claim.renewedAtMs;
  if (heard && now - claim.renewedAtMs >= needs.patience.renewIntervalMs)
    void renewClaim(needs, worker, claim);
  // Heard after all: the server itself stood still, and the renewal above decides.
  else if (!heard && now >= claim.untilMs) worker.kill(`${silence(worker, now)} and was killed`);
}

/**
 * Asks the store whether the claim still holds, and prolongs it. A claim that is over ends its process.
 * @returns whether it holds; false as well when the store cannot be asked
 */
export function renewClaim(needs: LeaseNeeds, worker: WorkerProcess, claim: Claim): Promise<boolean> {
  claim.renewing ??= askForRenewal(needs, worker, claim).finally(() => {
    claim.renewing = undefined;
  });
  return claim.renewing;
}

async function askForRenewal(needs: LeaseNeeds, worker: WorkerProcess, claim: Claim): Promise<boolean> {
  const { upid, attempt } = claim.assignment;
  const askedAtMs = needs.clock.elapsedMs();
  try {
    const holds = await needs.tasks.renew(upid, attempt);
    if (holds) {
      claim.renewedAtMs = askedAtMs;
      claim.untilMs = askedAtMs + needs.patience.leaseMs;
    } else if (worker.claim === claim) worker.kill("its claim was over");
    return holds;
  } catch (cause) {
    // Tried again with the next sign of life, for as long as the lease lasts.
    needs.warn("LEASE_NOT_RENEWED", `the claim of a task could not be renewed: ${String(cause)}`, { upid });
    if (needs.clock.elapsedMs() >= claim.untilMs && worker.claim === claim)
      worker.kill("its claim could not be renewed in the state store");
    return false;
  }
}

function tellContact(needs: LeaseNeeds, worker: WorkerProcess, claim: Claim, isSilent: boolean): void {
  if (claim.isSilent === isSilent) return;
  claim.isSilent = isSilent;
  const { upid } = claim.assignment;
  if (!isSilent) return needs.tasks.setConcern(upid, undefined);
  const endsInMs = Math.max(0, claim.untilMs - needs.clock.elapsedMs());
  const endsAt = formatInstant(instantFromMs(needs.clock.now() + endsInMs));
  needs.tasks.setConcern(upid, {
    code: "contact-lost",
    message: `The worker process ${worker.pid} has said nothing for a while. Should it stay silent, the task fails at ${endsAt}.`,
    since: worker.heardAt,
  });
}

/** `it said nothing for 45 s`. */
function silence(worker: WorkerProcess, nowMs: number): string {
  return `it said nothing for ${((nowMs - worker.heardAtMs) / 1000).toFixed(1)} s`;
}
