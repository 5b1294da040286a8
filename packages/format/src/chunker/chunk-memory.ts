/**
 * The shared memory that chunks live in while they are cut, hashed and compressed.
 *
 * Page 0 holds the tables of the chunkers, then come slots of equal size. A chunk begins at the start of a slot, so the
 * scanners run in place and every thread sees the same bytes without a copy. Memory that was never written costs
 * address space only, which is why a slot may be as large as the largest chunk of any cutting.
 */

// The compiler's library for Node has no WebAssembly; this is the part that is used here.
declare const WebAssembly: {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: WasmMemory } },
  ) => { readonly exports: unknown };
};

/** A WebAssembly memory; it can be posted to a thread, which then sees the same bytes. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

const PAGE_SIZE_BYTES = 65_536;
/** What a module may import at most: 4 GiB, all that 32-bit addresses reach. */
export const PAGE_COUNT_MAX = 65_536;

export interface ChunkMemory {
  readonly memory: WasmMemory;
  readonly slotCount: number;
  readonly slotSizeBytes: number;
}

/** @throws INVARIANT_BROKEN when the slots do not fit into 32-bit addresses */
export function createChunkMemory(slotCount: number, slotSizeBytes: number): ChunkMemory {
  const pageCount = 1 + Math.ceil((slotCount * slotSizeBytes) / PAGE_SIZE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
  return { memory, slotCount, slotSizeBytes };
}

/** Address of a slot's first byte. */
export function slotStart(memory: ChunkMemory, slot: number): number {
  return PAGE_SIZE_BYTES + slot * memory.slotSizeBytes;
}

/** A fresh instance with its own state. `exports` is the caller's to name, who assembled the module. */
export function instantiate(moduleBytes: Uint8Array, memory: WasmMemory): unknown {
  return new WebAssembly.Instance(new WebAssembly.Module(moduleBytes), { env: { memory } }).exports;
}
