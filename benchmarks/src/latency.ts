/** How long answers took: counts, percentiles, and one line a kind. */

export interface Latencies {
  add(name: string, durationMs: number): void;
  /** Of all kinds together. */
  readonly all: readonly number[];
  /** Kind by kind, most asked first, the sum last. */
  table(): string;
}

export function createLatencies(): Latencies {
  const byName = new Map<string, number[]>();
  const all: number[] = [];
  return {
    all,
    add: (name, durationMs) => {
      const list = byName.get(name) ?? [];
      list.push(durationMs);
      byName.set(name, list);
      all.push(durationMs);
    },
    table: () => {
      const width = Math.max(...[...byName.keys()].map((name) => name.length), "all".length);
      const head = `${"".padEnd(width)} ${["count", "p50", "p95", "p99", "max"].map((text) => text.padStart(8)).join("")}`;
      const rows = [...byName].toSorted(([, a], [, b]) => b.length - a.length);
      return [
        head,
        ...[...rows, ["all", all] as const].map(([name, list]) => formatRow(name, list, width)),
      ].join("\n");
    },
  };
}

/** The value that `share` (0 to 1) of all are at or below. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function formatRow(name: string, values: readonly number[], width: number): string {
  const figures = [0.5, 0.95, 0.99, 1].map((share) => percentile(values, share).toFixed(1).padStart(8));
  return `${name.padEnd(width)} ${String(values.length).padStart(8)}${figures.join("")}`;
}
