/** The end of a directory: the last 24 bytes of its table tell where the table and the directory begin. */

import type { ArchiveWindow } from "./archive-window.ts";
import {
  archiveCorrupt,
  GOODBYE_ITEM_SIZE_BYTES,
  ITEM_HEADER_SIZE_BYTES,
  itemKindAt,
  readU64,
} from "./pxar-item.ts";

export interface GoodbyeTail {
  /** Where the GOODBYE item lies. */
  readonly goodbyeBytes: number;
  /** Where the directory's ENTRY lies; 0 for the root. */
  readonly entryOffsetBytes: number;
  readonly childCount: number;
}

/** Of the table that ends at `endBytes`. @throws ARCHIVE_CORRUPT */
export function readGoodbyeTail(window: ArchiveWindow, endBytes: number): GoodbyeTail {
  const tailBytes = endBytes - GOODBYE_ITEM_SIZE_BYTES;
  if (tailBytes < ITEM_HEADER_SIZE_BYTES)
    throw archiveCorrupt(Math.max(0, tailBytes), "a directory has no table");
  const at = window.ensure(tailBytes, GOODBYE_ITEM_SIZE_BYTES);
  const isTail = itemKindAt(window.view, at) === "goodbye-tail";
  const backBytes = readU64(window.view, at + 8);
  const sizeBytes = readU64(window.view, at + 16);
  const goodbyeBytes = endBytes - sizeBytes;
  const entryOffsetBytes = goodbyeBytes - backBytes;
  const rowCount = (sizeBytes - ITEM_HEADER_SIZE_BYTES) / GOODBYE_ITEM_SIZE_BYTES;
  if (!isTail || !(entryOffsetBytes >= 0) || !Number.isSafeInteger(rowCount) || rowCount < 1) {
    throw archiveCorrupt(tailBytes, "a directory's table does not end as it must");
  }
  if (window.openItem(goodbyeBytes, endBytes) !== "goodbye" || window.itemSizeBytes !== sizeBytes) {
    throw archiveCorrupt(goodbyeBytes, "a directory's table is not where its tail says");
  }
  return { goodbyeBytes, entryOffsetBytes, childCount: rowCount - 1 };
}
