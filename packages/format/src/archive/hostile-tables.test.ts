import { describe, expect, test } from "vitest";
import {
  DIRECTORY,
  entry,
  FILE,
  file,
  filename,
  goodbye,
  hardlink,
  item,
  join,
  listAll,
  readAll,
  refusalOf,
  root,
  sourceOf,
} from "./pxar-by-hand.testing.ts";
import type { Row } from "./pxar-by-hand.testing.ts";
import { PxarTree } from "./pxar-tree.ts";

describe("tables", () => {
  /** A directory d with these children; `rows` says what its parent's table says of it. */
  const nested = (
    inner: Uint8Array,
    rows: (bytes: Uint8Array, atBytes: number) => readonly Row[],
  ): Uint8Array => {
    const head = entry(DIRECTORY);
    return join(head, inner, goodbye(rows(inner, inner.length), head.length + inner.length));
  };
  const directory = (name: string, children: Uint8Array, rows: readonly Row[]): Uint8Array => {
    const own = join(entry(DIRECTORY), children);
    return join(filename(name), own, goodbye(rows, own.length));
  };

  test("children that share bytes are refused, so that nothing unfolds exponentially", () => {
    // Each of 40 nested directories is listed by all directories above it: 2^40 paths.
    let inner: Uint8Array = directory("n40", new Uint8Array(0), []);
    const depths = [{ name: "n40", sizeBytes: inner.length }];
    for (let depth = 39; depth >= 1; depth--) {
      const name = `n${depth}`;
      let backBytes = inner.length;
      const rows = depths.map((row) => {
        const listed = { ...row, backBytes };
        backBytes -= filename(row.name).length + 56;
        return listed;
      });
      inner = directory(name, inner, rows);
      depths.unshift({ name, sizeBytes: inner.length });
    }
    const bytes = nested(inner, (own) => [{ name: "n1", backBytes: own.length, sizeBytes: own.length }]);
    expect(refusalOf(() => listAll(sourceOf(bytes)))).not.toBe("accepted");
    expect(refusalOf(() => readAll(sourceOf(bytes)))).toContain("does not belong to the directory");
  });

  test.each([
    ["a child before the directory", -1],
    ["a child behind the table", 1],
  ])("a table that names %s is refused", (_what, direction) => {
    const bytes = nested(file("a"), (own) => [
      { name: "a", backBytes: direction < 0 ? own.length + 56 : 0, sizeBytes: own.length },
    ]);
    expect(refusalOf(() => listAll(sourceOf(bytes)))).toContain("leads out of its directory");
    expect(refusalOf(() => new PxarTree(sourceOf(bytes)).find("a"))).toContain("leads out of its directory");
  });

  test("a directory that claims its parent's table for its own is refused, or the claim is not believed", () => {
    const inner = directory("d", new Uint8Array(0), []);
    const bytes = nested(inner, (own) => [{ name: "d", backBytes: own.length, sizeBytes: own.length + 64 }]);
    expect(refusalOf(() => new PxarTree(sourceOf(bytes)).find("d"))).toContain("reaches out of its parent");
    // A list goes by where children lie, and needs no size.
    expect(listAll(sourceOf(bytes))).toEqual(["", "d"]);
  });

  test("a table with more rows than there can be children is refused before they are counted", () => {
    const rows = Array.from({ length: 1000 }, () => ({ name: "a", backBytes: 1, sizeBytes: 1 }));
    const bytes = nested(file("a"), () => rows);
    expect(refusalOf(() => new PxarTree(sourceOf(bytes)))).toContain("more rows than");
    expect(refusalOf(() => readAll(sourceOf(bytes)))).toContain("does not belong to the directory");
  });

  test("a child that the table leaves out is missed", () => {
    const both = join(file("a"), file("b"));
    const bytes = nested(both, () => [
      { name: "b", backBytes: file("b").length, sizeBytes: file("b").length },
    ]);
    expect(refusalOf(() => listAll(sourceOf(bytes)))).toContain("not in its table");
    expect(refusalOf(() => readAll(sourceOf(bytes)))).toContain("does not belong to the directory");
  });

  test("names with equal hashes are all found", () => {
    // Real collisions of 64 bits are not at hand; rows that claim the looked-up name's hash take the same way.
    const names = ["a", "b", "c", "d", "e"];
    const inner = join(...names.map((name) => file(name)));
    const bytes = nested(inner, (own) =>
      names.map((_, i) => ({
        name: "c",
        backBytes: own.length - i * file("a").length,
        sizeBytes: file("a").length,
      })),
    );
    expect(new PxarTree(sourceOf(bytes)).find("c")?.entry.name).toBe("c");
  });
});

describe("hard links", () => {
  const links = (...more: readonly (readonly [name: string, distance: number, path: string])[]): PxarTree => {
    const a = { name: "a", bytes: file("a", "data") };
    return new PxarTree(
      sourceOf(
        root(a, ...more.map(([name, distance, path]) => ({ name, bytes: hardlink(name, distance, path) }))),
      ),
    );
  };
  const size = file("a", "data").length;
  const resolve = (tree: PxarTree, name: string): string => {
    const link = [...tree.children(tree.root)].find((child) => child.entry.name === name)?.entry;
    return refusalOf(() => expect(tree.resolveHardlink(link as never).name).toBe("a"));
  };

  test("lead to the file that came first", () => {
    expect(resolve(links(["b", size, "a"]), "b")).toBe("accepted");
  });

  test.each([
    ["another place than its path", [["b", size + 1, "a"]]],
    ["a path that is not there", [["b", size, "x"]]],
    [
      "another hard link",
      [
        ["b", size, "a"],
        ["c", hardlink("b", 1, "a").length, "b"],
      ],
    ],
  ] as const)("that lead to %s are refused", (_what, list) => {
    expect(resolve(links(...list), list.at(-1)?.[0] ?? "")).not.toBe("accepted");
  });

  test("that lead to what looks like an entry inside a file's content are refused", () => {
    const fake = file("a", "forged");
    const holder = join(filename("a"), entry(FILE), item("payload", fake));
    const distance = fake.length;
    const tree = new PxarTree(
      sourceOf(root({ name: "a", bytes: holder }, { name: "b", bytes: hardlink("b", distance, "a") })),
    );
    expect(resolve(tree, "b")).toContain("do not lead to one file");
  });
});
