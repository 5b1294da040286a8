/** A stream that is cut by its content, with the index that lists its chunks. */

import { parseArchiveName } from "@ironcore-backup/base";
import type { ChunkStream, PipelineChunk } from "@ironcore-backup/format";
import type { ClosedIndex } from "../snapshot-sink.ts";
import type { BackupRun, StoredArchive } from "./backup-run.ts";
import { indexFileSizeBytes } from "./image-stream.ts";

const DYNAMIC_ENTRY_SIZE_BYTES = 40;

export interface ArchiveStream {
  readonly stream: ChunkStream;
  /** After the stream's end. */
  close(): StoredArchive;
}

/** @param name  ends in `.didx` */
export function openArchiveStream(
  run: BackupRun,
  name: string,
  averageSizeBytes: number,
  observe?: (chunk: PipelineChunk) => void,
): ArchiveStream {
  const archiveName = parseArchiveName(name);
  const index = run.sink.createDynamicIndex(archiveName);
  const stream = run.pipeline.openStream({ kind: "gear", averageSizeBytes }, (chunk) => {
    observe?.(chunk);
    if (chunk.outcome === "stored") run.sink.chunkStored(chunk.digest);
    index.append(chunk.endBytes, chunk.digest);
  });
  const close = (): StoredArchive => {
    const closed: ClosedIndex = index.close();
    run.counts.overheadSizeBytes += indexFileSizeBytes(closed.chunkCount, DYNAMIC_ENTRY_SIZE_BYTES);
    return { name: archiveName, sizeBytes: closed.sizeBytes, checksum: closed.checksum };
  };
  return { stream, close };
}
