/** What a drill is asked for, by hand or by a job. */

import type { DrillChoice, DrillPlan } from "@ironcore-backup/protocol/calls";
import { commandWords } from "./command-words.ts";
import { cliErrors } from "./errors.ts";

export interface DrillOptions {
  readonly group?: string;
  readonly choice?: DrillChoice;
  readonly archive?: string;
  readonly check?: string;
  readonly checkTimeout?: number;
  readonly keyfile?: string;
  readonly compareSource?: string;
  readonly failOnDifference?: boolean;
}

/** @throws USAGE_INVALID */
export function drillPlanOf(options: DrillOptions & { readonly group: string }): DrillPlan {
  const { group, choice, archive, check, checkTimeout, keyfile, compareSource, failOnDifference } = options;
  if (compareSource === undefined && failOnDifference !== undefined)
    throw cliErrors.USAGE_INVALID({ detail: "--fail-on-difference goes with --compare-source" });
  if (check === undefined && checkTimeout !== undefined)
    throw cliErrors.USAGE_INVALID({ detail: "--check-timeout goes with --check" });
  if (checkTimeout !== undefined && !(Number.isInteger(checkTimeout) && checkTimeout > 0))
    throw cliErrors.USAGE_INVALID({ detail: "--check-timeout is a whole number of seconds" });
  return {
    group,
    ...(choice === undefined ? {} : { choice }),
    ...(archive === undefined ? {} : { archive }),
    ...(check === undefined
      ? {}
      : {
          check: {
            argv: commandWords(check),
            ...(checkTimeout === undefined ? {} : { timeoutSeconds: checkTimeout }),
          },
        }),
    ...(keyfile === undefined ? {} : { keyFile: keyfile }),
    ...(compareSource === undefined
      ? {}
      : {
          compareSource: {
            workload: compareSource,
            ...(failOnDifference === undefined ? {} : { failsOnDifference: failOnDifference }),
          },
        }),
  };
}
