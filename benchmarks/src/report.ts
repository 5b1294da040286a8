/** Medians, ratios against the peers, and what the product promises (its first floor); pure, so that it can be tested. */

import type { CorpusName } from "./corpus.ts";
import type { Cost } from "./measure.ts";

export const STEPS = ["first", "unchanged", "changed", "restore", "verify", "prune"] as const;
export type StepName = (typeof STEPS)[number];

/** One measured run. */
export interface Sample extends Cost {
  readonly corpus: CorpusName;
  readonly step: StepName;
  readonly tool: string;
  readonly round: number;
  /** Of the repository after the step, on disk. */
  readonly storedBytes: number;
  /** More than before the step. */
  readonly addedBytes: number;
}

export interface Row {
  readonly corpus: CorpusName;
  readonly step: StepName;
  readonly medians: ReadonlyMap<string, Sample>;
}

export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly floor: number;
  readonly holds: boolean;
}

/** Speed against restic (its wall time / ours) that must be reached at least. */
const SPEED_FLOORS: Readonly<Record<StepName, Readonly<Record<CorpusName, number>>>> = {
  first: { a: 2, b: 1.7, c: 1.7 },
  unchanged: { a: 2.5, b: 2.5, c: 2.5 },
  changed: { a: 2, b: 2, c: 2 },
  restore: { a: 1.3, b: 1.3, c: 1.3 },
  verify: { a: 1.3, b: 1.3, c: 1.3 },
  prune: { a: 2, b: 2, c: 2 },
};
const MEMORY_FLOOR_BYTES = 400 << 20;
const STORED_RATIO_MAX = 1.05;
const ADDED_RATIO_MAX = 1.5;

export function medianRows(samples: readonly Sample[]): Row[] {
  const corpora = [...new Set(samples.map((sample) => sample.corpus))];
  return corpora.flatMap((corpus) =>
    STEPS.flatMap((step) => {
      const own = samples.filter((sample) => sample.corpus === corpus && sample.step === step);
      const tools = [...new Set(own.map((sample) => sample.tool))];
      const medians = new Map(
        tools.map((tool) => [tool, medianSample(own.filter((sample) => sample.tool === tool))]),
      );
      return own.length === 0 ? [] : [{ corpus, step, medians }];
    }),
  );
}

/** Each figure's own median; the lower middle one of an even count. */
function medianSample(samples: readonly Sample[]): Sample {
  const [first] = samples;
  if (first === undefined) throw new Error("no samples");
  const of = (figure: (sample: Sample) => number): number => {
    const sorted = samples.map(figure).sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  };
  return {
    ...first,
    wallMs: of((sample) => sample.wallMs),
    cpuMs: of((sample) => sample.cpuMs),
    peakMemoryBytes: of((sample) => sample.peakMemoryBytes),
    largestProcessBytes: of((sample) => sample.largestProcessBytes),
    diskReadBytes: of((sample) => sample.diskReadBytes),
    storedBytes: of((sample) => sample.storedBytes),
    addedBytes: of((sample) => sample.addedBytes),
  };
}

/** What the row says about the first floor; empty without ours or without restic. */
export function judge(row: Row, ours: string): Verdict[] {
  const own = row.medians.get(ours);
  const restic = row.medians.get("restic");
  if (own === undefined) return [];
  const verdicts = [
    atMost("largest process MiB", own.largestProcessBytes / 2 ** 20, MEMORY_FLOOR_BYTES / 2 ** 20),
  ];
  if (restic === undefined) return verdicts;
  verdicts.push(atLeast("speed", restic.wallMs / own.wallMs, SPEED_FLOORS[row.step][row.corpus]));
  if (row.step === "first") {
    verdicts.push(atMost("stored", own.storedBytes / restic.storedBytes, STORED_RATIO_MAX));
  }
  if (row.step === "changed" && row.corpus === "a") {
    verdicts.push(atMost("added", own.addedBytes / Math.max(1, restic.addedBytes), ADDED_RATIO_MAX));
  }
  return verdicts;
}

function atLeast(what: string, value: number, floor: number): Verdict {
  return { what, value, floor, holds: value >= floor };
}

function atMost(what: string, value: number, floor: number): Verdict {
  return { what, value, floor, holds: value <= floor };
}

/** The whole table as text, a row per corpus and step. */
export function formatReport(rows: readonly Row[], tools: readonly string[], ours: string): string {
  const peers = tools.filter((tool) => !tool.startsWith("ours"));
  const hasOurs = tools.includes(ours);
  const header = [
    "step",
    ...tools.map((tool) => `${tool}: wall s · cpu s · MiB largest/all · +MB`),
    ...(hasOurs ? [...peers.map((peer) => `${peer}/${ours}`), "first floor"] : []),
  ];
  const lines = rows.map((row) => [
    `${row.corpus} ${row.step}`,
    ...tools.map((tool) => formatCost(row.medians.get(tool))),
    ...(hasOurs
      ? [...peers.map((peer) => formatRatio(row, peer, ours)), formatVerdicts(judge(row, ours))]
      : []),
  ]);
  return alignColumns([header, ...lines]);
}

function formatCost(sample: Sample | undefined): string {
  if (sample === undefined) return "–";
  return [
    (sample.wallMs / 1000).toFixed(2),
    (sample.cpuMs / 1000).toFixed(2),
    `${(sample.largestProcessBytes / 2 ** 20).toFixed(0)}/${(sample.peakMemoryBytes / 2 ** 20).toFixed(0)}`,
    (sample.addedBytes / 1e6).toFixed(1),
  ].join(" · ");
}

function formatRatio(row: Row, peer: string, ours: string): string {
  const theirs = row.medians.get(peer);
  const own = row.medians.get(ours);
  return theirs === undefined || own === undefined ? "–" : `${(theirs.wallMs / own.wallMs).toFixed(2)}×`;
}

function formatVerdicts(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter((verdict) => !verdict.holds);
  if (verdicts.length === 0) return "–";
  if (missed.length === 0) return "holds";
  return missed
    .map((verdict) => `MISSED ${verdict.what} ${verdict.value.toFixed(2)} (${verdict.floor})`)
    .join(", ");
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}
