/** A task as text for a ticket. Absolute times in UTC: whoever reads it sits somewhere else. */

import { formatDuration, formatSize } from "@ironcore-backup/base";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { taskTitle } from "../../../parts/task-title.ts";
import { formatLogLine } from "./log-text.ts";

export function formatTicket(
  task: Task,
  lines: { readonly worst: readonly TaskLogLine[]; readonly last: readonly TaskLogLine[] },
): string {
  const { upid, state, authId, worker, queuedAt, startedAt, endedAt, bytes, exitStatus, error } = task;
  const at = (ms: number | undefined): string => (ms === undefined ? "–" : new Date(ms).toISOString());
  const took =
    startedAt !== undefined && endedAt !== undefined ? ` (${formatDuration(endedAt - startedAt)})` : "";
  return [
    `Task:     ${taskTitle(task)}`,
    `UPID:     ${upid}`,
    `Status:   ${state}${exitStatus === undefined ? "" : `: ${exitStatus}`}`,
    `User:     ${authId}${worker === undefined ? "" : `, worker ${worker}`}`,
    `Queued:   ${at(queuedAt)}`,
    `Started:  ${at(startedAt)}`,
    `Ended:    ${at(endedAt)}${took}`,
    `Bytes:    ${formatSize(bytes)}`,
    ...(error === undefined
      ? []
      : [``, `Error:    ${error.code}: ${error.message}`, `Remedy:   ${error.remedy}`]),
    ...section("Last warnings and errors", lines.worst),
    ...section("Last lines", lines.last),
    ``,
  ].join("\n");
}

function section(title: string, lines: readonly TaskLogLine[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${formatLogLine(line)}`)];
}
