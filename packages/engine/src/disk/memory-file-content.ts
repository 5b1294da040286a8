/** The bytes of one file of the memory disk: what a running system sees, and what was made durable. */

import type { Random } from "@ironcore-backup/base";

export interface MemoryFileContent {
  readonly sizeBytes: number;
  read(target: Uint8Array, positionBytes: number): number;
  write(bytes: Uint8Array, positionBytes: number): void;
  makeDurable(): void;
  /** Unless durable: the new bytes, the old ones, none, or the new ones with a part that reads as zeros. */
  cutPower(random: Random): void;
}

const EMPTY = new Uint8Array(0);

export function createMemoryFileContent(): MemoryFileContent {
  /** Both may be one array: `write` copies before it changes what is durable. */
  let bytes: Uint8Array = EMPTY;
  let durable: Uint8Array = EMPTY;
  let sizeBytes = 0;
  let durableSizeBytes = 0;

  function ensureCapacity(capacityBytes: number): void {
    if (bytes !== durable && bytes.length >= capacityBytes) return;
    const grown = new Uint8Array(
      Math.max(capacityBytes, capacityBytes > bytes.length ? bytes.length * 2 : 0),
    );
    grown.set(bytes.subarray(0, sizeBytes));
    bytes = grown;
  }

  function keep(survivor: Uint8Array, survivorSizeBytes: number): void {
    bytes = survivor;
    durable = survivor;
    sizeBytes = survivorSizeBytes;
    durableSizeBytes = survivorSizeBytes;
  }

  function tear(random: Random): void {
    const torn = bytes.slice(0, sizeBytes);
    const holeStart = random.integer(0, sizeBytes);
    torn.fill(0, holeStart, random.integer(holeStart, sizeBytes));
    keep(torn, random.integer(holeStart, sizeBytes));
  }

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    read: (target, positionBytes) => {
      const found = bytes.subarray(
        Math.min(positionBytes, sizeBytes),
        Math.min(sizeBytes, positionBytes + target.length),
      );
      target.set(found);
      return found.length;
    },
    write: (part, positionBytes) => {
      ensureCapacity(Math.max(sizeBytes, positionBytes + part.length));
      bytes.set(part, positionBytes);
      sizeBytes = Math.max(sizeBytes, positionBytes + part.length);
    },
    makeDurable: () => keep(bytes, sizeBytes),
    cutPower: (random) => {
      const fate = random.integer(0, 3);
      if (fate === 0) keep(bytes, sizeBytes);
      else if (fate === 1) keep(durable, durableSizeBytes);
      else if (fate === 2) keep(EMPTY, 0);
      else tear(random);
    },
  };
}
