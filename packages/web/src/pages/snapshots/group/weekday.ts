/** Days of the week and months in the reader's language. */

import { languageTag } from "../../../texts/texts.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

export function weekdayOf(at: number, weekday: "short" | "long"): string {
  return formatOf(weekday, { weekday }).format(at);
}

/** `March 2026` */
export function monthOf(at: number): string {
  return formatOf("month", { year: "numeric", month: "long" }).format(at);
}

/** Lists draw many of them, and a format is dear to make. */
function formatOf(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const format = formats.get(name) ?? new Intl.DateTimeFormat(languageTag(), options);
  formats.set(name, format);
  return format;
}
