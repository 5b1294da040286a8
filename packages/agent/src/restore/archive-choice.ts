/** Finds the archives of a snapshot that a restore is about, and makes sure of the key before anything is written. */

import { CodedError } from "@ironcore-backup/base";
import type { ArchiveName } from "@ironcore-backup/base";
import {
  CHUNK_RAW_SIZE_BYTES_MAX,
  checkManifestSignature,
  decodeBlob,
  formatErrors,
} from "@ironcore-backup/format";
import type { EncryptionKey, Manifest, ManifestFile } from "@ironcore-backup/format";
import { agentErrors } from "../errors.ts";
import type { SnapshotSource } from "../snapshot-source.ts";

export type ChosenArchive =
  | {
      readonly kind: "split";
      readonly stem: string;
      readonly metadata: ManifestFile;
      readonly payload: ManifestFile;
    }
  | { readonly kind: "single"; readonly stem: string; readonly archive: ManifestFile }
  /** A plain stream of bytes: the output of a command. */
  | { readonly kind: "stream"; readonly stem: string; readonly archive: ManifestFile }
  | { readonly kind: "image"; readonly stem: string; readonly archive: ManifestFile };

const METADATA = ".mpxar.didx";
const PAYLOAD = ".ppxar.didx";
const SINGLE = ".pxar.didx";
const IMAGE = ".fidx";
const STREAM = ".didx";
/** What helps other programs, and us, to find things; nothing to restore. */
const ASIDE = /^catalog\.pcat1\.didx$|\.identity\.didx$/;

/** Every file archive, image and plain stream. Blobs, the catalog and our own identity lists hold nothing to restore. */
export function restorableArchives(manifest: Manifest): ChosenArchive[] {
  const byName = new Map(manifest.files.map((file): [string, ManifestFile] => [file.name, file]));
  const archives: ChosenArchive[] = [];
  for (const file of manifest.files) {
    const { name } = file;
    if (name.endsWith(METADATA)) {
      const stem = name.slice(0, -METADATA.length);
      const payload = byName.get(stem + PAYLOAD);
      if (payload === undefined)
        throw agentErrors.ARCHIVE_DAMAGED({ archive: name, detail: `its ${stem + PAYLOAD} is missing` });
      archives.push({ kind: "split", stem, metadata: file, payload });
    } else if (name.endsWith(SINGLE))
      archives.push({ kind: "single", stem: name.slice(0, -SINGLE.length), archive: file });
    else if (name.endsWith(IMAGE))
      archives.push({ kind: "image", stem: name.slice(0, -IMAGE.length), archive: file });
    else if (name.endsWith(STREAM) && !name.endsWith(PAYLOAD) && !ASIDE.test(name))
      archives.push({ kind: "stream", stem: name.slice(0, -STREAM.length), archive: file });
  }
  return archives;
}

/** @throws ARCHIVE_NOT_IN_SNAPSHOT with the names that there are */
export function chooseArchives(manifest: Manifest, names: readonly string[] | undefined): ChosenArchive[] {
  const all = restorableArchives(manifest);
  if (names === undefined || names.length === 0) return all;
  const chosen = names.map((name) => {
    const wanted = archive(name);
    const found =
      all.find((candidate) => candidate.stem === wanted) ??
      all.find((candidate) => candidate.kind === "image" && candidate.stem === `${wanted}.img`);
    if (found === undefined) {
      const known = all.map((candidate) => candidate.stem).join(", ");
      throw agentErrors.ARCHIVE_NOT_IN_SNAPSHOT({ archive: name, known: known === "" ? "none" : known });
    }
    return found;
  });
  return [...new Set(chosen)];
}

/** `x`, `x.mpxar`, `x.ppxar.didx` and `x.pxar.didx` all mean x. */
function archive(name: string): string {
  return name.replace(/\.(didx|fidx)$/, "").replace(/\.(mpxar|ppxar|pxar)$/, "");
}

export function manifestFilesOf(archive: ChosenArchive): readonly ManifestFile[] {
  return archive.kind === "split" ? [archive.metadata, archive.payload] : [archive.archive];
}

/**
 * @throws KEY_REQUIRED, KEY_WRONG, MANIFEST_CORRUPT when the key's signature does not fit the manifest
 */
export function assertKeyFits(
  source: SnapshotSource,
  archives: readonly ChosenArchive[],
  key: EncryptionKey | undefined,
): void {
  const encrypted = archives.flatMap(manifestFilesOf).filter((file) => file.cryptMode === "encrypt");
  if (key === undefined) {
    if (encrypted.length > 0) throw formatErrors.KEY_REQUIRED({});
    return;
  }
  const check = checkManifestSignature(source.manifest, key);
  if (check.outcome === "wrong-key") {
    throw formatErrors.KEY_WRONG({ expected: check.fingerprint, given: key.fingerprint });
  }
  if (check.outcome === "invalid") {
    throw formatErrors.MANIFEST_CORRUPT({
      detail: "its signature was not made over this content with the given key",
    });
  }
  // An unsigned manifest says nothing of its key, so one chunk has to.
  const [first] = encrypted;
  if (check.outcome === "unsigned" && first !== undefined) assertDecrypts(source, first.name, key);
}

function assertDecrypts(source: SnapshotSource, name: ArchiveName, key: EncryptionKey): void {
  const index = name.endsWith(IMAGE) ? source.openFixedIndex(name) : source.openDynamicIndex(name);
  if (index.chunkCount === 0) return;
  try {
    decodeBlob(source.readChunk(index.digestAt(0)), { key, rawSizeBytesMax: CHUNK_RAW_SIZE_BYTES_MAX });
  } catch (thrown) {
    // Only the key is in question here; a damaged chunk is found, and told with its files, when it is restored.
    if (thrown instanceof CodedError && thrown.code === "KEY_WRONG") throw thrown;
  }
}
