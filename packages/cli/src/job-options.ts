/** The options that make or change a job, and the request they mean. */

import { Option } from "commander";
import type { Command } from "commander";
import { parseDuration } from "@ironcore-backup/base";
import { DRILL_CHOICES, MISSED_RUN_POLICIES, TASK_PRIORITIES } from "@ironcore-backup/protocol/calls";
import type { JobCreate, JobSources, MissedRunPolicy } from "@ironcore-backup/protocol/calls";
import { addBandwidthOption, changedBandwidthOf } from "./bandwidth-option.ts";
import type { BandwidthOptions } from "./bandwidth-option.ts";
import { drillPlanOf } from "./drill-options.ts";
import type { DrillOptions } from "./drill-options.ts";
import { cliErrors } from "./errors.ts";
import { collect } from "./global-options.ts";
import { addRetentionOptions, retentionOf } from "./retention-options.ts";
import type { RetentionOptions } from "./retention-options.ts";
import { schedulingOf } from "./scheduling-options.ts";
import type { SchedulingOptions } from "./scheduling-options.ts";

export interface JobOptions extends SchedulingOptions, BandwidthOptions, RetentionOptions, DrillOptions {
  readonly namespace?: string;
  readonly schedule?: string;
  readonly onMissed?: MissedRunPolicy;
  readonly randomDelay?: string;
  readonly allowed?: string;
  readonly workload?: readonly string[];
  readonly includeName?: readonly string[];
  readonly includeTag?: readonly string[];
  readonly includeProject?: readonly string[];
  readonly excludeName?: readonly string[];
  readonly excludeTag?: readonly string[];
  readonly mode?: "incremental" | "full";
  readonly verifyWindowDays?: string;
  readonly coverDays?: string;
  readonly maxDuration?: string;
  readonly cutoff?: string;
  readonly comment?: string;
  readonly notificationGroup?: string;
}

/** What may be changed later, too. */
export function addJobOptions(command: Command): Command {
  command
    .option(
      "--schedule <WHEN>",
      "when: `02:00`, `Sun 03:00`, `Mon..Fri *:0/15`, cron's five fields; none: by hand",
    )
    .addOption(
      new Option("--on-missed <POLICY>", "instants while no server ran").choices([...MISSED_RUN_POLICIES]),
    )
    .option("--random-delay <TIME>", "start each run up to so much later: `10m`")
    .option(
      "--allowed <TIME>",
      "a run that has not succeeded so long after its instant is late (default: 1d)",
    )
    .option("--namespace <NS>", "namespace in the datastore")
    .option("--workload <NAME>", "back up this workload; may be repeated", collect)
    .option(
      "--include-name <PATTERN>",
      "back up workloads of such names, `*` for any letters; may be repeated",
      collect,
    )
    .option("--include-tag <TAG>", "back up workloads with this tag; may be repeated", collect)
    .option("--include-project <NAME>", "back up the workloads of this project; may be repeated", collect)
    .option("--exclude-name <PATTERN>", "but none of such names; may be repeated", collect)
    .option("--exclude-tag <TAG>", "but none with this tag; may be repeated", collect)
    .addOption(
      new Option("--mode <MODE>", "read what changed, or everything").choices(["incremental", "full"]),
    )
    .option(
      "--verify-window-days <N>",
      "verify: leave out what was found sound in the last N days (default: 30)",
    )
    .option(
      "--cover-days <N>",
      "verify: all bytes once within N days, the least recently checked first, a share each run",
    )
    .option("--max-duration <TIME>", "verify with --cover-days: begin nothing more after so long: `2h`")
    .option("--group <GROUP>", "drill: [NS/]type/id to restore")
    .addOption(
      new Option("--choice <WHICH>", "drill: which snapshot (default: newest)").choices([...DRILL_CHOICES]),
    )
    .option("--archive <NAME>", "drill: only this archive")
    .option("--check <COMMAND>", "drill: run this in the restored tree; no shell")
    .option("--check-timeout <SECONDS>", "drill: for the check (default: 300)", Number)
    .option("--keyfile <FILE>", "drill: key file of an encrypted backup, by its full path")
    .option("--compare-source <WORKLOAD>", "drill: compare what came back with this live workload")
    .option("--fail-on-difference", "drill: a difference from the live source fails it")
    .option("--cutoff <MINUTES>", "gc: a chunk stays so long after its last use")
    .option("--comment <TEXT>", "note for people")
    .option("--notification-group <NAME>", "who hears of its runs (default: the datastore's group)")
    .addOption(
      new Option("--priority <PRIORITY>", "which waiting task goes first").choices([...TASK_PRIORITIES]),
    )
    .option("--retries <N>", "try a task again when it fails by something that may pass, at most so often")
    .option("--retry-delay <TIME>", "before the first retry, doubled for each further one (default: 5m)");
  return addRetentionOptions(addBandwidthOption(command));
}

type Wish = Omit<JobCreate, "name" | "project" | "type" | "datastore" | "bandwidthLimitBytesPerSecond"> & {
  readonly bandwidthLimitBytesPerSecond?: number | null;
};

/** Only what was said. @throws USAGE_INVALID */
export function wishOf(options: JobOptions): Wish {
  const {
    namespace,
    schedule,
    timeZone,
    onMissed,
    randomDelay,
    allowed,
    mode,
    cutoff,
    comment,
    verifyWindowDays,
  } = options;
  const sources = sourcesOf(options);
  // The zone is the schedule's, and the one in which the retention's days begin.
  const { timeZone: _zone, ...windows } = options;
  const counts = retentionOf(windows);
  const retention =
    counts === undefined ? undefined : { ...counts, ...(timeZone === undefined ? {} : { timeZone }) };
  const { priority, retryPolicy } = schedulingOf(options);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(onMissed === undefined ? {} : { missedRuns: onMissed }),
    ...(randomDelay === undefined ? {} : { randomDelaySeconds: secondsOf(randomDelay) }),
    ...(allowed === undefined ? {} : { allowedSeconds: secondsOf(allowed) }),
    ...(sources === undefined ? {} : { sources }),
    ...(options.group === undefined ? {} : { drill: drillPlanOf({ ...options, group: options.group }) }),
    ...(mode === undefined ? {} : { mode }),
    ...(retention === undefined ? {} : { retention }),
    ...(verifyWindowDays === undefined
      ? {}
      : { verifyWindowDays: daysOf("--verify-window-days", verifyWindowDays) }),
    ...(options.coverDays === undefined ? {} : { coverDays: daysOf("--cover-days", options.coverDays) }),
    ...(options.maxDuration === undefined ? {} : { durationSecondsMax: secondsOf(options.maxDuration) }),
    ...(cutoff === undefined ? {} : { cutoffMinutes: minutesOf(cutoff) }),
    ...(comment === undefined ? {} : { comment }),
    ...(options.notificationGroup === undefined ? {} : { notificationGroup: options.notificationGroup }),
    ...(priority === undefined ? {} : { priority }),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    ...changedBandwidthOf(options),
  };
}

function sourcesOf(options: JobOptions): JobSources | undefined {
  const { workload, includeName, includeTag, includeProject, excludeName, excludeTag } = options;
  const include = filterOf({ names: includeName, tags: includeTag, projects: includeProject });
  const exclude = filterOf({ names: excludeName, tags: excludeTag, projects: undefined });
  if (workload === undefined && include === undefined && exclude === undefined) return undefined;
  return {
    ...(workload === undefined ? {} : { workloads: [...workload] }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  };
}

function filterOf(lists: {
  readonly names: readonly string[] | undefined;
  readonly tags: readonly string[] | undefined;
  readonly projects: readonly string[] | undefined;
}): JobSources["include"] {
  const given = Object.entries(lists).flatMap(([key, list]) =>
    list === undefined ? [] : [[key, [...list]]],
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function secondsOf(text: string): number {
  return Math.round(parseDuration(text) / 1000);
}

function daysOf(option: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number of days` });
}

function minutesOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw cliErrors.USAGE_INVALID({ detail: "--cutoff is a whole number of minutes" });
}
