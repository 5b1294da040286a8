/** How values look on a terminal: calm, the same everywhere, state as shape, word and colour. */

import { styleText } from "node:util";
import { formatDuration } from "@ironcore-backup/base";
import type { TaskState } from "@ironcore-backup/protocol/calls";

type Style = Parameters<typeof styleText>[0];

/** Paints only where the stream is a terminal that wants it. */
export interface Look {
  paint(style: Style, text: string): string;
}

export function createLook(isColourful: boolean): Look {
  return { paint: (style, text) => (isColourful ? styleText(style, text, { validateStream: false }) : text) };
}

const STATES: Readonly<Record<TaskState, readonly [shape: string, word: string, style: Style]>> = {
  queued: ["○", "queued", "dim"],
  running: ["▶", "running", "cyan"],
  ok: ["✔", "OK", "green"],
  warning: ["▲", "WARNING", "yellow"],
  failed: ["✘", "FAILED", "red"],
  cancelled: ["■", "CANCELLED", "magenta"],
};

export function showState(look: Look, state: TaskState): string {
  const [shape, word, style] = STATES[state];
  return look.paint(style, `${shape} ${word}`);
}

/** Local time with its zone's offset: `2026-11-23 03:00:29 +01:00`. */
export function showInstant(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

/** An estimated time to go, rounded so that it does not flicker. */
export function showEta(seconds: number): string {
  const step = seconds < 60 ? 5 : seconds < 600 ? 15 : 60;
  return formatDuration(Math.max(1, Math.ceil(seconds / step)) * step * 1000);
}

export function showPercent(share: number): string {
  return `${(share * 100).toFixed(share >= 0.0995 || share === 0 ? 0 : 1)} %`;
}
