import { expect, test } from "vitest";
import { DIRECTORY, FILE, join, listAll, sourceOf, stat } from "./pxar-by-hand.testing.ts";
import { PxarReader } from "./pxar-reader.ts";
import { PxarWriter } from "./pxar-writer.ts";

const long = (count: number): string => "x".repeat(count);

test("a name of 4095 bytes and every kind of file come back", () => {
  const parts: Uint8Array[] = [];
  const writer = new PxarWriter(
    { write: (bytes) => void parts.push(Uint8Array.from(bytes)) },
    { version: 2 },
  );
  const none = { xattrs: [] };
  writer.startDirectory(undefined, DIRECTORY, none);
  writer.addDevice("block", stat(0o60600), none, { major: 8, minor: 1 });
  writer.addDevice("character", stat(0o20600), none, { major: 4095, minor: 1_048_575 });
  writer.addSpecial("fifo", stat(0o10600), none);
  writer.addSpecial("socket", stat(0o140600), none);
  writer.addSymlink("symlink", stat(0o120777), none, long(4095));
  writer.addFileRef(long(4095), FILE, none, { offsetBytes: 16, sizeBytes: 0, isNew: true });
  writer.endDirectory();
  writer.finish();
  const bytes = join(...parts);
  const reader = new PxarReader(sourceOf(bytes));
  const seen: unknown[] = [];
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.event === "entry")
      seen.push([event.entry.kind, event.entry.name.length, event.entry.device?.major]);
  }
  expect(seen).toEqual([
    ["directory", 0, undefined],
    ["block-device", 5, 8],
    ["character-device", 9, 4095],
    ["fifo", 4, undefined],
    ["socket", 6, undefined],
    ["symlink", 7, undefined],
    ["file", 4095, undefined],
  ]);
  expect(listAll(sourceOf(bytes))).toHaveLength(7);
});

test.each([
  [
    "a file with a directory's mode",
    (writer: PxarWriter) =>
      writer.addFileRef("a", DIRECTORY, { xattrs: [] }, { offsetBytes: 16, sizeBytes: 0, isNew: true }),
  ],
  [
    "a directory with a file's mode",
    (writer: PxarWriter) => writer.startDirectory("a", FILE, { xattrs: [] }),
  ],
  [
    "payload that goes back",
    (writer: PxarWriter) => {
      writer.addFileRef("a", FILE, { xattrs: [] }, { offsetBytes: 100, sizeBytes: 0, isNew: true });
      writer.addFileRef("b", FILE, { xattrs: [] }, { offsetBytes: 99, sizeBytes: 0, isNew: true });
    },
  ],
  ["a hard link out of the tree", (writer: PxarWriter) => writer.addHardlink("b", "../a", 0)],
])("the writer refuses %s", (_what, act) => {
  const writer = new PxarWriter({ write: () => undefined }, { version: 2 });
  writer.startDirectory(undefined, DIRECTORY, { xattrs: [] });
  expect(() => act(writer)).toThrow("invariant");
});

test("the table counts a new file's content and leaves re-used content out, as stock clients do", () => {
  const sizes = [true, false].map((isNew) => {
    const parts: Uint8Array[] = [];
    const writer = new PxarWriter(
      { write: (bytes) => void parts.push(Uint8Array.from(bytes)) },
      { version: 2 },
    );
    writer.startDirectory(undefined, DIRECTORY, { xattrs: [] });
    writer.addFileRef("a", FILE, { xattrs: [] }, { offsetBytes: 16, sizeBytes: 1000, isNew });
    writer.endDirectory();
    writer.finish();
    const bytes = join(...parts);
    return Number(new DataView(bytes.buffer).getBigUint64(bytes.length - 24 - 8, true));
  });
  const metadataBytes = 18 + 56 + 32;
  expect(sizes).toEqual([metadataBytes + 1000, metadataBytes]);
});
