/**
 * Histories of datastores whose future is known, for back-testing the forecast: each family is a law that goes on after
 * the forecast as it did before it. Gigabytes a day, one measure every six hours.
 */

import type { Random } from "@ironcore-backup/base";
import type { FillMeasure } from "./fill-forecast.ts";

const GB = 1e9;
const DAY_MS = 86_400_000;
const MEASURES_PER_DAY = 4;
const FUTURE_DAYS = 3650;
const START_AT = 1_700_000_000_000;

export interface KnownHistory {
  readonly measures: readonly FillMeasure[];
  /** The first instant at which it is full; undefined: not within ten years. */
  readonly fullAt: number | undefined;
}

/** Used gigabytes at a day, day after day, for ever. */
type Law = (random: Draw) => (day: number) => number;

interface Draw {
  /** From 0 to 1. */
  readonly uniform: () => number;
  /** Mean 0, deviation 1. */
  readonly normal: () => number;
}

export const FILL_FAMILIES: Readonly<Record<string, Law>> = {
  /** Steady, with days that bring more and days that bring less. */
  linear: (draw) => {
    const rate = 1 + 9 * draw.uniform();
    let used = 0;
    return () => (used += Math.max(0, rate * (1 + 0.3 * draw.normal())));
  },
  /** Steady, with an import now and then. */
  step: (draw) => {
    const rate = 1 + 4 * draw.uniform();
    const size = 30 + 60 * draw.uniform();
    const perDay = 1 / (20 + 60 * draw.uniform());
    let used = 0;
    return () => {
      used += Math.max(0, rate * (1 + 0.3 * draw.normal()));
      if (draw.uniform() < perDay) used += size * (0.5 + draw.uniform());
      return used;
    };
  },
  /** Days that differ by far more than the growth, back and forth as well as for good. */
  noisy: (draw) => {
    const rate = 0.5 + 3 * draw.uniform();
    const walk = rate * (1 + 3 * draw.uniform());
    const noise = rate * 5 * draw.uniform();
    let used = 300;
    return () => {
      used = Math.max(0, used + rate + walk * draw.normal());
      return Math.max(0, used + noise * draw.normal());
    };
  },
  /** More is removed than comes. */
  shrinking: (draw) => {
    const rate = -(0.2 + 2 * draw.uniform());
    let used = 900;
    return () => (used = Math.max(0, used + rate * (1 + 0.6 * draw.normal())));
  },
  /** More on working days than at the weekend; prune and collection once a week. */
  seasonal: (draw) => {
    const rate = 2 + 8 * draw.uniform();
    const freed = rate * 2 * draw.uniform();
    const phase = Math.floor(7 * draw.uniform());
    let used = 100;
    return (day) => {
      const weekday = (day + phase) % 7;
      used += rate * (weekday < 5 ? 1.3 : 0.2) * Math.max(0, 1 + 0.4 * draw.normal());
      if (weekday === 6) used -= freed * (0.7 + 0.6 * draw.uniform());
      used = Math.max(0, used);
      return used;
    };
  },
};

/** @param dayCount  how long it was measured before the forecast */
export function knownHistory(random: Random, law: Law, dayCount: number): KnownHistory {
  const draw = drawFrom(random);
  const usedOn = law(draw);
  const days = Array.from({ length: dayCount + 1 }, (_, day) => usedOn(day));
  const now = days.at(-1) ?? 0;
  const grown = Math.max(now - (days[0] ?? 0), now * 0.1, 10);
  // Full after a third of the measured time up to three times as long, should it go on.
  const total = now + grown * (0.3 + 2.7 * draw.uniform());
  const measures: FillMeasure[] = [];
  days.forEach((used, day) => {
    const before = days[day - 1] ?? used;
    for (let part = day === 0 ? MEASURES_PER_DAY : 1; part <= MEASURES_PER_DAY; part++) {
      const value = before + ((used - before) * part) / MEASURES_PER_DAY;
      measures.push(measureOf(day + part / MEASURES_PER_DAY, value, total));
    }
  });
  let fullAt: number | undefined;
  for (let day = dayCount + 1; day < dayCount + FUTURE_DAYS && fullAt === undefined; day++)
    if (usedOn(day) >= total) fullAt = START_AT + (day + 1) * DAY_MS;
  return { measures, fullAt };
}

function measureOf(day: number, used: number, total: number): FillMeasure {
  const usedBytes = Math.round(used * GB);
  const totalBytes = Math.round(total * GB);
  return {
    at: START_AT + day * DAY_MS,
    totalBytes,
    usedBytes,
    freeBytes: Math.max(1, totalBytes - usedBytes),
  };
}

function drawFrom(random: Random): Draw {
  const uniform = (): number => {
    const bytes = random.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
  };
  // Box and Muller.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
