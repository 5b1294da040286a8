import { expect, test } from "vitest";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { createDatastore, createMemoryDisk } from "@ironcore-backup/engine";
import { createLocalEngine } from "./local-engine.ts";
import { takeTreeSnapshot } from "./tree-snapshot.testing.ts";
import type { Tree } from "./tree-snapshot.testing.ts";

async function aHouse(tree: Tree) {
  const clock = createFakeClock();
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  const datastore = await createDatastore(needs, "/store");
  const snapshot = await takeTreeSnapshot(needs, datastore, "host/web/2026-01-01T00:00:00Z", tree);
  const engine = createLocalEngine(needs);
  const list = (directory: string, limit: number, cursor?: string) =>
    engine.listEntries("/store", { snapshot, archive: "root", directory, limit, cursor });
  return { list };
}

test("pages of any length give every entry once, in the order of names, and say how many there are", async () => {
  const names = Array.from({ length: 250 }, (_, at) => `n${String(at * 7919).padStart(8, "0")}`);
  const many: Tree = Object.fromEntries(
    names.map((name, at) => [name, at % 5 === 0 ? { directory: { inner: "x" } } : `content ${at}`]),
  );
  const { list } = await aHouse({ many: { directory: many }, "odd\xff": "odd", plain: "p" });
  const all = (await list("/many", 1000)).entries;
  expect(all.map(({ name }) => name)).toEqual(names.toSorted());
  for (const limit of [1, 7, 249, 250, 251]) {
    const seen: unknown[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const page = await list("/many", limit, cursor === "" ? undefined : cursor);
      expect(page.entryCount).toBe(250);
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      seen.push(...page.entries);
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all);
  }
});

test("a name that is no UTF-8 is a cursor like any other, and a directory's path", async () => {
  const { list } = await aHouse({ a: "1", "b\xfe": { directory: { inner: "x" } }, c: "2" });
  const first = await list("/", 2);
  expect(first.entries.map(({ name }) => name)).toEqual(["a", "b\\xfe"]);
  expect((await list("/", 2, first.nextCursor)).entries.map(({ name }) => name)).toEqual(["c"]);
  expect((await list("/b\\xfe", 2)).entries.map(({ name }) => name)).toEqual(["inner"]);
});
