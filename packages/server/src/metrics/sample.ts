/** One value of one gauge at the moment of a scrape. */

import type { GaugeName, LabelsOf } from "./metric-table.ts";

export interface Sample {
  readonly name: GaugeName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function sample<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): Sample {
  return { name, labels, value };
}

/** None where the value is not known: an absent series says so better than a zero. */
export function sampleIfKnown<Name extends GaugeName>(
  name: Name,
  labels: LabelsOf<Name>,
  value: number | undefined,
): Sample[] {
  return value === undefined || !Number.isFinite(value) ? [] : [sample(name, labels, value)];
}

/** Milliseconds as seconds. */
export function secondsIfKnown(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/** 1 for the word that holds, 0 for the others. */
export function oneHot<Word extends string>(
  words: readonly Word[],
  now: Word | undefined,
  make: (word: Word, value: 0 | 1) => Sample,
): Sample[] {
  return words.map((word) => make(word, word === now ? 1 : 0));
}
