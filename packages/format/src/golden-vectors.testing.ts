/** Test support: the vectors of docs/format.md, so that the page and the code cannot drift apart. */

import { readFileSync } from "node:fs";
import { assertInvariant } from "@ironcore-backup/base";

const PAGE = new URL("../../../docs/format.md", import.meta.url);

function readVectors(): ReadonlyMap<string, string> {
  const vectors = new Map<string, string>();
  for (const [, block = ""] of readFileSync(PAGE, "utf8").matchAll(/^```golden\n([^]*?)^```$/gm)) {
    for (const line of block.trimEnd().split("\n")) {
      const [, name, value] = /^([a-z][a-z0-9.-]*) += (.+)$/.exec(line) ?? [];
      assertInvariant(
        name !== undefined && value !== undefined,
        `a golden line reads "name = value": ${line}`,
      );
      assertInvariant(!vectors.has(name), `a vector stands on the page once: ${name}`);
      vectors.set(name, value);
    }
  }
  return vectors;
}

const VECTORS = readVectors();
const used = new Set<string>();

export function golden(name: string): string {
  const value = VECTORS.get(name);
  assertInvariant(value !== undefined, `docs/format.md has the vector ${name}`);
  used.add(name);
  return value;
}

export function goldenBytes(name: string): Buffer {
  return Buffer.from(golden(name), "hex");
}

export function goldenNumbers(name: string): number[] {
  return golden(name).split(" ").map(Number);
}

/** Vectors of the page that nobody in this process has asked for. */
export function unusedVectors(): string[] {
  return [...VECTORS.keys()].filter((name) => !used.has(name));
}
