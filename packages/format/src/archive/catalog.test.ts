import { expect, test } from "vitest";
import fc from "fast-check";
import { CodedError } from "@ironcore-backup/base";
import { pushSignedVarint, pushVarint } from "./catalog-layout.ts";
import { CatalogReader } from "./catalog-reader.ts";
import { CatalogWriter } from "./catalog-writer.ts";

const sourceOf = (bytes: Uint8Array) => ({
  sizeBytes: bytes.length,
  read: (at: number, length: number) => bytes.subarray(at, at + length),
});

function catalog(files: readonly { name: string; size: number; mtime: number }[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new CatalogWriter({ write: (bytes) => void parts.push(bytes) });
  writer.startDirectory("root.pxar.didx");
  writer.startDirectory("empty");
  writer.endDirectory();
  for (const file of files) writer.addFile(file.name, file.size, file.mtime);
  writer.add("symlink", "zz-link");
  writer.endDirectory();
  const { sizeBytes } = writer.finish();
  const bytes = new Uint8Array(Buffer.concat(parts));
  expect(bytes.length).toBe(sizeBytes);
  return bytes;
}

const varint = (push: (target: number[], value: number) => void, value: number): number[] => {
  const target: number[] = [];
  push(target, value);
  return target;
};

test("numbers are written as the format page says", () => {
  expect(varint(pushVarint, 0)).toEqual([0]);
  expect(varint(pushVarint, 300)).toEqual([0xac, 0x02]);
  expect(varint(pushSignedVarint, -300)).toEqual([0xac, 0x82, 0x00]);
});

test("any directory reads back, times before 1970 too", () => {
  const file = fc.record({
    name: fc.string({ minLength: 1, maxLength: 20 }).filter((name) => /^[a-y]+$/.test(name)),
    size: fc.maxSafeNat(),
    mtime: fc.integer(),
  });
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: (row) => row.name, maxLength: 30 }), (files) => {
      const reader = new CatalogReader(sourceOf(catalog(files)));
      const [archive] = reader.list(reader.rootPlace);
      const rows = reader.list(archive?.tablePlace ?? 0);
      expect(
        rows.filter((row) => row.kind === "file").map((row) => [row.name, row.sizeBytes, row.mtimeSeconds]),
      ).toEqual(files.map((row) => [row.name, row.size, row.mtime]));
      const empty = rows.find((row) => row.name === "empty");
      expect(reader.list(empty?.tablePlace ?? 0)).toEqual([]);
    }),
  );
});

test("truncated and altered catalogs end in an answer or a coded error, never in a loop", () => {
  const bytes = catalog([{ name: "abc", size: 5, mtime: -7 }]);
  const walk = (altered: Uint8Array): number => {
    const reader = new CatalogReader(sourceOf(altered));
    const descend = (place: number, depth: number): number =>
      depth > 100
        ? Number.NaN
        : reader
            .list(place)
            .reduce(
              (sum, row) => sum + 1 + (row.tablePlace === undefined ? 0 : descend(row.tablePlace, depth + 1)),
              0,
            );
    return descend(reader.rootPlace, 0);
  };
  expect(walk(bytes)).toBe(4);
  for (let at = 0; at < bytes.length; at++) {
    for (const altered of [
      bytes.subarray(0, at),
      ...[1, 0x80, 0xff].map((change) =>
        Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ change : byte)),
      ),
    ]) {
      try {
        expect(walk(altered)).not.toBeNaN();
      } catch (error) {
        expect(error).toBeInstanceOf(CodedError);
      }
    }
  }
});
