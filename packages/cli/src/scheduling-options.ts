/** The options of every command that starts a task about its place in the queue. */

import { Option } from "commander";
import type { Command } from "commander";
import { parseDuration } from "@ironcore-backup/base";
import { TASK_PRIORITIES } from "@ironcore-backup/protocol/calls";
import type { BackupRequest, TaskPriority } from "@ironcore-backup/protocol/calls";
import { cliErrors } from "./errors.ts";

const RETRY_COUNT_MAX = 10;
const RETRY_DELAY_SECONDS_MAX = 86_400;

export interface SchedulingOptions {
  readonly project?: string;
  readonly priority?: TaskPriority;
  readonly retries?: string;
  readonly retryDelay?: string;
}

export function addSchedulingOptions(command: Command): Command {
  return command
    .option("--project <NAME>", "project that the task belongs to")
    .addOption(
      new Option("--priority <PRIORITY>", "which waiting task goes first").choices([...TASK_PRIORITIES]),
    )
    .option("--retries <N>", "try again when it fails by something that may pass, at most so often")
    .option("--retry-delay <TIME>", "before the first retry, doubled for each further one (default: 5m)");
}

/** @throws USAGE_INVALID */
export function schedulingOf(
  options: SchedulingOptions,
): Pick<BackupRequest, "project" | "priority" | "retryPolicy"> {
  const { project, priority, retries, retryDelay } = options;
  if (retries === undefined && retryDelay !== undefined)
    throw cliErrors.USAGE_INVALID({ detail: "--retry-delay goes with --retries" });
  return {
    ...(project === undefined ? {} : { project }),
    ...(priority === undefined ? {} : { priority }),
    ...(retries === undefined
      ? {}
      : { retryPolicy: { countMax: parseCount(retries), delaySeconds: parseDelay(retryDelay ?? "5m") } }),
  };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= RETRY_COUNT_MAX) return count;
  throw cliErrors.USAGE_INVALID({ detail: `--retries is a whole number from 0 to ${RETRY_COUNT_MAX}` });
}

function parseDelay(text: string): number {
  const seconds = Math.round(parseDuration(text) / 1000);
  if (seconds <= RETRY_DELAY_SECONDS_MAX) return seconds;
  throw cliErrors.USAGE_INVALID({ detail: "--retry-delay is at most a day" });
}
