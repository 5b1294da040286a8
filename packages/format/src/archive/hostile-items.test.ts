import { expect, test } from "vitest";
import {
  DIRECTORY,
  entry,
  FILE,
  file,
  filename,
  hardlink,
  item,
  join,
  listAll,
  one,
  readAll,
  refusalOf,
  root,
  sourceOf,
  stat,
  text,
  u64,
} from "./pxar-by-hand.testing.ts";
import { writeU64 } from "./pxar-item.ts";
import { encodeStat } from "./pxar-metadata.ts";
import { PxarTree } from "./pxar-tree.ts";

const long = (count: number): string => "x".repeat(count);
const attributed = (...items: Uint8Array[]): Uint8Array =>
  join(filename("a"), entry(FILE), ...items, item("payload"));
const xattr = (name: string, sizeBytes = 0): Uint8Array =>
  item("xattr", text(`${name}\0`), new Uint8Array(sizeBytes));

test("archives made by hand are read when they are right", () => {
  const right = root({ name: "a", bytes: file("a", "hi") });
  expect([readAll(sourceOf(right)), listAll(sourceOf(right))]).toEqual([
    ["", "a"],
    ["", "a"],
  ]);
  const odd = one("a", attributed(xattr("user.x", 65_536), item("quota-project", u64(7))));
  expect([readAll(sourceOf(odd)), listAll(sourceOf(odd))]).toEqual([
    ["", "a"],
    ["", "a"],
  ]);
});

test.each([
  ["a name with a slash", one("a/b", file("a/b")), "not one path component"],
  ["the directory itself as a name", one(".", file(".")), "not one path component"],
  ["the parent as a name", one("..", file("..")), "not one path component"],
  ["an empty name", one("", file("")), "impossible length"],
  ["a name with a NUL inside", one("a\0b", file("a\0b")), "not one path component"],
  ["a name of 4096 bytes", one("x", file(long(4096))), "impossible length"],
  [
    "a name without NUL",
    one("a", join(item("filename", text("ab")), entry(FILE), item("payload"))),
    "end in NUL",
  ],
  ["a name and nothing", one("a", filename("a")), ""],
  ["two names", one("a", join(filename("a"), file("b"))), "an entry is expected, not filename"],
  ["no name", one("a", join(entry(FILE), item("payload"))), "a name is expected, not entry"],
  ["a file without content", one("a", join(filename("a"), entry(FILE))), ""],
  ["a link without target", one("a", join(filename("a"), entry(stat(0o120777)))), ""],
  [
    "a link with an empty target",
    one("a", join(filename("a"), entry(stat(0o120777)), item("symlink", text("\0")))),
    "impossible length",
  ],
  [
    "a link's target with a NUL inside",
    one("a", join(filename("a"), entry(stat(0o120777)), item("symlink", text("a\0b\0")))),
    "only NUL",
  ],
  [
    "a link's target of 4096 bytes",
    one("a", join(filename("a"), entry(stat(0o120777)), item("symlink", text(`${long(4096)}\0`)))),
    "impossible length",
  ],
  [
    "a device with one number",
    one("a", join(filename("a"), entry(stat(0o60600)), item("device", u64(1)))),
    "impossible length",
  ],
  [
    "a device beyond the kernel's numbers",
    one("a", join(filename("a"), entry(stat(0o60600)), item("device", u64(4096, 0)))),
    "impossible numbers",
  ],
  ["a mode of no kind", one("a", join(filename("a"), entry(stat(0o755)), item("payload"))), "no known kind"],
  [
    "a mode beyond 16 bits",
    one("a", join(filename("a"), entry(stat(0o1100644)), item("payload"))),
    "is none",
  ],
  [
    "more than a second of nanoseconds",
    one("a", join(filename("a"), entry({ ...FILE, mtimeNanos: 1_000_000_000 }), item("payload"))),
    "more than a second",
  ],
  [
    "a reference into another stream, without one",
    one("a", join(filename("a"), entry(FILE), item("payload-ref", u64(16, 0)))),
    "payload is expected",
  ],
  ["a second root", join(one("a", file("a")), one("a", file("a"))), ""],
  ["something behind the root", join(one("a", file("a")), new Uint8Array(7)), ""],
  ["attributes out of order", one("a", attributed(item("capabilities"), xattr("user.x"))), "out of order"],
  [
    "two projects",
    one("a", attributed(item("quota-project", u64(1)), item("quota-project", u64(1)))),
    "out of order",
  ],
  ["an attribute without a name", one("a", attributed(xattr(""))), "no valid name"],
  ["an attribute with a name of 256 bytes", one("a", attributed(xattr(long(256)))), "no valid name"],
  ["an attribute's value over 64 KiB", one("a", attributed(xattr("user.x", 65_537))), "too long"],
  [
    "attributes over 16 MiB",
    one("a", attributed(...Array.from({ length: 256 }, () => xattr("user.x", 65_536)))),
    "too many",
  ],
  ["permissions over 7", one("a", attributed(item("acl-user", u64(1, 8)))), "impossible permissions"],
  ["an id over 32 bits", one("a", attributed(item("acl-user", u64(2 ** 32, 7)))), "impossible id"],
  ["a hard link to itself", one("a", hardlink("a", 0, "a")), "does not lead back"],
  ["a hard link before the archive", one("a", hardlink("a", 57, "a")), "does not lead back"],
  ["a hard link out of the tree", one("a", hardlink("a", 1, "../a")), "stay below the root"],
  ["a hard link to an absolute path", one("a", hardlink("a", 1, "/a")), "stay below the root"],
  ["a file as the root", join(entry(FILE), item("payload")), ""],
  ["an unknown version", join(item("version", u64(3)), one("a", file("a"))), "version is 3"],
  [
    "a prelude over 1 MiB",
    join(item("version", u64(2)), item("prelude", new Uint8Array(2 ** 20 + 1))),
    "too long",
  ],
  ["nothing at all", new Uint8Array(0), ""],
])("both readers refuse %s", (_what, bytes, reason) => {
  for (const read of [readAll, listAll]) {
    const refusal = refusalOf(() => read(sourceOf(bytes)));
    expect(refusal).toContain(reason);
    expect(refusal).not.toBe("accepted");
  }
});

test("both readers refuse names that come twice, and names out of order", () => {
  for (const [first, second] of [
    ["a", "a"],
    ["b", "a"],
  ] as const) {
    const bytes = root({ name: first, bytes: file(first) }, { name: second, bytes: file(second) });
    for (const read of [readAll, listAll]) {
      expect(refusalOf(() => read(sourceOf(bytes)))).toContain("not in ascending order");
    }
  }
});

test("a stock client's list of excludes may stand behind all names of the root, once, and nowhere else", () => {
  const excludes = { name: ".pxarexclude-cli", bytes: file(".pxarexclude-cli", "*.tmp\n") };
  const a = { name: "a", bytes: file("a") };
  const names = ["", "a", ".pxarexclude-cli"];
  const right = root(a, excludes);
  expect([readAll(sourceOf(right)), listAll(sourceOf(right))]).toEqual([names, names]);
  const inside = root(a, excludes);
  const head = filename("d");
  const nested = one("d", join(head, inside));
  for (const bytes of [
    root(a, excludes, excludes),
    root(a, excludes, { name: "b", bytes: file("b") }),
    nested,
  ]) {
    for (const read of [readAll, listAll])
      expect(refusalOf(() => read(sourceOf(bytes)))).not.toBe("accepted");
  }
  expect(refusalOf(() => readAll(sourceOf(nested)))).toContain("not in ascending order");
});

test("sizes that no archive has are refused before anything of that size is read or allocated", () => {
  const huge = 2 ** 52;
  for (const kind of ["filename", "entry", "payload", "prelude", "xattr", "symlink", "goodbye"] as const) {
    const bytes = join(entry(DIRECTORY), filename("a"), entry(FILE), item(kind, new Uint8Array(64)));
    for (const size of [0, 15, huge, 2 ** 53, 2 ** 63]) {
      const altered = Uint8Array.from(bytes);
      writeU64(new DataView(altered.buffer), bytes.length - 72, size);
      // The source says it is as large as the item; a reader that believed it would allocate petabytes.
      for (const sizeBytes of [altered.length, huge * 2]) {
        const source = sourceOf(altered, sizeBytes);
        expect(refusalOf(() => readAll(source))).not.toBe("accepted");
        expect(source.readBytes).toBeLessThan(1_000_000);
      }
    }
  }
});

test("entries of the old kind are read, and written on as new ones", () => {
  const old = new Uint8Array(32);
  const view = new DataView(old.buffer);
  writeU64(view, 0, 0o104755);
  writeU64(view, 8, 0x8000);
  view.setUint32(16, 11, true);
  view.setUint32(20, 12, true);
  view.setBigUint64(24, 1_500_000_000_123_456_789n, true);
  const bytes = one("a", join(filename("a"), item("entry-v1", old), item("payload", text("x"))));
  const found = new PxarTree(sourceOf(bytes)).find("a")?.entry;
  const expected = {
    mode: 0o104755,
    flags: 0x8000,
    uid: 11,
    gid: 12,
    mtimeSeconds: 1_500_000_000,
    mtimeNanos: 123_456_789,
  };
  expect(found?.stat).toEqual(expected);
  expect(found?.rawStat).toEqual(encodeStat(expected));
});
