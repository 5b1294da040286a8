/** Exit codes, derived in one place: 0 done, 1 failed, 2 usage, 3 done with warnings, 130 interrupted. */

import type { CodedError } from "@ironcore-backup/base";
import type { TaskState } from "@ironcore-backup/protocol/calls";

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_WARNINGS = 3;
export const EXIT_INTERRUPTED = 130;
/** What a shell shows for a program whose reader went away (128 and the number of SIGPIPE). */
export const EXIT_PIPE_CLOSED = 141;

/** The person's own words were wrong; nothing was tried. */
const USAGE_CODES = new Set(["USAGE_INVALID", "NAME_INVALID", "OPTION_INVALID", "REQUEST_INVALID"]);

export function exitCodeOfError(error: CodedError): number {
  if (error.code === "CANCELLED") return EXIT_INTERRUPTED;
  return USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED;
}

/** Of several tasks that were waited for. */
export function worstExitCode(exitCodes: readonly number[]): number {
  const ranks = [EXIT_FAILED, EXIT_INTERRUPTED, EXIT_WARNINGS];
  return ranks.find((one) => exitCodes.includes(one)) ?? EXIT_OK;
}

/** Of a task that was waited for. */
export function exitCodeOfTask(state: TaskState): number {
  switch (state) {
    case "ok":
      return EXIT_OK;
    case "warning":
      return EXIT_WARNINGS;
    case "failed":
    case "cancelled":
      return EXIT_FAILED;
    case "queued":
    case "running":
      return EXIT_INTERRUPTED;
  }
}
