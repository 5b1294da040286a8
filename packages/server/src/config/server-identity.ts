/** What names this server and this process of it in UPIDs. */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface ServerIdentity {
  /** Host name as a UPID can carry it. */
  readonly node: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot: with the pid it tells this process from any other. */
  readonly pstart: number;
}

export function readServerIdentity(): ServerIdentity {
  return { node: nodeName(hostname()), pid: process.pid, pstart: readStartTicks() };
}

/** The first label, only letters, digits and `-`. */
export function nodeName(hostName: string): string {
  const label = (hostName.split(".")[0] ?? "").replace(/[^A-Za-z0-9-]/g, "-").replace(/^-+/, "");
  return label === "" ? "localhost" : label;
}

function readStartTicks(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // The second field is the program's name in parentheses and may hold anything; the 22nd is the start time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[22 - 3]);
  // A UPID carries nine hex digits, which is enough for 21 years of ticks.
  return Number.isSafeInteger(ticks) ? ticks % 2 ** 36 : 0;
}
