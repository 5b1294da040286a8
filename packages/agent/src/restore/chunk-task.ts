/**
 * What a decode thread does with one chunk of file data: which pieces of it go into which files.
 *
 * A chunk of small files holds hundreds of pieces. They travel as one string, one array of numbers and one array of bytes,
 * because cloning hundreds of objects for another thread takes longer than writing the files.
 */

/** One piece of a file inside one chunk. */
export interface FilePiece {
  /** Relative to the target, a byte string. */
  readonly path: string;
  readonly chunkOffsetBytes: number;
  readonly fileOffsetBytes: number;
  readonly sizeBytes: number;
  /** Size of the whole file when the header before its data, which must say the same, lies in this chunk too. */
  readonly headerSaysBytes: number | undefined;
  /** The whole file: the thread makes it, fills it and finishes its metadata. Absent: it exists and is only written to. */
  readonly whole: WholeFile | undefined;
}

export interface WholeFile {
  readonly mode: number;
  readonly flags: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
  /** The attribute items as the archive has them. */
  readonly attributes: Uint8Array;
}

export interface PackedPieces {
  readonly paths: string;
  readonly numbers: Float64Array;
  readonly attributes: Uint8Array;
}

const NUMBERS_PER_PIECE = 12;
const NO_HEADER = -1;
const IS_WHOLE = 1;
const IS_PART = 0;

/** Gathers the pieces of one chunk in the form they travel in. */
export class PieceBatch {
  readonly #paths: string[] = [];
  readonly #numbers: number[] = [];
  readonly #attributes: Uint8Array[] = [];

  get count(): number {
    return this.#paths.length;
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  add(piece: FilePiece): void {
    const { whole } = piece;
    this.#paths.push(piece.path);
    this.#numbers.push(
      piece.chunkOffsetBytes,
      piece.fileOffsetBytes,
      piece.sizeBytes,
      piece.headerSaysBytes ?? NO_HEADER,
      whole === undefined ? IS_PART : IS_WHOLE,
      whole?.mode ?? 0,
      whole?.flags ?? 0,
      whole?.uid ?? 0,
      whole?.gid ?? 0,
      whole?.mtimeSeconds ?? 0,
      whole?.mtimeNanos ?? 0,
      whole?.attributes.length ?? 0,
    );
    if (whole !== undefined && whole.attributes.length > 0) this.#attributes.push(whole.attributes);
  }

  pack(): PackedPieces {
    return {
      paths: this.#paths.join("\0"),
      numbers: Float64Array.from(this.#numbers),
      attributes: Buffer.concat(this.#attributes),
    };
  }
}

/** One by one: thousands of them at once would be more memory than the chunk. */
export function* unpackPieces(packed: PackedPieces): Generator<FilePiece> {
  const { numbers, attributes } = packed;
  const paths = numbers.length === 0 ? [] : packed.paths.split("\0");
  let attributesAt = 0;
  for (const [index, path] of paths.entries()) {
    const at = index * NUMBERS_PER_PIECE;
    const number = (field: number): number => numbers[at + field] ?? 0;
    const attributesEnd = attributesAt + number(11);
    yield {
      path,
      chunkOffsetBytes: number(0),
      fileOffsetBytes: number(1),
      sizeBytes: number(2),
      headerSaysBytes: number(3) === NO_HEADER ? undefined : number(3),
      whole:
        number(4) === IS_PART
          ? undefined
          : {
              mode: number(5),
              flags: number(6),
              uid: number(7),
              gid: number(8),
              mtimeSeconds: number(9),
              mtimeNanos: number(10),
              attributes: attributes.subarray(attributesAt, attributesEnd),
            },
    };
    attributesAt = attributesEnd;
  }
}

/** What the thread answers. */
export interface ChunkAnswer {
  readonly writtenBytes: number;
  readonly failures: readonly PieceFailure[];
}

/** `errno` is negative. A piece whose data could not be written is fatal, missing attributes are a warning. */
export interface PieceFailure {
  readonly path: string;
  readonly what: string;
  readonly errno: number;
  readonly isFatal: boolean;
}
