/** One line of a task's log as text: local time, level, message, and the code of what went wrong. */

import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { printable, showInstant } from "./look.ts";
import type { Look } from "./look.ts";

const LEVELS: Readonly<Record<LogLevel, readonly [mark: string, style: Parameters<Look["paint"]>[0]]>> = {
  debug: ["debug  ", "dim"],
  info: ["info   ", "dim"],
  warning: ["warning", "yellow"],
  error: ["error  ", "red"],
};
const TIME_OF_DAY = [11, 19] as const;

/** @param options.isDated  with day and zone: for a log that is read later */
export function formatLogLine(
  look: Look,
  line: TaskLogLine,
  options: { readonly isDated: boolean } = { isDated: false },
): string {
  const [mark, style] = LEVELS[line.level];
  const time = showInstant(line.at);
  const shown = options.isDated ? time : time.slice(...TIME_OF_DAY);
  const isTrouble = line.level === "warning" || line.level === "error";
  const code = isTrouble ? ` ${look.paint("dim", `[${line.code}]`)}` : "";
  return `${look.paint("dim", shown)} ${look.paint(style, mark)} ${printable(line.message)}${code}`;
}
