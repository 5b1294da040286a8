/** What stands in docs/operating about metrics is what the code has. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { METRIC_ROWS } from "./metric-table.ts";
import { withMetricTable } from "./metrics-page.ts";

const read = (name: string): string =>
  readFileSync(new URL(`../../../../docs/operating/${name}`, import.meta.url), "utf8");

/** Without the layout of tables. */
const plain = (page: string): string => page.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(read("grafana-dashboard.json")) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
};

/** Every name that Prometheus gets of the metric. */
const SERIES = new Map(
  METRIC_ROWS.flatMap(([name, { type, labels }]) =>
    type === "histogram"
      ? ["_bucket", "_sum", "_count"].map((end): [string, readonly string[]] => [
          `${name}${end}`,
          [...labels, "le"],
        ])
      : [[name, labels] as [string, readonly string[]]],
  ),
);
const namesIn = (expression: string): string[] => expression.match(/\b(?:ironcore|process)_[a-z_]+/g) ?? [];
/** Those in selectors and behind `by` and `on`, with what Prometheus itself adds. */
const labelsIn = (expression: string): string[] => [
  ...Array.from(expression.matchAll(/([a-z_]+)\s*(?:=~|!=|=)\s*"/g), ([, label = ""]) => label),
  ...Array.from(expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g), ([, list = ""]) =>
    list.split(/\s*,\s*/),
  ).flat(),
];
const OF_PROMETHEUS = ["instance", "job"];

/** Rule by rule; a block's lines are further in than its key. */
const rules = read("prometheus-rules.yml")
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({
    alert: text.split("\n", 1)[0] ?? "",
    expression: /^ {8}expr: ([^]*?)^ {8}\w+:/m.exec(text)?.[1] ?? "",
    text,
  }));

test("the page shows every metric as the code has it", () => {
  const page = read("metrics.md");
  expect(plain(page)).toBe(plain(withMetricTable(page)));
  expect(page).toContain("| `ironcore_job_overdue` ");
});

test("alerts and panels ask for metrics and labels that there are", () => {
  const expressions = [
    ...rules.map(({ alert, expression }) => [alert, expression] as const),
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [title, expr] as const),
    ),
  ];
  expect(expressions.length).toBeGreaterThan(55);
  for (const [where, expression] of expressions) {
    const names = namesIn(expression);
    expect([where, names.filter((name) => !SERIES.has(name))]).toEqual([where, []]);
    expect([where, names.length > 0 || expression.startsWith("up{")]).toEqual([where, true]);
    const labels = new Set([...OF_PROMETHEUS, ...names.flatMap((name) => SERIES.get(name) ?? [])]);
    expect([where, labelsIn(expression).filter((label) => !labels.has(label))]).toEqual([where, []]);
  }
});

test("every alert says what is wrong, what it means, and what to do", () => {
  expect(rules.length).toBeGreaterThan(15);
  for (const { alert, text } of rules)
    for (const key of ["severity: ", "summary: ", "description: ", "runbook: "])
      expect([alert, text.includes(key)]).toEqual([alert, true]);
});

test("every alert has a test of when it fires", () => {
  const tests = read("prometheus-rules.test.yml");
  expect(rules.map(({ alert }) => alert).filter((alert) => !tests.includes(alert))).toEqual([]);
});

test("the dashboard can be imported: its own data source, panels that do not overlap, each with an id", () => {
  const { panels, templating } = dashboard;
  expect(templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
  for (const { type, datasource } of panels)
    if (type !== "row") expect(datasource?.uid).toBe("${datasource}");
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect([title, taken.has(`${x} ${y}`)]).toEqual([title, false]);
        taken.add(`${x} ${y}`);
      }
  }
});

test("names and units are as Prometheus wants them", () => {
  for (const [name, { type, labels, help }] of METRIC_ROWS) {
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect(name).toMatch(/^(?:ironcore|process)_[a-z_]+$/);
    expect([name, /_(?:ms|milliseconds|minutes|hours|days|percent|kib|mib)(?:_|$)/.test(name)]).toEqual([
      name,
      false,
    ]);
    expect([name, help.endsWith(".")]).toEqual([name, true]);
    // Prometheus gives these to every series; ours would be renamed.
    expect([name, labels.filter((label) => OF_PROMETHEUS.includes(label))]).toEqual([name, []]);
  }
});
