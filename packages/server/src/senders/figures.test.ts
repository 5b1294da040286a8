import { expect, test } from "vitest";
import { figuresOf, samplesOf } from "./figures.ts";

const TEXT = [
  "# HELP ironcore_x what it is",
  "# TYPE ironcore_x gauge",
  'ironcore_x{datastore="a \\"b\\" \\\\ c",state="x=y,z"} 1.5',
  "ironcore_up 1",
  'ironcore_seconds_bucket{le="+Inf"} 3',
  "ironcore_unknown NaN",
  "ironcore_huge +Inf",
  "",
].join("\n");

test("samples are read with the letters that were escaped", () => {
  expect(samplesOf(TEXT)).toEqual([
    { name: "ironcore_x", labels: { datastore: 'a "b" \\ c', state: "x=y,z" }, value: 1.5 },
    { name: "ironcore_up", labels: {}, value: 1 },
    { name: "ironcore_seconds_bucket", labels: { le: "+Inf" }, value: 3 },
    { name: "ironcore_unknown", labels: {}, value: Number.NaN },
    { name: "ironcore_huge", labels: {}, value: Infinity },
  ]);
});

test("as line protocol, what it cannot say is left out", () => {
  const { lineProtocol, prometheusText } = figuresOf(TEXT, 1700);
  expect(prometheusText).toBe(TEXT);
  expect(lineProtocol.trimEnd().split("\n")).toEqual([
    'ironcore_x,datastore=a\\ "b"\\ \\\\ c,state=x\\=y\\,z value=1.5 1700'.replace("\\\\\\\\ c", "\\\\ c"),
    "ironcore_up value=1 1700",
    "ironcore_seconds_bucket,le=+Inf value=3 1700",
  ]);
});
