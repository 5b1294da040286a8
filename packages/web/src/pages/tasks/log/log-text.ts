/** A log line's parts as text. */

import type { TaskLogLine } from "@ironcore-backup/protocol/calls";
import { textPattern } from "./log-window.ts";

/** `06:12:04.123` in the reader's zone. */
export function formatTimeOfDay(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** `+0.012 s`, `+1:02:03.450` since the task began. */
export function formatSince(at: number, from: number): string {
  const ms = Math.max(0, at - from);
  const seconds = (ms % 60_000) / 1000;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `+${seconds.toFixed(3)} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = `${two(minutes % 60)}:${seconds.toFixed(3).padStart(6, "0")}`;
  return `+${Math.floor(minutes / 60)}:${rest}`;
}

export interface TextPart {
  readonly text: string;
  readonly isHit: boolean;
}

/** The text cut at every place where the sought text stands in it. */
export function splitHits(text: string, sought: string | undefined): readonly TextPart[] {
  if (sought === undefined || sought === "") return [{ text, isHit: false }];
  const parts: TextPart[] = [];
  let from = 0;
  for (const hit of text.matchAll(textPattern(sought, "gi"))) {
    if (hit.index > from) parts.push({ text: text.slice(from, hit.index), isHit: false });
    parts.push({ text: hit[0], isHit: true });
    from = hit.index + hit[0].length;
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), isHit: false });
  return parts;
}

/** One line as a log file would have it, for tickets and clipboards. */
export function formatLogLine({ number, at, level, stage, code, message, fields }: TaskLogLine): string {
  const named = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const where = stage === undefined ? "" : ` [${stage}]`;
  return `${number} ${new Date(at).toISOString()} ${level}${where} ${code}: ${message}${named.join("")}`;
}
