import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { CodedError, hexFromBytes } from "@ironcore-backup/base";
import { CATALOG_MAGIC, writeSignedVarint, writeVarint } from "./catalog-layout.ts";
import type { CatalogKind } from "./catalog-layout.ts";
import { CatalogReader } from "./catalog-reader.ts";
import type { CatalogDirectory } from "./catalog-reader.ts";
import { CatalogWriter } from "./catalog-writer.ts";

type Plain = Exclude<CatalogKind, "directory" | "file">;
type Node =
  | { name: string; kind: "directory"; children: Node[] }
  | { name: string; kind: "file"; sizeBytes: number; mtimeSeconds: number }
  | { name: string; kind: Plain };

const sourceOf = (bytes: Uint8Array) => ({
  sizeBytes: bytes.length,
  read: (at: number, length: number) => bytes.subarray(at, at + length),
});

function write(archives: readonly Node[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new CatalogWriter({ write: (bytes) => void parts.push(Uint8Array.from(bytes)) });
  const walk = (node: Node): void => {
    if (node.kind === "file") return writer.addFile(node.name, node.sizeBytes, node.mtimeSeconds);
    if (node.kind !== "directory") return writer.add(node.kind, node.name);
    writer.startDirectory(node.name);
    node.children.forEach(walk);
    writer.endDirectory();
  };
  archives.forEach(walk);
  const { sizeBytes } = writer.finish();
  const bytes = new Uint8Array(Buffer.concat(parts));
  expect(bytes.length).toBe(sizeBytes);
  return bytes;
}

function read(bytes: Uint8Array): Node[] {
  const reader = new CatalogReader(sourceOf(bytes));
  const children = (directory: CatalogDirectory): Node[] =>
    Array.from(reader.list(directory), (entry): Node => {
      if (entry.kind !== "directory") return entry;
      return { kind: "directory", name: entry.name, children: children(entry.directory) };
    });
  return children(reader.root);
}

const name = fc
  .uint8Array({ minLength: 1, maxLength: 30 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"))
  .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");
const plain = fc.constantFrom<Plain[]>(
  "symlink",
  "hardlink",
  "block-device",
  "character-device",
  "fifo",
  "socket",
);
const { directory } = fc.letrec<{ node: Node; directory: Node }>((tie) => ({
  directory: fc.record({
    name,
    kind: fc.constant("directory" as const),
    children: fc.array(tie("node"), { maxLength: 8 }),
  }),
  node: fc.oneof(
    { depthSize: "small" },
    fc.record({
      name,
      kind: fc.constant("file" as const),
      sizeBytes: fc.maxSafeNat(),
      mtimeSeconds: fc.maxSafeInteger(),
    }),
    fc.record({ name, kind: plain }),
    tie("directory"),
  ),
}));

function encoded(put: (bytes: Uint8Array, at: number, value: number) => number, value: number): number[] {
  const bytes = new Uint8Array(20);
  return Array.from(bytes.subarray(0, put(bytes, 0, value)));
}

test("numbers are written as the format page says", () => {
  expect(encoded(writeVarint, 0)).toEqual([0]);
  expect(encoded(writeVarint, 127)).toEqual([0x7f]);
  expect(encoded(writeVarint, 128)).toEqual([0x80, 0x01]);
  expect(encoded(writeVarint, 300)).toEqual([0xac, 0x02]);
  expect(encoded(writeSignedVarint, 300)).toEqual([0xac, 0x02]);
  expect(encoded(writeSignedVarint, -1)).toEqual([0x81, 0x00]);
  expect(encoded(writeSignedVarint, -300)).toEqual([0xac, 0x82, 0x00]);
});

test("a catalog has the bytes that the format page describes", () => {
  const bytes = write([
    {
      name: "r",
      kind: "directory",
      children: [
        { name: "d", kind: "directory", children: [{ name: "l", kind: "symlink" }] },
        { name: "f", kind: "file", sizeBytes: 200, mtimeSeconds: -1 },
      ],
    },
  ]);
  const expected = [
    CATALOG_MAGIC,
    "04016c016c", // at 8, d: 4 bytes, one row, "l" "l"
    "0c0264016405660166c8018100", // at 13, r: two rows; d lies 5 back
    "05016401720d", // at 26, the root: r lies 13 back
    "1a00000000000000",
  ].join("");
  expect(hexFromBytes(bytes)).toBe(expected);
});

test("any trees read back, times before 1970 too", () => {
  fc.assert(
    fc.property(fc.array(directory, { maxLength: 3 }), (archives) => {
      expect(read(write(archives))).toEqual(archives);
    }),
  );
});

test("a directory of 50,000 names, and one nested 2048 deep, read back", () => {
  const children: Node[] = Array.from({ length: 50_000 }, (_, i) => ({ name: `n${i}`, kind: "fifo" }));
  const wide: Node[] = [{ name: "a", kind: "directory", children }];
  expect(read(write(wide))).toEqual(wide);
  let deep: Node = { name: "d", kind: "directory", children: [] };
  for (let depth = 1; depth < 2048; depth++) deep = { name: "d", kind: "directory", children: [deep] };
  expect(read(write([deep]))).toEqual([deep]);
});

describe("hostile catalogs", () => {
  const small = write([
    {
      name: "r",
      kind: "directory",
      children: [
        { name: "d", kind: "directory", children: [{ name: "x", kind: "socket" }] },
        { name: "abc", kind: "file", sizeBytes: 5, mtimeSeconds: -7 },
      ],
    },
  ]);

  function refusalOf(act: () => unknown): string {
    try {
      act();
    } catch (error) {
      if (error instanceof CodedError && error.code === "ARCHIVE_CORRUPT") return error.message;
      throw error;
    }
    return "accepted";
  }

  test("truncated at every byte are refused", () => {
    for (let length = 0; length < small.length; length++) {
      expect(refusalOf(() => read(small.subarray(0, length)))).not.toBe("accepted");
    }
  });

  test("with any byte changed to any other end in an answer or a coded error", () => {
    for (let at = 0; at < small.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        refusalOf(() => read(Uint8Array.from(small, (old, i) => (i === at ? byte : old))));
      }
    }
  });

  const catalog = (rootBytes: number, ...tables: number[][]): Uint8Array => {
    const tail = Buffer.alloc(8);
    tail.writeBigUInt64LE(BigInt(rootBytes));
    return new Uint8Array(
      Buffer.concat([Buffer.from(CATALOG_MAGIC, "hex"), Uint8Array.from(tables.flat()), tail]),
    );
  };
  const [d, x] = [0x64, 0x78];
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];

  test.each([
    ["a directory that is its own child", catalog(8, [5, 1, d, 1, x, 0]), "where it must"],
    ["a directory before the catalog", catalog(8, [5, 1, d, 1, x, 1]), "where it must"],
    ["the same directory twice", catalog(10, [1, 0], [9, 2, d, 1, x, 2, d, 1, x, 2]), "where it must"],
    [
      "directories that go back",
      catalog(12, [1, 0], [1, 0], [9, 2, d, 1, x, 2, d, 1, x, 4]),
      "where it must",
    ],
    ["a count that no table has", catalog(8, [8, ...huge]), "counts more rows"],
    ["a table longer than the catalog", catalog(8, [...huge, 0]), "cut short"],
    ["a name longer than its table", catalog(8, [5, 1, d, 100, x, 0]), "cut short"],
    ["a name of petabytes", catalog(8, [11, 1, d, ...huge, x]), "too long"],
    [
      "a number without end",
      catalog(8, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0]),
      "too large",
    ],
    ["a negative count", catalog(8, [3, 0x81, 0x00, 0]), "negative"],
    ["bytes behind the rows", catalog(8, [2, 0, 0]), "behind its rows"],
    ["an unknown kind", catalog(8, [4, 1, 0x7a, 1, x]), "no known kind"],
    ["a name that is a path", catalog(8, [4, 1, 0x73, 1, 0x2f]), "one path component"],
    ["a root outside", catalog(2 ** 40, [1, 0]), "lies outside"],
    ["another magic", Uint8Array.from(small, (byte, i) => (i === 0 ? 0 : byte)), "no catalog"],
  ])("with %s are refused", (_what, bytes, reason) => {
    expect(refusalOf(() => read(bytes))).toContain(reason);
  });

  test("in which every directory lists all below it do not unfold", () => {
    const tables: number[][] = [[1, 0]];
    const places = [8];
    for (let depth = 1; depth < 30; depth++) {
      const place = (places.at(-1) ?? 0) + (tables.at(-1)?.length ?? 0);
      const rows = places.flatMap((below) => [d, 1, x, ...encoded(writeVarint, place - below)]);
      tables.push([...encoded(writeVarint, rows.length + 1), places.length, ...rows]);
      places.push(place);
    }
    expect(refusalOf(() => read(catalog(places.at(-1) ?? 0, ...tables)))).toContain("where it must");
  });
});

test.each([
  ["a file beside the archives", (writer: CatalogWriter) => writer.addFile("f", 0, 0)],
  ["an end without a start", (writer: CatalogWriter) => writer.endDirectory()],
  [
    "a name that is a path",
    (writer: CatalogWriter) => {
      writer.startDirectory("r");
      writer.add("fifo", "a/b");
    },
  ],
  [
    "half a second",
    (writer: CatalogWriter) => {
      writer.startDirectory("r");
      writer.addFile("f", 0, 0.5);
    },
  ],
  [
    "an end inside an archive",
    (writer: CatalogWriter) => {
      writer.startDirectory("r");
      writer.finish();
    },
  ],
])("the writer refuses %s", (_what, act) => {
  expect(() => act(new CatalogWriter({ write: () => undefined }))).toThrow("invariant");
});
