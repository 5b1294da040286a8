/**
 * Hashing a password takes 64 MiB and some hundred milliseconds of a thread that files are read with too. So only few are
 * hashed at once, some wait, and the rest is sent away.
 */

import { serverErrors } from "../errors.ts";

const RUNNING_COUNT_MAX = 2;
const WAITING_COUNT_MAX = 50;
const WAIT_SECONDS = 5;

export interface PasswordGate {
  /** @throws LOGIN_BUSY */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createPasswordGate(): PasswordGate {
  let runningCount = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (runningCount < RUNNING_COUNT_MAX) {
      runningCount += 1;
      return;
    }
    if (waiting.length >= WAITING_COUNT_MAX) throw serverErrors.LOGIN_BUSY({ waitSeconds: WAIT_SECONDS });
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    // The place is handed on, not freed: nobody who comes meanwhile slips in.
    if (next === undefined) runningCount -= 1;
    else next();
  };
  return {
    run: async (work) => {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
