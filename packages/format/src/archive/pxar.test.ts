import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { CodedError, hexFromBytes } from "@ironcore-backup/base";
import { PxarReader } from "./pxar-reader.ts";
import type { PxarEntry } from "./pxar-entry.ts";
import { PxarTree } from "./pxar-tree.ts";
import type { PxarChild, PxarDirectory } from "./pxar-tree.ts";
import { PxarWriter } from "./pxar-writer.ts";
import type { PxarAttributes, PxarStat } from "./pxar-metadata.ts";

const stat = (mode: number, change: Partial<PxarStat> = {}): PxarStat => ({
  mode,
  flags: 0,
  uid: 1000,
  gid: 100,
  mtimeSeconds: 1_700_000_000,
  mtimeNanos: 123_456_789,
  ...change,
});
const none: PxarAttributes = { xattrs: [] };
const full: PxarAttributes = {
  xattrs: [{ name: "user.a", value: Uint8Array.of(0, 1, 255) }],
  acl: { users: [{ id: 5, permissions: 7 }], groups: [{ id: 6, permissions: 1 }], groupObject: 4 },
  defaultAcl: { userObject: 7, other: 0, users: [{ id: 5, permissions: 6 }], groups: [] },
  capabilities: Uint8Array.of(1, 2, 3),
  quotaProjectId: 9,
};

/** A tree in memory: what was put in is compared with what comes out. */
type Node =
  | { kind: "directory"; children: Record<string, Node> }
  | { kind: "file"; content: string }
  | { kind: "symlink"; target: string }
  | { kind: "fifo" };

function sourceOf(bytes: Uint8Array) {
  return { sizeBytes: bytes.length, read: (at: number, length: number) => bytes.subarray(at, at + length) };
}

function collect() {
  const parts: Uint8Array[] = [];
  return {
    write: (bytes: Uint8Array) => void parts.push(Uint8Array.from(bytes)),
    bytes: () => new Uint8Array(Buffer.concat(parts)),
  };
}

function writeTree(root: Node & { kind: "directory" }, version: 1 | 2) {
  const sink = collect();
  const writer = new PxarWriter(sink, version === 1 ? { version } : { version, prelude: Buffer.from("{}") });
  let payloadBytes = 16;
  const walk = (name: string | undefined, node: Node): void => {
    if (node.kind === "directory") {
      writer.startDirectory(name, stat(0o40755), full);
      for (const child of Object.keys(node.children).sort()) walk(child, node.children[child] as Node);
      writer.endDirectory();
    } else if (node.kind === "file") {
      const bytes = Buffer.from(node.content, "latin1");
      if (version === 1) {
        writer.startFile(name ?? "", stat(0o100644), none, bytes.length);
        writer.writeContent(bytes);
      } else {
        writer.addFileRef(name ?? "", stat(0o100644), none, {
          offsetBytes: payloadBytes,
          sizeBytes: bytes.length,
          isNew: true,
        });
        payloadBytes += 16 + bytes.length;
      }
    } else if (node.kind === "symlink") writer.addSymlink(name ?? "", stat(0o120777), none, node.target);
    else writer.addSpecial(name ?? "", stat(0o10600), full);
  };
  walk(undefined, root);
  writer.finish();
  return { bytes: sink.bytes(), payloadSizeBytes: payloadBytes };
}

const describeEntry = (entry: PxarEntry): string =>
  `${entry.kind} ${entry.name} ${entry.content?.sizeBytes ?? ""}${entry.linkTarget ?? ""}`;

function describeNode(node: Node, name: string, out: string[]): string[] {
  if (node.kind === "file") out.push(`file ${name} ${node.content.length}`);
  else if (node.kind === "symlink") out.push(`symlink ${name} ${node.target}`);
  else if (node.kind === "fifo") out.push(`fifo ${name} `);
  else {
    out.push(`directory ${name} `);
    for (const child of Object.keys(node.children).sort())
      describeNode(node.children[child] as Node, child, out);
    out.push("leave");
  }
  return out;
}

function readAll(bytes: Uint8Array, payloadSizeBytes: number): string[] {
  const reader = new PxarReader(sourceOf(bytes), { payloadSizeBytes });
  const out: string[] = [];
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    out.push(event.event === "leave" ? "leave" : describeEntry(event.entry));
  }
  return out;
}

function jumpAll(bytes: Uint8Array, payloadSizeBytes: number): string[] {
  const tree = new PxarTree(sourceOf(bytes), { payloadSizeBytes });
  const out: string[] = [];
  const walk = (child: PxarChild): void => {
    out.push(describeEntry(child.entry));
    if (child.directory === undefined) return;
    for (const next of tree.children(child.directory)) walk(next);
    out.push("leave");
  };
  walk({ entry: tree.root.entry, directory: tree.root });
  return out;
}

const nameArbitrary = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"))
  .filter((name) => !/[/\0]/.test(name) && name !== "." && name !== "..");
const treeArbitrary = fc.letrec<{ node: Node; directory: Node & { kind: "directory" } }>((tie) => ({
  directory: fc
    .dictionary(nameArbitrary, tie("node"), { maxKeys: 12, noNullPrototype: true })
    .map((children) => ({ kind: "directory" as const, children })),
  node: fc.oneof(
    { depthSize: "small" },
    fc
      .string({ maxLength: 300 })
      .map((content) => ({ kind: "file" as const, content: Buffer.from(content).toString("latin1") })),
    nameArbitrary.map((target) => ({ kind: "symlink" as const, target })),
    fc.constant({ kind: "fifo" as const }),
    tie("directory"),
  ),
})).directory;

test("the smallest archive has the bytes of the format page", () => {
  const { bytes } = writeTree({ kind: "directory", children: {} }, 1);
  expect(bytes.length).toBeGreaterThan(0);
  const sink = collect();
  const writer = new PxarWriter(sink, { version: 1 });
  writer.startDirectory(undefined, stat(0o40755), none);
  writer.startFile("a", stat(0o100644), none, 1);
  writer.writeContent(Buffer.from("x"));
  writer.endDirectory();
  expect(writer.finish()).toEqual({ sizeBytes: 211 });
  const archive = sink.bytes();
  const view = new DataView(archive.buffer);
  expect(hexFromBytes(archive.subarray(56, 64))).toBe("b317390621117016");
  expect(hexFromBytes(archive.subarray(147, 155))).toBe("1d73d542a64fec2f");
  const numbers = [163 + 8, 163 + 16, 187 + 8, 187 + 16].map((at) => Number(view.getBigUint64(at, true)));
  expect(numbers).toEqual([91, 91, 147, 64]);
  expect(view.getBigUint64(163, true).toString(16)).toBe("c26e9067c2c7bcf");
});

describe.each([1, 2] as const)("version %i", (version) => {
  test("any tree reads back, from front to back and by jumping", () => {
    fc.assert(
      fc.property(treeArbitrary, (root) => {
        const { bytes, payloadSizeBytes } = writeTree(root, version);
        const expected = describeNode(root, "", []);
        expect(readAll(bytes, payloadSizeBytes)).toEqual(expected);
        expect(jumpAll(bytes, payloadSizeBytes)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test("every name of a directory is found, and no other", () => {
    for (let count = 0; count <= 200; count++) {
      const children = Object.fromEntries(
        Array.from({ length: count }, (_, i): [string, Node] => [`n${i}`, { kind: "file", content: "" }]),
      );
      const { bytes, payloadSizeBytes } = writeTree(
        { kind: "directory", children: { sub: { kind: "directory", children } } },
        version,
      );
      const tree = new PxarTree(sourceOf(bytes), { payloadSizeBytes });
      const missed = Object.keys(children).filter((name) => tree.find(`/sub/${name}`)?.entry.name !== name);
      expect(missed).toEqual([]);
      for (const path of ["sub/absent", "sub/n0/x", "..", "sub/../sub"])
        expect(tree.find(path)).toBeUndefined();
    }
  });

  test("stat and attributes come back to the bit, also through raw bytes of another archive", () => {
    const odd = stat(0o104755, {
      flags: 0x8000,
      uid: 0xfffffffe,
      gid: 0,
      mtimeSeconds: -12_345_678_901,
      mtimeNanos: 1,
    });
    const write = (
      statOrBytes: PxarStat | Uint8Array,
      attributes: PxarAttributes | Uint8Array,
    ): Uint8Array => {
      const sink = collect();
      const writer = new PxarWriter(sink, { version });
      writer.startDirectory(undefined, stat(0o40755), none);
      if (version === 1) writer.startFile("f", statOrBytes, attributes, 0);
      else writer.addFileRef("f", statOrBytes, attributes, { offsetBytes: 16, sizeBytes: 0, isNew: false });
      writer.endDirectory();
      writer.finish();
      return sink.bytes();
    };
    const first = write(odd, full);
    const entry = new PxarTree(sourceOf(first)).find("f")?.entry;
    expect(entry?.stat).toEqual(odd);
    expect(entry?.attributes()).toEqual(full);
    expect(write(entry?.rawStat ?? odd, entry?.rawAttributes ?? full)).toEqual(first);
  });
});

test("a hard link leads to the file that came first", () => {
  const sink = collect();
  const writer = new PxarWriter(sink, { version: 2 });
  writer.startDirectory(undefined, stat(0o40755), none);
  const target = writer.positionBytes;
  writer.addFileRef("a", stat(0o100644), none, { offsetBytes: 16, sizeBytes: 5, isNew: true });
  writer.addHardlink("b", "a", target);
  expect(() => writer.addHardlink("c", "a", writer.positionBytes)).toThrow("comes first");
  writer.endDirectory();
  writer.finish();
  const tree = new PxarTree(sourceOf(sink.bytes()), { payloadSizeBytes: 37 });
  const link = tree.find("b")?.entry;
  expect(link).toMatchObject({ kind: "hardlink", linkTarget: "a" });
  expect(link && tree.resolveHardlink(link)).toMatchObject({ name: "a", content: { sizeBytes: 5 } });
});

test("a reader may pass over a directory", () => {
  const file: Node = { kind: "file", content: "" };
  const { bytes } = writeTree(
    {
      kind: "directory",
      children: {
        a: { kind: "directory", children: { x: file, y: { kind: "directory", children: { z: file } } } },
        b: file,
      },
    },
    2,
  );
  const reader = new PxarReader(sourceOf(bytes));
  reader.next();
  reader.next();
  reader.skipDirectory();
  expect(reader.next()).toMatchObject({ entry: { name: "b" } });
});

test.each([
  ["a name with a slash", (writer: PxarWriter) => writer.addSpecial("a/b", stat(0o10600), none)],
  ["the parent's name", (writer: PxarWriter) => writer.addSpecial("..", stat(0o10600), none)],
  [
    "the same name twice",
    (writer: PxarWriter) => ["a", "a"].forEach((name) => writer.addSpecial(name, stat(0o10600), none)),
  ],
  [
    "names out of order",
    (writer: PxarWriter) => ["b", "a"].forEach((name) => writer.addSpecial(name, stat(0o10600), none)),
  ],
  ["a second root", (writer: PxarWriter) => writer.startDirectory(undefined, stat(0o40755), none)],
  ["an end without a root's end", (writer: PxarWriter) => void writer.finish()],
])("the writer refuses %s", (_what, act) => {
  const writer = new PxarWriter(collect(), { version: 2 });
  writer.startDirectory(undefined, stat(0o40755), none);
  expect(() => act(writer)).toThrow("invariant");
});

describe("hostile archives", () => {
  const tree: Node & { kind: "directory" } = {
    kind: "directory",
    children: {
      a: { kind: "file", content: "hello" },
      d: { kind: "directory", children: { l: { kind: "symlink", target: "/etc" }, p: { kind: "fifo" } } },
    },
  };

  /** Everything a reader may do with an archive; whatever the bytes are, it ends in an answer or a coded error. */
  function exercise(bytes: Uint8Array, payloadSizeBytes: number): void {
    for (const read of [readAll, jumpAll]) {
      try {
        read(bytes, payloadSizeBytes);
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== "ARCHIVE_CORRUPT") throw error;
      }
    }
  }

  test.each([1, 2] as const)("version %i, truncated at every byte, is refused", (version) => {
    const { bytes, payloadSizeBytes } = writeTree(tree, version);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readAll(bytes.subarray(0, length), payloadSizeBytes)).toThrow(CodedError);
      expect(() => jumpAll(bytes.subarray(0, length), payloadSizeBytes)).toThrow(CodedError);
    }
  });

  test.each([1, 2] as const)(
    "version %i, each byte changed in four ways, ends in an answer or a coded error",
    (version) => {
      const { bytes, payloadSizeBytes } = writeTree(tree, version);
      for (let at = 0; at < bytes.length; at++) {
        for (const change of [1, 0x80, 0xff, 0x2f]) {
          const altered = Uint8Array.from(bytes);
          altered[at] = (altered[at] ?? 0) ^ change;
          exercise(altered, payloadSizeBytes);
        }
      }
    },
  );

  test("random bytes and random splices end in a coded error", () => {
    const { bytes, payloadSizeBytes } = writeTree(tree, 2);
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.uint8Array({ maxLength: 64 }), (at, splice) => {
        exercise(
          Uint8Array.from([...bytes.subarray(0, at), ...splice, ...bytes.subarray(at + splice.length)]),
          payloadSizeBytes,
        );
        exercise(splice, payloadSizeBytes);
      }),
      { numRuns: 2000 },
    );
  });

  test("a name that would leave the target is refused by both readers", () => {
    const { bytes, payloadSizeBytes } = writeTree(
      { kind: "directory", children: { XX: { kind: "file", content: "" } } },
      2,
    );
    const evil = Buffer.from(bytes);
    evil.set(Buffer.from(".."), evil.indexOf("XX"));
    expect(() => readAll(evil, payloadSizeBytes)).toThrow("not one path component");
    expect(() => jumpAll(evil, payloadSizeBytes)).toThrow("not one path component");
  });

  test("a file whose data would lie outside the payload is refused", () => {
    const { bytes, payloadSizeBytes } = writeTree(tree, 2);
    expect(() => readAll(bytes, payloadSizeBytes - 1)).toThrow("outside the payload");
  });
});

test("a directory's own depth is bounded", () => {
  const sink = collect();
  const writer = new PxarWriter(sink, { version: 2 });
  writer.startDirectory(undefined, stat(0o40755), none);
  for (let depth = 1; depth < 2048; depth++) writer.startDirectory("d", stat(0o40755), none);
  expect(() => writer.startDirectory("d", stat(0o40755), none)).toThrow("2048");
  for (let depth = 0; depth < 2048; depth++) writer.endDirectory();
  writer.finish();
  expect(readAll(sink.bytes(), 0)).toHaveLength(4096);
  const path = Array.from({ length: 2047 }, () => "d").join("/");
  const found: PxarDirectory | undefined = new PxarTree(sourceOf(sink.bytes())).find(path)?.directory;
  expect(found?.childCount).toBe(0);
});
