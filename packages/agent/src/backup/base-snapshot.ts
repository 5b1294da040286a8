/** Decides whether the previous snapshot may be re-used, and says why when it may not. */

import { parseArchiveName } from "@ironcore-backup/base";
import { BLOB_RAW_SIZE_BYTES_MAX, checkManifestSignature, decodeBlob } from "@ironcore-backup/format";
import type { EncryptionKey, Manifest } from "@ironcore-backup/format";
import type { NoticeCode } from "../notice.ts";
import type { SnapshotSink } from "../snapshot-sink.ts";
import type { SnapshotSource } from "../snapshot-source.ts";
import { decodeSourceRecords, SOURCE_RECORD_NAME } from "./source-record.ts";
import type { SourceRecord } from "./source-record.ts";

export type BaseChoice =
  | { readonly base: SnapshotSource }
  | { readonly base: undefined; readonly code: NoticeCode | undefined; readonly reason: string };

export const KEY_FINGERPRINT_FIELD = "key-fingerprint";

/** Chunks of another key or none have other digests and other bytes: nothing of such a snapshot can be taken over. */
export function chooseBase(sink: SnapshotSink, isFull: boolean, key: EncryptionKey | undefined): BaseChoice {
  const no = (code: NoticeCode | undefined, reason: string): BaseChoice => ({
    base: undefined,
    code,
    reason,
  });
  if (isFull) return no("BASE_NOT_USED", "a full backup was asked for, so everything is read again");
  const { base } = sink;
  if (base === undefined) return absence(sink.baseAbsence);
  const fingerprint = base.manifest.unprotected[KEY_FINGERPRINT_FIELD];
  if (key === undefined) {
    if (fingerprint !== undefined || base.manifest.files.some((file) => file.cryptMode === "encrypt")) {
      return no(
        "BASE_NOT_USED",
        "the previous snapshot is encrypted and this one is not, so nothing of it can be re-used",
      );
    }
    return { base };
  }
  if (fingerprint !== key.fingerprint) {
    return no(
      "BASE_NOT_USED",
      "the previous snapshot was made with another key or none, so nothing of it can be re-used",
    );
  }
  if (!isSigned(base.manifest, key)) {
    return no(
      "DEDUPLICATION_PARTIAL",
      "the previous snapshot's manifest does not carry this key's signature; everything is read again",
    );
  }
  return { base };
}

function isSigned(manifest: Manifest, key: EncryptionKey): boolean {
  return checkManifestSignature(manifest, key).outcome === "valid";
}

function absence(reason: SnapshotSink["baseAbsence"]): BaseChoice {
  switch (reason) {
    case "base-corrupt":
      return {
        base: undefined,
        code: "DEDUPLICATION_PARTIAL",
        reason: "the previous snapshot failed its verification; everything is read and sent again",
      };
    case "base-unreadable":
      return {
        base: undefined,
        code: "DEDUPLICATION_PARTIAL",
        reason: "the previous snapshot could not be read; everything is read and sent again",
      };
    case "full-requested":
      return {
        base: undefined,
        code: "BASE_NOT_USED",
        reason: "a full backup was asked for, so everything is read again",
      };
    case "first-backup":
    case undefined:
      return { base: undefined, code: undefined, reason: "this is the first backup of its group" };
    default:
      return reason satisfies never;
  }
}

/** What the previous snapshot recorded of its sources; nothing when it has no record that can be read. */
export function readSourceRecords(
  base: SnapshotSource,
  key: EncryptionKey | undefined,
): readonly SourceRecord[] {
  if (!base.manifest.files.some((file) => file.name === SOURCE_RECORD_NAME)) return [];
  const blob = base.readBlob(parseArchiveName(SOURCE_RECORD_NAME));
  const options = { rawSizeBytesMax: BLOB_RAW_SIZE_BYTES_MAX, ...(key === undefined ? {} : { key }) };
  return decodeSourceRecords(decodeBlob(blob, options));
}
