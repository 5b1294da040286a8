/** A real finished snapshot of a tree of files that a test describes, for tests that look into archives. */

import { hexFromBytes, parseArchiveName, parseAuthId, parseSnapshotRef } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { openBackupSession } from "@ironcore-backup/engine";
import type { BackupSession, Datastore, EngineNeeds } from "@ironcore-backup/engine";
import {
  chunkDigest,
  encodeBlobParts,
  encodeManifest,
  encodePayloadStart,
  encodePayloadTail,
  PAYLOAD_HEADER_SIZE_BYTES,
  PxarWriter,
  writePayloadHeader,
} from "@ironcore-backup/format";
import type { EncryptionKey, ManifestFile, PxarStat } from "@ironcore-backup/format";

/** A string is a file's content; names are byte strings. `hardlink` names an earlier file by its path from the root. */
export type TreeNode =
  | string
  | Uint8Array
  | { readonly directory: Tree; readonly mode?: number }
  | { readonly content: string | Uint8Array; readonly mode?: number; readonly mtimeSeconds?: number }
  | { readonly symlink: string }
  | { readonly hardlink: string }
  | { readonly fifo: true }
  | { readonly device: { readonly major: number; readonly minor: number } };
export type Tree = Readonly<Record<string, TreeNode>>;

export interface TreeSnapshotOptions {
  readonly archive?: string;
  readonly key?: EncryptionKey;
  /** 1: names and contents in one stream. */
  readonly version?: 1 | 2;
}

const METADATA_CHUNK_SIZE_BYTES = 2048;
const CONTENT_CHUNK_SIZE_BYTES = 100_000;
export const TREE_MTIME_SECONDS = 1_690_000_000;
const NO_ATTRIBUTES = new Uint8Array();

/** @param name  `[NS/]type/id/time`, newer than the group's others */
export async function takeTreeSnapshot(
  needs: EngineNeeds,
  datastore: Datastore,
  name: string,
  tree: Tree,
  options: TreeSnapshotOptions = {},
): Promise<SnapshotRef> {
  const { backupTime, ...group } = parseSnapshotRef(name);
  const owner = parseAuthId("alice@ibs");
  const session = openBackupSession(needs, datastore, { group, backupTime, owner });
  try {
    const files = writeTree(needs, session, tree, options);
    const { type: backupType, id: backupId } = group;
    await session.finish(encodeManifest(needs, { backupType, backupId, backupTime, files, unprotected: {} }));
    return session.snapshot;
  } finally {
    session.abort();
  }
}

function writeTree(
  needs: EngineNeeds,
  session: BackupSession,
  tree: Tree,
  { archive = "root", key, version = 2 }: TreeSnapshotOptions,
): ManifestFile[] {
  const stream = (name: string, chunkSizeBytes: number): ChunkedStream =>
    new ChunkedStream(needs, session, { name, chunkSizeBytes, key });
  if (version === 1) {
    const whole = stream(`${archive}.pxar.didx`, METADATA_CHUNK_SIZE_BYTES);
    new TreeWriter(whole, undefined).write(tree);
    return [whole.close()];
  }
  const payload = stream(`${archive}.ppxar.didx`, CONTENT_CHUNK_SIZE_BYTES);
  const metadata = stream(`${archive}.mpxar.didx`, METADATA_CHUNK_SIZE_BYTES);
  payload.write(encodePayloadStart());
  new TreeWriter(metadata, payload).write(tree);
  payload.write(encodePayloadTail());
  return [metadata.close(), payload.close()];
}

/** Cuts after so many bytes, and where it is told to: what follows is the same chunk whatever came before. */
class ChunkedStream {
  readonly #needs: EngineNeeds;
  readonly #session: BackupSession;
  readonly #options: {
    readonly name: string;
    readonly chunkSizeBytes: number;
    readonly key: EncryptionKey | undefined;
  };
  readonly #index: ReturnType<BackupSession["createDynamicIndex"]>;
  #pending = Buffer.alloc(0);
  #cutBytes = 0;

  constructor(
    needs: EngineNeeds,
    session: BackupSession,
    options: {
      readonly name: string;
      readonly chunkSizeBytes: number;
      readonly key: EncryptionKey | undefined;
    },
  ) {
    this.#needs = needs;
    this.#session = session;
    this.#options = options;
    this.#index = session.createDynamicIndex(parseArchiveName(options.name));
  }

  get positionBytes(): number {
    return this.#cutBytes + this.#pending.length;
  }

  write(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const { chunkSizeBytes } = this.#options;
    while (this.#pending.length >= chunkSizeBytes) this.#take(chunkSizeBytes);
  }

  cut(): void {
    if (this.#pending.length > 0) this.#take(this.#pending.length);
  }

  close(): ManifestFile {
    this.cut();
    const { sizeBytes, checksum } = this.#index.close();
    const { name, key } = this.#options;
    return {
      name: parseArchiveName(name),
      cryptMode: key === undefined ? "none" : "encrypt",
      sizeBytes,
      checksum: hexFromBytes(checksum),
    };
  }

  #take(sizeBytes: number): void {
    const raw = Uint8Array.from(this.#pending.subarray(0, sizeBytes));
    this.#pending = this.#pending.subarray(sizeBytes);
    this.#cutBytes += sizeBytes;
    const { key } = this.#options;
    const digest = chunkDigest(raw, key);
    if (!this.#session.chunkStore.touch(digest, raw.length)) {
      const encoding = { compressionLevel: 1, ...(key === undefined ? {} : { key }) };
      this.#session.chunkStore.insert(digest, encodeBlobParts(this.#needs, raw, encoding).parts);
    }
    this.#index.append(this.#cutBytes, digest);
  }
}

class TreeWriter {
  readonly #writer: PxarWriter;
  readonly #payload: ChunkedStream | undefined;
  readonly #offsets = new Map<string, number>();

  constructor(metadata: ChunkedStream, payload: ChunkedStream | undefined) {
    this.#writer = new PxarWriter(metadata, { version: payload === undefined ? 1 : 2 });
    this.#payload = payload;
  }

  write(tree: Tree): void {
    this.#writer.startDirectory(undefined, statOf(0o40755), NO_ATTRIBUTES);
    this.#children(tree, "");
    this.#writer.endDirectory();
    this.#writer.finish();
  }

  #children(tree: Tree, path: string): void {
    for (const name of Object.keys(tree).sort()) {
      const node = tree[name];
      const childPath = path === "" ? name : `${path}/${name}`;
      this.#offsets.set(childPath, this.#writer.positionBytes);
      if (node !== undefined) this.#node(name, childPath, node);
    }
  }

  #node(name: string, path: string, node: TreeNode): void {
    const writer = this.#writer;
    if (typeof node === "string" || node instanceof Uint8Array) this.#file(name, { content: node });
    else if ("content" in node) this.#file(name, node);
    else if ("directory" in node) {
      writer.startDirectory(name, statOf(0o40000 | (node.mode ?? 0o755)), NO_ATTRIBUTES);
      this.#children(node.directory, path);
      writer.endDirectory();
    } else if ("symlink" in node) writer.addSymlink(name, statOf(0o120777), NO_ATTRIBUTES, node.symlink);
    else if ("hardlink" in node)
      writer.addHardlink(name, node.hardlink, this.#offsets.get(node.hardlink) ?? -1);
    else if ("device" in node) writer.addDevice(name, statOf(0o60644), NO_ATTRIBUTES, node.device);
    else writer.addSpecial(name, statOf(0o10644), NO_ATTRIBUTES);
  }

  #file(name: string, file: Extract<TreeNode, { readonly content: unknown }>): void {
    const bytes = typeof file.content === "string" ? Buffer.from(file.content) : file.content;
    const sizeBytes = bytes.length;
    const stat = { ...statOf(0o100000 | (file.mode ?? 0o644)), ...withTime(file.mtimeSeconds) };
    if (this.#payload === undefined) {
      this.#writer.startFile(name, stat, NO_ATTRIBUTES, sizeBytes);
      this.#writer.writeContent(bytes);
      return;
    }
    this.#payload.cut();
    const offsetBytes = this.#payload.positionBytes;
    this.#writer.addFileRef(name, stat, NO_ATTRIBUTES, { offsetBytes, sizeBytes, isNew: true });
    const header = new Uint8Array(PAYLOAD_HEADER_SIZE_BYTES);
    writePayloadHeader(header, sizeBytes);
    this.#payload.write(header);
    this.#payload.write(bytes);
  }
}

function withTime(mtimeSeconds: number | undefined): { readonly mtimeSeconds?: number } {
  return mtimeSeconds === undefined ? {} : { mtimeSeconds };
}

function statOf(mode: number): PxarStat {
  return { mode, flags: 0, uid: 1000, gid: 100, mtimeSeconds: TREE_MTIME_SECONDS, mtimeNanos: 0 };
}
