/** What the process is to its system, under the names that every exporter of Prometheus uses. */

import { readdirSync } from "node:fs";
import { sample, sampleIfKnown } from "./sample.ts";
import type { Sample } from "./sample.ts";

const DESCRIPTORS_PATH = "/proc/self/fd";

export function readProcess(startedAt: number): Sample[] {
  return [
    sample("process_resident_memory_bytes", {}, process.memoryUsage.rss()),
    sample("process_start_time_seconds", {}, startedAt / 1000),
    ...sampleIfKnown("process_open_fds", {}, descriptorCount()),
  ];
}

/** Of its whole life. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function descriptorCount(): number | undefined {
  try {
    // Without the one that lists them.
    return readdirSync(DESCRIPTORS_PATH).length - 1;
  } catch {
    // There is no such directory but on Linux.
    return undefined;
  }
}
