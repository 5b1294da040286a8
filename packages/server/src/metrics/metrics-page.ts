/** The table of metrics as people read it: docs/operating/metrics.md has it between two marks, and a test compares them. */

import { LABEL_COUNTS_MAX } from "./label-bound.ts";
import { METRIC_GROUPS } from "./metric-table.ts";
import type { MetricShape } from "./metric-table.ts";

const MARKS = /(<!-- metrics:.*-->\n)[^]*(<!-- \/metrics -->)/;

/** @returns the page with the table as the code has it, not laid out yet */
export function withMetricTable(page: string): string {
  const groups = Object.entries(METRIC_GROUPS).map(([group, rows]) => {
    const lines = Object.entries<MetricShape>(rows).map(
      ([name, { type, labels, unit, help }]) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${unit} | ${help} |`,
    );
    return [
      `### ${group}`,
      "",
      "| metric | type | labels | unit | meaning |",
      "| --- | --- | --- | --- | --- |",
      ...lines,
    ].join("\n");
  });
  const bounds = Object.entries(LABEL_COUNTS_MAX).map(([label, count]) => `\`${label}\` ${count}`);
  const text = `${groups.join("\n\n")}\n\nNames that a label has at most: ${bounds.join(", ")}.`;
  return page.replace(MARKS, `$1\n${text}\n\n$2`);
}
