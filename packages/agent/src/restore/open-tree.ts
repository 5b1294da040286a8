/** A file archive that is open for restoring: its metadata, and the index of the stream that holds its files' data. */

import { ArchiveSource, PAYLOAD_HEADER_SIZE_BYTES, PxarReader, PxarTree } from "@ironcore-backup/format";
import type { DynamicIndexReader, EncryptionKey, ManifestFile, PxarEntry } from "@ironcore-backup/format";
import { agentErrors } from "../errors.ts";
import type { SnapshotSource } from "../snapshot-source.ts";
import type { ChosenArchive } from "./archive-choice.ts";

export type TreeArchive = Exclude<ChosenArchive, { kind: "image" | "stream" }>;

/** Where a file's data lies in the stream that holds it. */
export interface DataPlace {
  readonly startBytes: number;
  readonly sizeBytes: number;
}

export class OpenTree {
  readonly archive: TreeArchive;
  readonly payload: DynamicIndexReader;
  readonly #metadata: ArchiveSource;
  #tree: PxarTree | undefined;

  /** @throws INDEX_CORRUPT, ARCHIVE_MISSING */
  constructor(source: SnapshotSource, archive: TreeArchive, key: EncryptionKey | undefined) {
    const file = archive.kind === "split" ? archive.metadata : archive.archive;
    const index = source.openDynamicIndex(file.name);
    this.archive = archive;
    const options = file.cryptMode === "encrypt" ? { key } : {};
    this.#metadata = new ArchiveSource(source, index, options);
    this.payload = archive.kind === "split" ? source.openDynamicIndex(archive.payload.name) : index;
  }

  get payloadFile(): ManifestFile {
    return this.archive.kind === "split" ? this.archive.payload : this.archive.archive;
  }

  get storedReadBytes(): number {
    return this.#metadata.storedReadBytes;
  }

  /** From the front. @throws ARCHIVE_CORRUPT, and what reading chunks throws */
  reader(): PxarReader {
    return new PxarReader(this.#metadata, { payloadSizeBytes: this.payload.sizeBytes });
  }

  /** The file that a hard link is another name of. @throws ARCHIVE_CORRUPT when it is not in this archive */
  firstNameOf(link: PxarEntry): PxarEntry {
    this.#tree ??= new PxarTree(this.#metadata, { payloadSizeBytes: this.payload.sizeBytes });
    return this.#tree.resolveHardlink(link);
  }

  /** @throws ARCHIVE_DAMAGED for a place outside the stream */
  dataPlace(entry: PxarEntry): DataPlace {
    const { content } = entry;
    const headerBytes = content?.place === "payload" ? PAYLOAD_HEADER_SIZE_BYTES : 0;
    const startBytes = (content?.offsetBytes ?? 0) + headerBytes;
    const sizeBytes = content?.sizeBytes ?? 0;
    if (startBytes + sizeBytes > this.payload.sizeBytes) {
      throw agentErrors.ARCHIVE_DAMAGED({
        archive: this.archive.stem,
        detail: "a file's data lies outside its stream",
      });
    }
    return { startBytes, sizeBytes };
  }
}
