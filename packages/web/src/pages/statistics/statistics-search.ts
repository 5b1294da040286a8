/** What is looked at stands in the address: which datastore, which group, how far back. */

import { parseGroupRef } from "@ironcore-backup/base";
import { textOf, withoutAbsent, wordOf } from "../../parts/search-words.ts";

export const SPANS = { "7d": "Week", "30d": "Month", "90d": "Quarter", "365d": "Year" } as const;
export type Span = keyof typeof SPANS;
export const SPAN_NAMES = Object.keys(SPANS) as readonly Span[]; // Its own keys.
export const SPAN_DEFAULT: Span = "30d";

export interface StatisticsSearch {
  readonly datastore?: string;
  /** `[NS/]type/id`, only together with the datastore. */
  readonly group?: string;
  readonly span?: Span;
}

export function parseStatisticsSearch(raw: Readonly<Record<string, unknown>>): StatisticsSearch {
  const datastore = textOf(raw["datastore"]);
  return withoutAbsent({
    datastore,
    group: datastore === undefined ? undefined : groupOf(textOf(raw["group"], 512)),
    span: wordOf(SPAN_NAMES, raw["span"]),
  });
}

function groupOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    parseGroupRef(text);
    return text;
  } catch {
    return undefined; // Somebody wrote the address by hand.
  }
}
