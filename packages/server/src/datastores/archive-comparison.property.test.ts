/** The comparison against an oracle that flattens both trees into maps; and that what need not be read is not. */

import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock, createSeededRandom } from "@ironcore-backup/base";
import { createMemoryDisk, openDatastore } from "@ironcore-backup/engine";
import type { SnapshotChange } from "@ironcore-backup/protocol";
import { compareArchives } from "./archive-comparison.ts";
import { openFileArchive } from "./file-archive.ts";
import { createLocalEngine } from "./local-engine.ts";
import { takeTreeSnapshot } from "./tree-snapshot.testing.ts";
import type { Tree, TreeNode } from "./tree-snapshot.testing.ts";

async function aStore() {
  const clock = createFakeClock();
  const needs = { clock, random: createSeededRandom(1), disk: createMemoryDisk({ clock }) };
  const engine = createLocalEngine(needs);
  await engine.create("/store");
  const datastore = openDatastore(needs, "/store");
  let day = 0;
  const take = (tree: Tree, group = "web") => {
    const name = `host/${group}/${new Date(Date.UTC(2026, 0, ++day)).toISOString().slice(0, 19)}Z`;
    return takeTreeSnapshot(needs, datastore, name, tree);
  };
  return { needs, engine, datastore, take };
}

/** One file for each seed: its content, size, time and mode follow from it. */
const fileOf = (seed: number): TreeNode => ({
  content: `${seed % 3}`.repeat(1 + (seed % 4)),
  mtimeSeconds: 1000 + (seed % 5),
  mode: seed % 7 === 0 ? 0o600 : 0o644,
});
const aName = fc.constantFrom("a", "b", "c", "d-e", "d", "\xff");
const { tree: aTree } = fc.letrec<{ tree: Tree; node: TreeNode }>((tie) => ({
  tree: fc.dictionary(aName, tie("node"), { maxKeys: 5, noNullPrototype: true }),
  node: fc.oneof(
    { depthSize: "small" },
    fc.nat(104).map(fileOf),
    fc.constantFrom("x", "y").map((symlink) => ({ symlink })),
    tie("tree").map((directory) => ({ directory })),
  ),
}));

/** Every path with what it is, as text to compare; and for files the size. */
function flatten(tree: Tree, path = ""): Map<string, { readonly kind: string; readonly text: string }> {
  const found = new Map<string, { readonly kind: string; readonly text: string }>();
  for (const [name, node] of Object.entries(tree)) {
    const at = `${path}/${name === "\xff" ? "\\xff" : name}`;
    if (typeof node === "object" && "directory" in node) {
      found.set(at, { kind: "directory", text: "" });
      for (const [below, what] of flatten(node.directory, at)) found.set(below, what);
    } else
      found.set(at, {
        kind: typeof node === "object" && "symlink" in node ? "symlink" : "file",
        text: textOf(node),
      });
  }
  return found;
}

/** What the rule looks at: of files with the same size and time no content. */
function textOf(node: TreeNode): string {
  if (typeof node === "string" || node instanceof Uint8Array || !("content" in node))
    return JSON.stringify(node);
  return `${node.content.length} ${node.mtimeSeconds} ${node.mode}`;
}

function expected(before: Tree, after: Tree): string[] {
  const [left, right] = [flatten(before), flatten(after)];
  const lines: string[] = [];
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(path), right.get(path)];
    if (a === undefined) lines.push(`added ${path}`);
    else if (b === undefined) lines.push(`removed ${path}`);
    else if (a.kind !== b.kind || a.text !== b.text) lines.push(`changed ${path}`);
  }
  return lines.toSorted();
}

const lineOf = ({ change, path }: SnapshotChange): string => `${change} ${path}`;

test("pages of any length tell exactly what two maps of all paths differ in", async () => {
  const { engine, take } = await aStore();
  await fc.assert(
    fc.asyncProperty(aTree, aTree, fc.constantFrom(1, 2, 1000), async (before, after, limit) => {
      const first = await take(before);
      const second = await take(after);
      const found: SnapshotChange[] = [];
      for (let cursor: string | undefined = ""; cursor !== undefined;) {
        const question = { snapshot: second, archive: "root", limit };
        const page = await engine.compareSnapshots("/store", {
          ...question,
          ...(cursor === "" ? {} : { cursor }),
        });
        expect(page.before.endsWith(new Date(first.backupTime * 1000).toISOString().slice(0, 19) + "Z")).toBe(
          true,
        );
        found.push(...page.changes);
        cursor = page.nextCursor;
      }
      expect(found.map(lineOf).toSorted()).toEqual(expected(before, after));
    }),
    { numRuns: 150 },
  );
});

test("says in which parts a file changed, and knows a mere touch from new content of the same size", async () => {
  const { engine, take } = await aStore();
  const file = (content: string, more: object = {}): TreeNode => ({ content, ...more });
  await take({
    grown: "a",
    touched: file("same", { mtimeSeconds: 1 }),
    rewritten: file("old!", { mtimeSeconds: 1 }),
    mode: file("m", { mode: 0o644 }),
    link: { symlink: "here" },
    turned: "a file",
  });
  const after = await take({
    grown: "ab",
    touched: file("same", { mtimeSeconds: 2 }),
    rewritten: file("new!", { mtimeSeconds: 2 }),
    mode: file("m", { mode: 0o600 }),
    link: { symlink: "there" },
    turned: { directory: { inside: "" } },
  });
  const { changes } = await engine.compareSnapshots("/store", {
    snapshot: after,
    archive: "root",
    limit: 100,
  });
  expect(Object.fromEntries(changes.map(({ path, parts, change }) => [path, parts ?? change]))).toEqual({
    "/grown": ["content"],
    "/touched": ["time"],
    "/rewritten": ["content", "time"],
    "/mode": ["mode"],
    "/link": ["target"],
    "/turned": ["kind"],
    "/turned/inside": "added",
  });
  expect(changes.find(({ path }) => path === "/grown")).toMatchObject({ sizeBefore: 1, sizeAfter: 2 });
});

test("does not open directories that lie in the same chunks, and reads no content where sizes and times are the same", async () => {
  const { needs, datastore, take } = await aStore();
  const many = (count: number, node: TreeNode): Tree =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${String(at).padStart(5, "0")}`, node]));
  const inside = many(40, { directory: many(100, "x") });
  const before = await take({ a: { directory: inside }, z: "1" });
  const after = await take({ a: { directory: inside }, z: "22" });
  const name = (snapshot: typeof before) => ({ snapshot, archive: "root" });
  const left = openFileArchive(needs, datastore, name(before));
  const right = openFileArchive(needs, datastore, name(after));
  let readCount = 0;
  const counting = (archive: typeof left) => ({
    ...archive,
    readContent: (...given: Parameters<typeof left.readContent>) => {
      readCount++;
      return archive.readContent(...given);
    },
  });
  // Of 4042 entries: the directories, and what is in the one whose last chunk reaches into what changed.
  const page = compareArchives(counting(left), counting(right), { limit: 10, visitCountMax: 200 });
  expect(page.changes.map(lineOf)).toEqual(["changed /z"]);
  expect([page.nextCursor, readCount]).toEqual([undefined, 0]);
  left.close();
  right.close();
});

test("refuses to compare with another group's snapshot, and with nothing", async () => {
  const { engine, take } = await aStore();
  const only = await take({ a: "1" });
  await take({ a: "1" }, "other");
  const ask = (since?: string) =>
    engine.compareSnapshots("/store", { snapshot: only, archive: "root", limit: 10, since });
  await expect(ask()).rejects.toMatchObject({ code: "COMPARISON_NONE_BEFORE" });
  await expect(ask("host/other/2026-01-02T00:00:00Z")).rejects.toMatchObject({
    code: "COMPARISON_GROUPS_DIFFER",
  });
});
