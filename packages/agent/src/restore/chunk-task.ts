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

export function packPieces(pieces: readonly FilePiece[]): PackedPieces {
  const numbers = new Float64Array(pieces.length * NUMBERS_PER_PIECE);
  const attributes: Uint8Array[] = [];
  pieces.forEach((piece, index) => {
    const { whole } = piece;
    numbers.set(
      [
        piece.chunkOffsetBytes,
        piece.fileOffsetBytes,
        piece.sizeBytes,
        whole === undefined ? IS_PART : IS_WHOLE,
        whole?.mode ?? 0,
        whole?.flags ?? 0,
        whole?.uid ?? 0,
        whole?.gid ?? 0,
        whole?.mtimeSeconds ?? 0,
        whole?.mtimeNanos ?? 0,
        whole?.attributes.length ?? 0,
        piece.headerSaysBytes ?? NO_HEADER,
      ],
      index * NUMBERS_PER_PIECE,
    );
    if (whole !== undefined && whole.attributes.length > 0) attributes.push(whole.attributes);
  });
  return {
    paths: pieces.map((piece) => piece.path).join("\0"),
    numbers,
    attributes: Buffer.concat(attributes),
  };
}

export function unpackPieces(packed: PackedPieces): FilePiece[] {
  const { numbers } = packed;
  const paths = numbers.length === 0 ? [] : packed.paths.split("\0");
  let attributesAt = 0;
  return paths.map((path, index) => {
    const at = index * NUMBERS_PER_PIECE;
    const number = (field: number): number => numbers[at + field] ?? 0;
    const attributes = packed.attributes.subarray(attributesAt, attributesAt + number(10));
    attributesAt += number(10);
    return {
      path,
      chunkOffsetBytes: number(0),
      fileOffsetBytes: number(1),
      sizeBytes: number(2),
      headerSaysBytes: number(11) === NO_HEADER ? undefined : number(11),
      whole:
        number(3) === IS_PART
          ? undefined
          : {
              mode: number(4),
              flags: number(5),
              uid: number(6),
              gid: number(7),
              mtimeSeconds: number(8),
              mtimeNanos: number(9),
              attributes,
            },
    };
  });
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
