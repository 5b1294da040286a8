/**
 * The registry, made from the table of metrics. Counters and histograms live as long as the server; gauges are all set anew
 * at each scrape, so that what is gone has no series any more.
 *
 * One text format: the library's OpenMetrics renames counters for good when it is used once, and every Prometheus reads the
 * older one.
 */

import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { METRIC_ROWS } from "./metric-table.ts";
import type { CounterName, HistogramName, LabelsOf, MetricName } from "./metric-table.ts";
import type { Sample } from "./sample.ts";

export interface Instruments {
  readonly contentType: string;
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, value?: number): void;
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** The counter has no such series any more. */
  forget<Name extends CounterName>(name: Name, labels: LabelsOf<Name>): void;
  /** These are all gauges there are; then the text of everything. */
  render(gauges: readonly Sample[]): Promise<string>;
}

/** @param wants  which rows of the table there are in this house */
export function createInstruments(wants: (name: MetricName) => boolean): Instruments {
  const registry = new Registry(Registry.PROMETHEUS_CONTENT_TYPE);
  const counters = new Map<string, Counter<string>>();
  const gauges = new Map<string, Gauge<string>>();
  const histograms = new Map<string, Histogram<string>>();
  for (const [name, { type, labels, help, buckets = [] }] of METRIC_ROWS) {
    if (!wants(name)) continue;
    const shape = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === "counter") counters.set(name, new Counter(shape));
    else if (type === "gauge") gauges.set(name, new Gauge(shape));
    else histograms.set(name, new Histogram({ ...shape, buckets: [...buckets] }));
  }
  return {
    contentType: registry.contentType,
    count: (name, labels, value = 1) => counters.get(name)?.inc(labels, value),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    forget: (name, labels) => counters.get(name)?.remove(labels),
    render: (samples) => {
      for (const gauge of gauges.values()) gauge.reset();
      for (const { name, labels, value } of samples) gauges.get(name)?.set(labels, value);
      return registry.metrics();
    },
  };
}
