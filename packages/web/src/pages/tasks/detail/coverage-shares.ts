/** The rows of the coverage map, and its verdict in words. */

import { formatSize } from "@ironcore-backup/base";
import type { VerifyCoverage } from "@ironcore-backup/protocol/calls";
import { countOf } from "../../../parts/stage-text.ts";

export interface CoverageShare {
  readonly words: string;
  readonly bytes: number;
  /** 0 to 100. */
  readonly percent: number;
  readonly tone: "covered" | "late" | "never";
}

export function coverageShares(coverage: VerifyCoverage): CoverageShare[] {
  const { totalBytes, coverDays, ages, olderBytes, neverBytes } = coverage;
  const share = (words: string, bytes: number, tone: CoverageShare["tone"]): CoverageShare[] =>
    bytes === 0 ? [] : [{ words, bytes, percent: (bytes / totalBytes) * 100, tone }];
  return [
    ...ages.flatMap(({ days, bytes }) =>
      share(`Up to ${countOf(days, "day")} ago`, bytes, days <= coverDays ? "covered" : "late"),
    ),
    ...share("Longer ago", olderBytes, "late"),
    ...share("Never", neverBytes, "never"),
  ];
}

export function coverageVerdict({
  totalBytes,
  coveredBytes,
  coverDays,
  leftBytes,
  forecastDays,
}: VerifyCoverage): string {
  const days = countOf(coverDays, "day");
  const checked =
    coveredBytes === totalBytes
      ? `Everything was checked within ${days}.`
      : `${formatSize(coveredBytes)} of ${formatSize(totalBytes)} were checked within ${days}.`;
  const left = leftBytes > 0 ? ` ${formatSize(leftBytes)} were due and not read in time.` : "";
  if (forecastDays === undefined) return `${checked}${left}`;
  const pace = ` At the pace of this run all bytes take ${countOf(Math.max(1, Math.ceil(forecastDays)), "day")}`;
  return `${checked}${left}${pace}${forecastDays > coverDays ? `: ${days} cannot be held.` : "."}`;
}
