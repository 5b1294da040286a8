/** Test support: runs a scanner over data in one slot, fed in pieces, and returns where the chunks end. */

import type { ChunkMemory } from "./chunk-memory.ts";
import { slotStart } from "./chunk-memory.ts";
import type { CutScanner } from "./cut-scanner.ts";

/** @param pieceSize  how many bytes the next call gets at most */
export function cutAll(
  scanner: CutScanner,
  memory: ChunkMemory,
  data: Uint8Array,
  pieceSize: () => number,
): number[] {
  const start = slotStart(memory, 0);
  const slot = new Uint8Array(memory.memory.buffer, start, memory.slotSizeBytes);
  const cuts: number[] = [];
  let chunkStart = 0;
  let filled = 0;
  while (chunkStart + filled < data.length) {
    const from = chunkStart + filled;
    const count = Math.min(pieceSize(), data.length - from, slot.length - filled);
    slot.set(data.subarray(from, from + count), filled);
    const cut = scanner.scan(start, filled, filled + count);
    filled += count;
    if (cut === 0) continue;
    chunkStart += cut;
    filled = 0;
    cuts.push(chunkStart);
  }
  if (filled > 0) cuts.push(data.length);
  return cuts;
}
