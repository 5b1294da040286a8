/** Test support: indexes in memory. The digest of chunk i is 32 times the byte i + 1. */

import { createDynamicIndexWriter } from "./dynamic-index.ts";
import { createFixedIndexWriter } from "./fixed-index.ts";
import type { IndexTarget } from "./index-layout.ts";

const identity = { uuid: new Uint8Array(16).fill(7), createdAtSeconds: 1_700_000_000 };
const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export interface GrowingFile extends IndexTarget {
  bytes(): Uint8Array;
}

/** A file that grows as it is written, zeros in its holes. */
export function aGrowingFile(): GrowingFile {
  let bytes = new Uint8Array(0);
  return {
    writeAt(at, part) {
      if (at + part.length > bytes.length) {
        const grown = new Uint8Array(at + part.length);
        grown.set(bytes);
        bytes = grown;
      }
      bytes.set(part, at);
    },
    bytes: () => bytes,
  };
}

export function aDynamicIndex(ends: readonly number[]): Uint8Array {
  const file = aGrowingFile();
  const writer = createDynamicIndexWriter(file, identity);
  ends.forEach((end, i) => writer.append(end, digest(i + 1)));
  writer.close();
  return file.bytes();
}

/** Of chunks of 4096 bytes, the last one a byte shorter unless told; set from the last to the first. */
export function aFixedIndex(chunkCount: number, sizeBytes = chunkCount * 4096 - 1): Uint8Array {
  const file = aGrowingFile();
  const writer = createFixedIndexWriter(file, { ...identity, sizeBytes, chunkSizeBytes: 4096 });
  for (let i = chunkCount - 1; i >= 0; i--) writer.set(i, digest(i + 1));
  writer.close();
  return file.bytes();
}
