/**
 * Figures of the Prometheus kind as Influx line protocol: the name is the measurement, the labels are the tags, the value is
 * the one field `value`.
 */

export interface FigureSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Names that Influx keeps for itself. */
const TAKEN_TAGS = new Set(["time", "_field", "_measurement"]);

/**
 * One line each, all of one instant, in milliseconds. What the protocol cannot say is left out: NaN and infinities, and tags
 * without a value.
 */
export function lineProtocolOf(samples: readonly FigureSample[], atMs: number): string {
  return samples
    .filter(({ name, value }) => name !== "" && Number.isFinite(value))
    .map(({ name, labels, value }) => `${measurement(name)}${tags(labels)} value=${value} ${atMs}\n`)
    .join("");
}

function tags(labels: FigureSample["labels"]): string {
  return (
    Object.entries(labels)
      .map(([name, value]) => [TAKEN_TAGS.has(name) ? `label_${name}` : name, value] as const)
      .map(([name, value]) => [escaped(name), escaped(value)] as const)
      .filter(([name, value]) => name !== "" && value !== "")
      // Sorted, as the database stores them.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `,${name}=${value}`)
      .join("")
  );
}

function measurement(name: string): string {
  const plain = withoutBreaks(name).replaceAll(/[, ]/g, String.raw`\$&`);
  // A line that begins with # is a comment.
  return plain.startsWith("#") ? `_${plain.slice(1)}` : plain;
}

function escaped(text: string): string {
  return withoutBreaks(text).replaceAll(/[,= ]/g, String.raw`\$&`);
}

/** A backslash at the end would take the separator behind it for its own, and nothing can be done about that but to drop it. */
function withoutBreaks(text: string): string {
  return text.replaceAll(/[\r\n\u0000]+/g, " ").replace(/\\+$/, "");
}
