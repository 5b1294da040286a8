/**
 * A snapshot's files as a person thinks of them: a tree of files is several of them (metadata, contents, identities), a disk
 * image and a single blob are one each.
 */

import type { Snapshot } from "@ironcore-backup/protocol/calls";

type SnapshotFile = Snapshot["files"][number];

export interface ShownArchive {
  /** `root.pxar`, `disk.img`, `sources` */
  readonly name: string;
  readonly kind: "tree" | "image" | "blob";
  readonly sizeBytes: number;
  readonly cryptMode: SnapshotFile["cryptMode"];
  /** Of all its parts; absent while that was not asked for. */
  readonly chunkCount?: number | undefined;
}

/** Trees first, then images, then the rest, each by name. */
export function listArchives(files: readonly SnapshotFile[]): ShownArchive[] {
  const archives = new Map<string, ShownArchive>();
  for (const { name, sizeBytes, cryptMode, chunkCount } of files) {
    const part = archiveOf(name);
    if (part === undefined) continue;
    const before = archives.get(part.name);
    archives.set(part.name, {
      ...part,
      cryptMode: before?.cryptMode === "encrypt" ? "encrypt" : cryptMode,
      sizeBytes: (before?.sizeBytes ?? 0) + sizeBytes,
      chunkCount: sumOf(before?.chunkCount, chunkCount),
    });
  }
  return [...archives.values()].sort(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.name.localeCompare(b.name),
  );
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

const KINDS = ["tree", "image", "blob"] as const;

function archiveOf(file: string): Pick<ShownArchive, "name" | "kind"> | undefined {
  // Which file is the same as in the snapshot before; nothing that a person restores.
  if (file.endsWith(".identity.didx") || file.startsWith("catalog.pcat1")) return undefined;
  const tree = /^(.*)\.[mp]?pxar\.didx$/.exec(file)?.[1];
  if (tree !== undefined) return { name: `${tree}.pxar`, kind: "tree" };
  if (file.endsWith(".fidx")) return { name: file.slice(0, -".fidx".length), kind: "image" };
  return { name: file.replace(/\.(?:blob|didx)$/, ""), kind: "blob" };
}
