/**
 * A small assembler for WebAssembly, as far as the chunkers need it.
 *
 * The inner loops of the chunkers are written in TypeScript as lists of instructions and become a module when the
 * program starts (well under a millisecond). So their source can be read, tested and changed with the tools of the
 * house, and no binary lies in the repository. Every function takes and returns i32 only: i64 would cross as BigInt.
 */

/** Encoded instructions. */
export type Code = readonly number[];

const I32 = 0x7f;
const I64 = 0x7e;
const EMPTY_BLOCK = 0x40;

/** One function that the module exports. Parameters are i32 and come first in the numbering of locals. */
export interface WasmFunction {
  readonly name: string;
  readonly parameterCount: number;
  readonly returnsI32: boolean;
  /** Locals behind the parameters. */
  readonly localTypes: readonly ("i32" | "i64")[];
  readonly body: Code;
}

function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low + 128);
  } while (rest !== 0);
  return bytes;
}

function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    const done = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
    bytes.push(done ? low : low + 128);
    if (done) return bytes;
  }
}

/** Lays instructions end to end. */
export function sequence(...parts: readonly Code[]): Code {
  return parts.flat();
}

/** The same instructions for each index from 0 on, for unrolled loops. */
export function unroll(count: number, step: (index: number) => Code): Code {
  return Array.from({ length: count }, (_, index) => step(index)).flat();
}

/** Instructions by their names in the WebAssembly specification. */
export const op = {
  localGet: (local: number): Code => [0x20, ...unsignedLeb(local)],
  localSet: (local: number): Code => [0x21, ...unsignedLeb(local)],
  localTee: (local: number): Code => [0x22, ...unsignedLeb(local)],
  globalGet: (index: number): Code => [0x23, ...unsignedLeb(index)],
  globalSet: (index: number): Code => [0x24, ...unsignedLeb(index)],
  i32Const: (value: number): Code => [0x41, ...signedLeb(BigInt(value))],
  i64Const: (value: bigint): Code => [0x42, ...signedLeb(value)],
  i32Load: (offset: number): Code => [0x28, 2, ...unsignedLeb(offset)],
  i64Load: (offset: number): Code => [0x29, 3, ...unsignedLeb(offset)],
  i64LoadUnaligned: (offset: number): Code => [0x29, 0, ...unsignedLeb(offset)],
  i32Load8u: (offset: number): Code => [0x2d, 0, ...unsignedLeb(offset)],
  block: (body: Code): Code => [0x02, EMPTY_BLOCK, ...body, 0x0b],
  loop: (body: Code): Code => [0x03, EMPTY_BLOCK, ...body, 0x0b],
  if: (body: Code): Code => [0x04, EMPTY_BLOCK, ...body, 0x0b],
  branch: (depth: number): Code => [0x0c, ...unsignedLeb(depth)],
  branchIf: (depth: number): Code => [0x0d, ...unsignedLeb(depth)],
  return: [0x0f] as Code,
  i32GeU: [0x4f] as Code,
  i32Add: [0x6a] as Code,
  i32Sub: [0x6b] as Code,
  i32Or: [0x72] as Code,
  i32Xor: [0x73] as Code,
  i32Shl: [0x74] as Code,
  i32Rotl: [0x77] as Code,
  i64Eqz: [0x50] as Code,
  i64Add: [0x7c] as Code,
  i64Sub: [0x7d] as Code,
  i64And: [0x83] as Code,
  i64Shl: [0x86] as Code,
  i64ShrU: [0x88] as Code,
  i32WrapI64: [0xa7] as Code,
  i64ExtendI32U: [0xad] as Code,
} as const;

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsignedLeb(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return [...unsignedLeb(value.length), ...new TextEncoder().encode(value)];
}

function encodeBody(definition: WasmFunction): number[] {
  const locals = vector(definition.localTypes.map((type) => [1, type === "i32" ? I32 : I64]));
  const body = [...locals, ...definition.body, 0x0b];
  return [...unsignedLeb(body.length), ...body];
}

/**
 * The bytes of a module that imports the shared memory `env.memory`, keeps one 64-bit variable (global 0, starts at 0)
 * and exports the functions.
 * @param pageCountMax  must be at least the imported memory's own maximum, in pages of 64 KiB
 */
export function assembleModule(functions: readonly WasmFunction[], pageCountMax: number): Uint8Array {
  const types = functions.map((f) => [
    0x60,
    ...vector(Array.from({ length: f.parameterCount }, () => [I32])),
    ...vector(f.returnsI32 ? [[I32]] : []),
  ]);
  const sharedMemoryLimits = [0x03, ...unsignedLeb(1), ...unsignedLeb(pageCountMax)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...text("env"), ...text("memory"), 0x02, ...sharedMemoryLimits]])),
    ...section(3, vector(functions.map((_, index) => unsignedLeb(index)))),
    ...section(6, vector([[I64, 0x01, ...op.i64Const(0n), 0x0b]])),
    ...section(7, vector(functions.map((f, index) => [...text(f.name), 0x00, ...unsignedLeb(index)]))),
    ...section(10, vector(functions.map(encodeBody))),
  ]);
}
