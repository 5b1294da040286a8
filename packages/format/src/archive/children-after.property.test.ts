import { expect, test } from "vitest";
import fc from "fast-check";
import { PxarTree } from "./pxar-tree.ts";
import { PxarWriter } from "./pxar-writer.ts";
import type { PxarStat } from "./pxar-metadata.ts";

const stat = (mode: number): PxarStat => ({ mode, flags: 0, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanos: 0 });
const none = { xattrs: [] };

/** A root with these children, some of them directories with one file. */
function aTree(names: readonly string[], isDirectory: (name: string) => boolean) {
  const parts: Buffer[] = [];
  const writer = new PxarWriter({ write: (bytes) => void parts.push(Buffer.from(bytes)) }, { version: 1 });
  writer.startDirectory(undefined, stat(0o40755), none);
  for (const name of names) {
    if (isDirectory(name)) {
      writer.startDirectory(name, stat(0o40755), none);
      writer.startFile("inner", stat(0o100644), none, 0);
      writer.endDirectory();
    } else writer.startFile(name, stat(0o100644), none, 0);
  }
  writer.endDirectory();
  writer.finish();
  const bytes = Buffer.concat(parts);
  let readBytes = 0;
  const source = {
    sizeBytes: bytes.length,
    read: (at: number, length: number) => {
      readBytes += length;
      return bytes.subarray(at, at + length);
    },
  };
  return { tree: new PxarTree(source), readBytes: () => readBytes };
}

const someName = fc.string({ unit: fc.constantFrom("a", "b", "-", "\xff"), minLength: 1, maxLength: 4 });

test("what comes after a name, present or not, is what the whole list has after it", () => {
  fc.assert(
    fc.property(fc.uniqueArray(someName, { maxLength: 40 }), someName, fc.nat(3), (names, after, every) => {
      const sorted = names.toSorted((a, b) => (a < b ? -1 : 1));
      const { tree } = aTree(sorted, (name) => name.length % 4 === every);
      const all = [...tree.children(tree.root)].map(({ entry }) => entry.name);
      expect(all).toEqual(sorted);
      for (const name of ["", after, ...sorted]) {
        const found = [...tree.childrenAfter(tree.root, name)];
        expect(found.map(({ entry }) => entry.name)).toEqual(sorted.filter((one) => one > name));
        for (const { directory } of found)
          if (directory !== undefined)
            expect([...tree.children(directory)].map(({ entry }) => entry.name)).toEqual(["inner"]);
      }
    }),
  );
});

test("pages of a directory with 50,000 files read little more than what they show", () => {
  const names = Array.from({ length: 50_000 }, (_, at) => `file-${String(at).padStart(6, "0")}`);
  const { tree, readBytes } = aTree(names, () => false);
  const seen: string[] = [];
  const opened = readBytes();
  for (let last = "", count = 0; count < 5; count++) {
    for (const { entry } of tree.childrenAfter(tree.root, last)) {
      seen.push(entry.name);
      if (seen.length % 100 === 0) break;
    }
    last = seen.at(-1) ?? "";
  }
  expect(seen).toEqual(names.slice(0, 500));
  // An entry has 100 bytes; the window reads 16 KiB ahead at each of a dozen jumps through the table.
  expect(readBytes() - opened).toBeLessThan(5 * 20 * 16_384 + 500 * 200);
});
