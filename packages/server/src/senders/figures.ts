/** Figures as the metrics room writes them, in the shapes of both kinds of metric servers. */

import { lineProtocolOf } from "./line-protocol.ts";
import type { FigureSample } from "./line-protocol.ts";
import type { Figures } from "./sender.ts";

/** @param text  Prometheus' text format, version 0.0.4, without instants of its own */
export function figuresOf(text: string, atMs: number): Figures {
  return { prometheusText: text, lineProtocol: lineProtocolOf(samplesOf(text), atMs) };
}

const SAMPLE = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Lines that are no samples are left out: comments, and what this does not know. */
export function samplesOf(text: string): FigureSample[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    return [{ name, labels: labelsOf(labels), value: numberOf(value) }];
  });
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(LABEL), ([, name = "", value = ""]) => [
      name,
      value.replaceAll(/\\(.)/g, (_all, letter: string) => (letter === "n" ? "\n" : letter)),
    ]),
  );
}

function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}
