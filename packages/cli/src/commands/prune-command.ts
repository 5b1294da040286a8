/** `prune`: removes what the retention does not keep, or only says what it would remove. */

import { Option } from "commander";
import type { Command } from "commander";
import { formatBackupTime, formatSize } from "@ironcore-backup/base";
import { WEEKDAYS } from "@ironcore-backup/protocol/calls";
import type {
  PruneDecision,
  PrunePlan,
  PruneRequest,
  PruneSimulation,
  PruneSimulationRequest,
  Weekday,
} from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { plural, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addRetentionOptions, effectiveText, retentionOf } from "../retention-options.ts";
import type { RetentionOptions } from "../retention-options.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { reportStarted } from "../watch-task.ts";

interface PruneOptions extends SchedulingOptions, RetentionOptions {
  readonly datastore?: string;
  readonly namespace?: string;
  readonly depth?: string;
  readonly group?: string;
  readonly simulate?: boolean;
  readonly times?: string;
  readonly days?: string;
  readonly weekdays?: string;
  readonly wait?: boolean;
}

const DEPTH_MAX = 7;
const DAY_COUNT_MAX = 7320;

export function pruneCommand(context: CommandContext): Command {
  const command = createCommand(
    "prune",
    "remove the snapshots that the retention does not keep; chunks stay until garbage collection",
    [
      "prune --datastore main --simulate",
      "prune --datastore main --namespace customers --keep-daily 7 --keep-monthly 12 --wait",
      "prune --simulate --times 02:00,14:00 --days 365 --keep-last 3 --keep-weekly 8",
    ],
  )
    .option("--datastore <NAME>", "datastore to prune")
    .option("--namespace <NS>", "only this namespace and those below it")
    .option("--depth <N>", "only so far below the namespace; 0 for itself alone")
    .option("--group <GROUP>", "only this group, [NS/]type/id")
    .option("--simulate", "only say what would stay and go, and why")
    .addOption(new Option("--times <HH:MM,…>", "simulate a schedule: backups at these times of day"))
    .addOption(new Option("--days <N>", "simulate a schedule: on so many days up to now (default: 365)"))
    .addOption(new Option("--weekdays <DAY,…>", `simulate a schedule: on these of ${WEEKDAYS.join(", ")}`));
  addRetentionOptions(command);
  return addSchedulingOptions(command)
    .option("--wait", "follow the task to its end")
    .action((options: Options<PruneOptions>) => run(context, options));
}

async function run(context: CommandContext, options: Options<PruneOptions>): Promise<void> {
  const isInvented = [options.times, options.days, options.weekdays].some((one) => one !== undefined);
  if (isInvented) {
    const body = simulationOf(options);
    await callAndPrint(context, options, "simulatePrune", { body }, (answer) =>
      describeSimulation(context.look, answer),
    );
    return;
  }
  const body = requestOf(options);
  if (options.simulate === true) {
    const question = { ...body, withFreedBytes: true };
    await callAndPrint(context, options, "planPrune", { body: question }, (plan) =>
      describePlan(context.look, plan),
    );
    return;
  }
  const client = await context.connect(options);
  const { upid } = await client.call("startPrune", {
    body: { ...body, ...schedulingOf(options) },
    signal: context.signal,
  });
  await reportStarted(context, client, upid, options);
}

function requestOf(options: PruneOptions): Omit<PruneRequest, "project" | "priority" | "retryPolicy"> {
  const { datastore, namespace, depth, group } = options;
  if (datastore === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "prune needs --datastore, or --simulate with --times" });
  if (group !== undefined && (namespace !== undefined || depth !== undefined))
    throw cliErrors.USAGE_INVALID({ detail: "--group stands alone, without --namespace and --depth" });
  const retention = retentionOf(options);
  return {
    datastore,
    ...(namespace === undefined ? {} : { namespace }),
    ...(depth === undefined ? {} : { depthMax: parseWhole("--depth", depth, DEPTH_MAX) }),
    ...(group === undefined ? {} : { group }),
    ...(retention === undefined ? {} : { retention }),
  };
}

function simulationOf(options: PruneOptions): PruneSimulationRequest {
  const { times, days = "365", weekdays } = options;
  if (options.datastore !== undefined || options.simulate !== true || times === undefined)
    throw cliErrors.USAGE_INVALID({
      detail: "a schedule is simulated with --simulate and --times, and without --datastore",
    });
  const retention = retentionOf(options);
  if (retention === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "give at least one of the --keep options" });
  return {
    retention,
    schedule: {
      times: [...new Set(times.split(",").map(parseTime))],
      dayCount: parseWhole("--days", days, DAY_COUNT_MAX),
      ...(weekdays === undefined ? {} : { weekdays: [...new Set(weekdays.split(",").map(parseWeekday))] }),
    },
  };
}

function parseTime(text: string): string {
  const time = text.trim().padStart(5, "0");
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return time;
  throw cliErrors.USAGE_INVALID({ detail: `--times takes times like 02:00,14:30, not "${text}"` });
}

function parseWeekday(text: string): Weekday {
  const weekday = WEEKDAYS.find((known) => known === text.trim().toLowerCase());
  if (weekday !== undefined) return weekday;
  throw cliErrors.USAGE_INVALID({ detail: `--weekdays takes some of ${WEEKDAYS.join(", ")}, not "${text}"` });
}

function parseWhole(option: string, text: string, max: number): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number from 0 to ${max}` });
}

function describePlan(look: Look, plan: PrunePlan): string[] {
  if (plan.groups.length === 0) return ["No groups here"];
  const groups = plan.groups.flatMap((group) => {
    const retentions = [...new Set(group.snapshots.map(({ retentionIndex }) => retentionIndex))];
    const rules = retentions.map((index) => {
      const retention = plan.retentions[index];
      return retention === undefined ? "" : effectiveText(retention);
    });
    return [`${group.group}  ${rules.join("; ")}`, decisionTable(look, group.snapshots), ""];
  });
  return [...groups, ...freedLines(plan), `${sumText(plan)}. Nothing was removed.`];
}

function freedLines({ removeCount, freedBytes, freeableNowBytes = 0, ...plan }: PrunePlan): string[] {
  if (removeCount === 0) return [];
  if (freedBytes === undefined)
    return [`What that would free is not known: ${plan.freedUnknownBecause ?? "the server did not say why"}`];
  if (freedBytes === 0) return ["That would free nothing: other snapshots use all of its chunks"];
  const chunks = plural(plan.freedChunkCount ?? 0, "chunk");
  const isAll = freeableNowBytes >= freedBytes || plan.allFreeableAt === undefined;
  const when = isAll
    ? "right away"
    : `${formatSize(freeableNowBytes)} right away, all of it from ${showInstant(plan.allFreeableAt ?? 0)} on`;
  return [`Garbage collection would free ${formatSize(freedBytes)} in ${chunks}: ${when}`];
}

function describeSimulation(look: Look, simulation: PruneSimulation): string[] {
  const { snapshots, timeZone } = simulation;
  return [decisionTable(look, snapshots), "", `${sumText(simulation)}, counted in ${timeZone}`];
}

function sumText({
  keepCount,
  removeCount,
}: {
  readonly keepCount: number;
  readonly removeCount: number;
}): string {
  return `${plural(keepCount, "snapshot")} would stay, ${plural(removeCount, "snapshot")} would go`;
}

function decisionTable(look: Look, decisions: readonly PruneDecision[]): string {
  const rows = decisions.map(({ backupTime, action, message }) => [
    `  ${formatBackupTime(backupTime)}`,
    action === "keep" ? look.paint("green", "✔ stays") : look.paint("yellow", "✘ goes"),
    message,
  ]);
  return renderTable(look, ["  Snapshot", "", "Why"], rows);
}
