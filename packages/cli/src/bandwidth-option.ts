/** `--bwlimit RATE`: how people type a limit on bandwidth, bytes a second. */

import type { Command } from "commander";
import { parseSize } from "@ironcore-backup/base";
import { cliErrors } from "./errors.ts";

export interface BandwidthOptions {
  readonly bwlimit?: string;
}

const RATE_MIN = 65_536;
const RATE_MAX = 1e12;

export function addBandwidthOption(command: Command): Command {
  return command.option(
    "--bwlimit <RATE>",
    "at most so many bytes a second into or out of the datastore: `60MB`, `500KiB`",
  );
}

export function bandwidthOf({ bwlimit }: BandwidthOptions): { bandwidthLimitBytesPerSecond?: number } {
  return bwlimit === undefined ? {} : { bandwidthLimitBytesPerSecond: parseRate(bwlimit) };
}

/** `none` takes the limit away. */
export function changedBandwidthOf({ bwlimit }: BandwidthOptions): {
  bandwidthLimitBytesPerSecond?: number | null;
} {
  return bwlimit === "none"
    ? { bandwidthLimitBytesPerSecond: null }
    : bandwidthOf({ ...(bwlimit === undefined ? {} : { bwlimit }) });
}

/** @throws NAME_INVALID, USAGE_INVALID */
export function parseRate(text: string): number {
  const rate = parseSize(text);
  if (rate >= RATE_MIN && rate <= RATE_MAX) return rate;
  const detail = `"${text}" is no rate from 64KiB to 1TB a second, like 60MB or 500KiB`;
  throw cliErrors.USAGE_INVALID({ detail });
}
