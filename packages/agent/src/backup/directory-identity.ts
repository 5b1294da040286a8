/**
 * Which inode each directory of a file archive was: `NAME.identity.didx`, 16 bytes for each directory in archive order, the
 * file system's id and the inode number.
 *
 * Why: a file counts as unchanged when its name, size, times and owner are those of the previous snapshot and its
 * change time is older. The kernel moves the change time with every change of the file and of its own name, but not
 * when a directory above it is renamed. `mv release-2 current`, where both releases hold a file of the same size and
 * modification time (unpacked archives do), would otherwise leave the old release's data in the new snapshot. A
 * directory that is still the same inode at the same path holds the files it held before or ones with new change times.
 *
 * Archives of other programs have no such list; then nothing is taken for unchanged.
 */

import type { ChunkStream } from "@ironcore-backup/format";
import type { FileStat } from "../syscalls/file-stat.ts";

const RECORD_SIZE_BYTES = 16;
const BUFFER_SIZE_BYTES = 64 * 1024;
export const IDENTITY_CHUNK_SIZE_BYTES = 64 * 1024;

export class IdentityWriter {
  readonly #stream: ChunkStream;
  readonly #buffer = Buffer.alloc(BUFFER_SIZE_BYTES);
  #fill = 0;

  constructor(stream: ChunkStream) {
    this.#stream = stream;
  }

  /** To be called once for every directory entry of the archive, in its order. */
  add(fileSystemId: string, stat: FileStat): void {
    if (this.#fill === BUFFER_SIZE_BYTES) this.flush();
    encodeIdentity(this.#buffer, this.#fill, fileSystemId, stat);
    this.#fill += RECORD_SIZE_BYTES;
  }

  flush(): void {
    this.#stream.write(this.#buffer.subarray(0, this.#fill));
    this.#fill = 0;
  }
}

function encodeIdentity(buffer: Buffer, at: number, fileSystemId: string, stat: FileStat): void {
  buffer.fill(0, at, at + RECORD_SIZE_BYTES);
  buffer.write(fileSystemId.slice(0, 16), at, "hex");
  buffer.writeUInt32LE(stat.inodeLow, at + 8);
  buffer.writeUInt32LE(stat.inodeHigh, at + 12);
}

/** Random access to what `ByteSource` of the format gives: a view that is valid until the next call. */
export interface RecordSource {
  readonly sizeBytes: number;
  read(offsetBytes: number, length: number): Uint8Array;
}

export class IdentityReader {
  readonly #source: RecordSource;
  readonly #expected = Buffer.alloc(RECORD_SIZE_BYTES);

  constructor(source: RecordSource) {
    this.#source = source;
  }

  /** True when the directory at this place of the previous archive was this very one. */
  isSame(directoryIndex: number, fileSystemId: string, stat: FileStat): boolean {
    const at = directoryIndex * RECORD_SIZE_BYTES;
    if (fileSystemId === "" || at + RECORD_SIZE_BYTES > this.#source.sizeBytes) return false;
    encodeIdentity(this.#expected, 0, fileSystemId, stat);
    return Buffer.compare(this.#expected, this.#source.read(at, RECORD_SIZE_BYTES)) === 0;
  }
}
