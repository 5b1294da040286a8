/** Whatever the tree and however it changes: what was backed up comes back the same. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { createEncryptionKey } from "@ironcore-backup/format";
import { AgentBench } from "./testing/agent-bench.testing.ts";
import { addAttributes, RandomTree } from "./testing/random-tree.testing.ts";
import { describeTree } from "./testing/tree.testing.ts";

const RUN_COUNT = 4;
const isRoot = process.getuid?.() === 0;
const benches: AgentBench[] = [];
afterAll(() => benches.forEach((bench) => bench.dispose()));

function aBench(): AgentBench {
  const bench = new AgentBench();
  benches.push(bench);
  return bench;
}

test.runIf(isRoot)(
  "a random tree comes back with the same contents, owners, modes, times, links and attributes",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), fc.boolean(), async (seed, isEncrypted) => {
        const bench = aBench();
        const random = createSeededRandom(seed);
        new RandomTree(bench.source, random).grow(random.integer(0, 120));
        addAttributes(bench.source);
        const key = isEncrypted ? { key: createEncryptionKey(random.bytes(32)) } : {};
        await bench.backup(key);
        expect(bench.notices).toEqual([]);
        const { target } = await bench.restore(key);
        expect(bench.notices).toEqual([]);
        expect(describeTree(target)).toEqual(describeTree(bench.source));
        bench.dispose();
      }),
      { numRuns: RUN_COUNT },
    );
  },
);

test.runIf(isRoot)(
  "after random edits, a backup on top of others restores like the tree it was taken of",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), async (seed) => {
        const bench = aBench();
        const random = createSeededRandom(seed);
        const tree = new RandomTree(bench.source, random);
        tree.grow(80);
        await bench.backup();
        for (let round = 0; round < 4; round++) {
          tree.edit(random.integer(0, 25));
          const { statistics } = await bench.backup();
          expect(bench.notices).toEqual([]);
          expect(statistics.reusedFileCount).toBeGreaterThan(0);
        }
        const { target } = await bench.restore();
        expect(describeTree(target)).toEqual(describeTree(bench.source));
        bench.dispose();
      }),
      { numRuns: RUN_COUNT },
    );
  },
);

test.runIf(isRoot)("several sources keep apart and come back each under its own name", async () => {
  const bench = aBench();
  const sources = ["one", "two"].map((name) => join(bench.source, name));
  sources.forEach((source, index) => {
    mkdirSync(source);
    new RandomTree(source, createSeededRandom(index + 7)).grow(40);
  });
  const { manifest } = await bench.backup({ sources });
  const stems = manifest.files
    .filter((file) => file.name.endsWith(".mpxar.didx"))
    .map((file) => file.name.slice(0, -11));
  const { target } = await bench.restore();
  expect(stems.map((stem) => describeTree(join(target, stem)))).toEqual(sources.map(describeTree));
});
