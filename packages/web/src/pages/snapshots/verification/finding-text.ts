/** What a verification found, in a sentence. The reports keep single words, which tell little to whoever reads one the first time. */

import { t } from "../../../texts/texts.ts";

/** The words of reports, their blanks as dashes. */
const SENTENCES: ReadonlyMap<string, FindingKey> = new Map([
  ["checksum", "snapshots.finding.checksum"],
  ["digest", "snapshots.finding.digest"],
  ["authentication-tag", "snapshots.finding.tag"],
  ["not-decodable", "snapshots.finding.undecodable"],
  ["wrong-kind", "snapshots.finding.kind"],
  ["size", "snapshots.finding.size"],
]);

type FindingKey = `snapshots.finding.${"checksum" | "digest" | "tag" | "undecodable" | "kind" | "size"}`;

/** A reason that is a sentence already stays as it is. */
export function findingSentence(reason: string): string {
  const key = SENTENCES.get(reason.replaceAll(" ", "-"));
  return key === undefined ? reason : t(key);
}
