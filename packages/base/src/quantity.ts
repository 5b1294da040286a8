/** Sizes, rates and durations as people write and read them. */

import { baseErrors } from "./errors.ts";

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1.50 GiB`, `612 B`. */
export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? String(Math.round(value)) : value.toFixed(value >= 100 ? 1 : 2)} ${BINARY_UNITS[unit]}`;
}

/** `3.2 s`, `4 min 05 s`, `2 h 07 min`, `3 d 04 h`. */
export function formatDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${two(Math.floor((whole % 86_400) / 3600))} h`;
}

const SIZE_FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  K: 1024,
  KB: 1000,
  KiB: 1024,
  M: 1024 ** 2,
  MB: 1000 ** 2,
  MiB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1000 ** 3,
  GiB: 1024 ** 3,
  T: 1024 ** 4,
  TB: 1000 ** 4,
  TiB: 1024 ** 4,
};

/** Reads `60MB` (decimal), `60MiB` or `60M` (binary), also with `/s` behind. In bytes. @throws NAME_INVALID */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*?)(?:\/s)?$/.exec(text.trim());
  const factor = SIZE_FACTORS[match?.[2] ?? "?"];
  if (match?.[1] === undefined || factor === undefined) {
    throw baseErrors.NAME_INVALID({
      kind: "size",
      text: text.slice(0, 80),
      rule: "a number and a unit, like 60MB or 4GiB",
    });
  }
  return Math.round(Number(match[1]) * factor);
}

const DURATION_FACTORS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Reads `90s`, `15m`, `24h`, `30d`, `2w`. In milliseconds. @throws NAME_INVALID */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)$/.exec(text.trim());
  const factor = DURATION_FACTORS_MS[match?.[2] ?? "?"];
  if (match?.[1] === undefined || factor === undefined) {
    throw baseErrors.NAME_INVALID({
      kind: "duration",
      text: text.slice(0, 80),
      rule: "a number and s, m, h, d or w",
    });
  }
  return Number(match[1]) * factor;
}
