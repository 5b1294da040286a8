/**
 * Inside the worker process: may this run still make something final?
 *
 * Only the server knows whether the claim holds. A process that stood still for longer than its lease must not publish a
 * snapshot when it wakes up, because its task has failed meanwhile and another may work in its place. So it asks right
 * before, and everything but a prompt "yes" is a "no": a late answer, no answer, no server. What is left is the instant
 * between the answer and the act; a process that is stopped there is killed before its task fails.
 */

import type { Clock } from "@ironcore-backup/base";
import { throwIfCancelled } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { CONFIRM_MS_MAX } from "./worker-message.ts";

export interface ClaimCheck {
  /** Resolves when the claim holds. @throws CLAIM_LOST, CANCELLED */
  confirm(signal: AbortSignal): Promise<void>;
  answer(holds: boolean): void;
  /** There is nobody to ask any more. */
  abandon(): void;
}

interface Needs {
  readonly clock: Clock;
  readonly askForConfirmation: () => void;
}

type Answer = "holds" | "over" | "none" | "cancelled";

const REASONS = {
  over: "the server had given its task up",
  none: "the server did not say that the task is still its own",
} as const;

export function createClaimCheck(needs: Needs): ClaimCheck {
  let settle: ((answer: Answer) => void) | undefined;
  let isAbandoned = false;
  const ask = (signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve) => {
      const done = new AbortController();
      settle = (answer) => {
        done.abort();
        resolve(answer);
      };
      signal.addEventListener("abort", () => settle?.("cancelled"), { once: true, signal: done.signal });
      needs.clock.sleep(CONFIRM_MS_MAX, done.signal).then(
        () => settle?.("none"),
        () => undefined,
      );
      needs.askForConfirmation();
    });
  return {
    confirm: async (signal) => {
      throwIfCancelled(signal);
      if (isAbandoned) throw serverErrors.CLAIM_LOST({ reason: REASONS.none });
      const askedAtMs = needs.clock.elapsedMs();
      const answer = await ask(signal);
      throwIfCancelled(signal);
      // It may have come in time and been read late: this process stood still in between.
      if (answer === "holds" && needs.clock.elapsedMs() - askedAtMs < CONFIRM_MS_MAX) return;
      throw serverErrors.CLAIM_LOST({ reason: answer === "over" ? REASONS.over : REASONS.none });
    },
    answer: (holds) => settle?.(holds ? "holds" : "over"),
    abandon: () => {
      isAbandoned = true;
      settle?.("none");
    },
  };
}
