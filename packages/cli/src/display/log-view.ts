/** One line of a task's log as text: local time, level, message. What comes from file names cannot steer the terminal. */

import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { showInstant } from "./look.ts";
import type { Look } from "./look.ts";

const LEVELS: Readonly<Record<LogLevel, readonly [mark: string, style: Parameters<Look["paint"]>[0]]>> = {
  debug: ["debug  ", "dim"],
  info: ["info   ", "dim"],
  warning: ["warning", "yellow"],
  error: ["error  ", "red"],
};

export function formatLogLine(look: Look, line: TaskLogLine): string {
  const [mark, style] = LEVELS[line.level];
  const time = look.paint("dim", showInstant(line.at).slice(11, 19));
  const code =
    line.level === "warning" || line.level === "error" ? ` ${look.paint("dim", `[${line.code}]`)}` : "";
  return `${time} ${look.paint(style, mark)} ${printable(line.message)}${code}`;
}

/** Control characters as escapes. */
export function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
