/** `verify`, and `snapshot verify`: re-reads what is stored. */

import type { Command } from "commander";
import { parseDuration } from "@ironcore-backup/base";
import type { VerifyRequest } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { addBandwidthOption, bandwidthOf } from "../bandwidth-option.ts";
import type { BandwidthOptions } from "../bandwidth-option.ts";
import { cliErrors } from "../errors.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addSchedulingOptions, schedulingOf } from "../scheduling-options.ts";
import type { SchedulingOptions } from "../scheduling-options.ts";
import { parseSnapshotName } from "../snapshot-name.ts";
import { reportStarted } from "../watch-task.ts";

interface VerifyOptions extends SchedulingOptions, BandwidthOptions {
  readonly datastore?: string;
  readonly namespace?: string;
  readonly depth?: string;
  readonly group?: string;
  readonly verifyWindowDays?: string;
  readonly coverDays?: string;
  readonly maxDuration?: string;
  readonly fromStart?: boolean;
  readonly wait?: boolean;
}

const WINDOW_DAYS_MAX = 3650;
const DEPTH_MAX = 7;

export function verifyCommand(context: CommandContext, { isOne }: { readonly isOne: boolean }): Command {
  const description = isOne
    ? "verify one snapshot"
    : "verify a snapshot, a group, a namespace or a whole datastore";
  const examples = isOne
    ? ["snapshot verify main:host/web-1/latest --wait"]
    : [
        "verify --datastore main --verify-window-days 30 --wait",
        "verify --datastore main --namespace shop --wait",
        "verify --datastore main --cover-days 30 --bwlimit 60MiB --max-duration 2h",
        "verify main:host/web-1/latest --wait",
      ];
  const command = createCommand("verify", description, examples)
    .argument(isOne ? "<SNAPSHOT>" : "[SNAPSHOT]", "[DATASTORE:][NS/]type/id/time, or …/latest")
    .option("--datastore <NAME>", "the whole datastore, or the one that the snapshot is in");
  if (!isOne)
    command
      .option("--namespace <NS>", "this namespace and what is below it")
      .option("--depth <N>", "only so far below the namespace; 0 for itself alone")
      .option("--group <GROUP>", "this group: [NS/]type/id")
      .option("--verify-window-days <N>", "leave out what was found sound in the last N days")
      .option("--cover-days <N>", "read a share, so that such runs read all bytes once within N days")
      .option("--max-duration <TIME>", "with --cover-days: begin nothing more after so long: `2h`");
  return addBandwidthOption(addSchedulingOptions(command))
    .option("--from-start", "read again what a verification that was cut short had read")
    .option("--wait", "follow the task to its end")
    .action(async (name: string | undefined, options: Options<VerifyOptions>) => {
      const client = await context.connect(options);
      const body = {
        ...requestOf(name, options),
        ...schedulingOf(options),
        ...bandwidthOf(options),
      };
      const { upid } = await client.call("startVerify", { body, signal: context.signal });
      await reportStarted(context, client, upid, options);
    });
}

type Scope = Pick<
  VerifyRequest,
  | "datastore"
  | "snapshot"
  | "group"
  | "namespace"
  | "verifyWindowDays"
  | "coverDays"
  | "durationSecondsMax"
  | "isFromStart"
>;

/** How much is read. @throws USAGE_INVALID */
function extentOf({ verifyWindowDays, coverDays, maxDuration, fromStart }: VerifyOptions): Partial<Scope> {
  return {
    ...(verifyWindowDays === undefined
      ? {}
      : { verifyWindowDays: parseWhole("--verify-window-days", verifyWindowDays, [1, WINDOW_DAYS_MAX]) }),
    ...(coverDays === undefined
      ? {}
      : { coverDays: parseWhole("--cover-days", coverDays, [1, WINDOW_DAYS_MAX]) }),
    ...(maxDuration === undefined
      ? {}
      : { durationSecondsMax: Math.round(parseDuration(maxDuration) / 1000) }),
    ...(fromStart === true ? { isFromStart: true } : {}),
  };
}

/** @throws USAGE_INVALID */
function requestOf(name: string | undefined, options: VerifyOptions): Scope {
  const { datastore, namespace, depth, group } = options;
  const window = extentOf(options);
  if (name !== undefined) {
    if (namespace !== undefined || depth !== undefined || group !== undefined)
      throw cliErrors.USAGE_INVALID({
        detail: "a snapshot stands alone: no --namespace, --depth or --group",
      });
    return { ...parseSnapshotName(name, datastore), ...window };
  }
  if (datastore === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "verify needs a snapshot or --datastore" });
  return {
    datastore,
    ...(namespace === undefined ? {} : { namespace }),
    ...(depth === undefined ? {} : { depthMax: parseWhole("--depth", depth, [0, DEPTH_MAX]) }),
    ...(group === undefined ? {} : { group }),
    ...window,
  };
}

/** @throws USAGE_INVALID */
function parseWhole(option: string, text: string, [least, most]: readonly [number, number]): number {
  const count = Number(text);
  if (/^\d{1,4}$/.test(text) && count >= least && count <= most) return count;
  throw cliErrors.USAGE_INVALID({ detail: `${option} is a whole number from ${least} to ${most}` });
}
