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

/** Local time of the day, for what is near: `03:00:29`. */
export function showTime(at: number): string {
  return showInstant(at).slice(11, 19);
}

/** An estimated time to go, rounded so that it does not flicker. */
export function showEta(seconds: number): string {
  const step = seconds < 60 ? 5 : seconds < 600 ? 15 : 60;
  return formatDuration(Math.max(1, Math.ceil(seconds / step)) * step * 1000);
}

/** Never rounded up: what is not all of it does not read 100 %. */
export function showPercent(share: number): string {
  const percent = share * 100;
  const isFine = (percent > 0 && percent < 10) || (percent > 99 && percent < 100);
  return isFine ? `${(Math.floor(percent * 10) / 10).toFixed(1)} %` : `${Math.floor(percent)} %`;
}

/** `4,317`, of a whole number. By hand: the first use of the locale's own way takes 20 ms. */
export function showCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 directory`, `2 directories`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${showCount(count)} ${count === 1 ? one : many}`;
}

/** What comes from outside, a file's name above all, must not steer the terminal: control characters become escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** The same of a text of several lines. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => printable(line));
}

// Colours are control sequences, and have no width.
const COLOURS = /\u001b\[[0-9;]*m/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const WITHOUT_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/u;

function widthOf(character: string): number {
  if (WITHOUT_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that the text takes on a terminal. */
export function displayWidth(text: string): number {
  const plain = text.replace(COLOURS, "");
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += widthOf(character);
  return width;
}

/** At most `width` columns, so that a line never wraps. Colours survive only where nothing is cut. */
export function fitWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let fitting = "";
  let used = 1;
  for (const character of text.replace(COLOURS, "")) {
    used += widthOf(character);
    if (used > width) break;
    fitting += character;
  }
  return `${fitting}…`;
}
