/**
 * One backup being written, from open to close.
 *
 * States: `writing` → `finishing` → `finished`, and from the first two → `aborted`. A finish that fails leaves `failed`,
 * which only `abort` leaves. Nobody sees a snapshot before its manifest has its name, and the manifest gets its name only when
 * everything it stands for is durable:
 *
 *   1. all indexes are closed, the manifest names exactly the files that were written, the base is still there
 *   2. one sync of the whole file system: chunks, indexes, blobs, and the directories that name them
 *   3. the manifest's bytes are synced, then renamed into place, then the directory is synced
 *
 * A process or a machine that dies before 3 leaves an unfinished snapshot: nobody restores from it or stands on it, the next
 * backup of the group removes it, and the chunks it wrote are checked before anybody trusts them (see chunk-store.ts).
 * Locks are taken in the order store, group, base, snapshot, and go with the process.
 */

import { assertInvariant, formatSnapshotRef, parseBackupTime } from "@ironcore-backup/base";
import type { ArchiveName, AuthId, GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { MANIFEST_NAME } from "@ironcore-backup/format";
import type { Manifest, ThreadModule } from "@ironcore-backup/format";
import { chunkPath } from "../chunk-store/chunk-path.ts";
import { chunkWriterModule } from "../chunk-store/chunk-store-module.ts";
import { createChunkStore } from "../chunk-store/chunk-store.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { assertPinned, isPinned, pinStore } from "../chunk-store/store-pin.ts";
import type { StorePin } from "../chunk-store/store-pin.ts";
import { createDigestSet } from "../digests/digest-set.ts";
import type { DigestSet } from "../digests/digest-set.ts";
import { writeFileAtomically } from "../datastore/atomic-file.ts";
import type { Datastore, EngineNeeds } from "../datastore/datastore.ts";
import { assertStoreIdentity } from "../datastore/store-identity.ts";
import { decodeManifestOf } from "../datastore/manifest-file.ts";
import { assertNamespace } from "../datastore/namespace.ts";
import { isFinished } from "../datastore/snapshot-list.ts";
import { CLIENT_LOG_NAME, manifestPath, snapshotPath } from "../datastore/snapshot-path.ts";
import type { DiskLock, FileSystemHandle } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { lockSnapshot } from "../locks/backup-lock.ts";
import { registerWriter } from "../locks/store-writer.ts";
import type { StoreWriter } from "../locks/store-writer.ts";
import { chooseBase, collectVouched } from "./base-snapshot.ts";
import type { BaseAbsence, BaseChoice } from "./base-snapshot.ts";
import type { OpenSnapshot } from "./open-snapshot.ts";
import { enterGroup } from "./session-group.ts";
import type { SessionGroup } from "./session-group.ts";
import { createOpenIndexes, writeBlobFile } from "./snapshot-file.ts";
import type { DynamicIndexFile, FixedIndexFile, OpenIndexes, WrittenFile } from "./snapshot-file.ts";

export interface BackupRequest {
  readonly group: GroupRef;
  /** Whole seconds; newer than every finished snapshot of the group. */
  readonly backupTime: number;
  /** Becomes the owner of a new group; must be allowed to write into an existing one. */
  readonly owner: AuthId;
  /** Nothing is re-used from the base: everything is read and hashed again. Chunks that are there are still not written twice. */
  readonly isFull?: boolean;
  /** Whether this backup's chunks are encrypted, where it is known from the start. */
  readonly isEncrypted?: boolean;
  /** The name that the store must carry; absent: any. */
  readonly identity?: string;
}

export interface FinishOptions {
  readonly beforePublish?: () => Promise<void>;
}

/** Has the shape of the agent's `SnapshotSink`. */
export interface BackupSession {
  readonly snapshot: SnapshotRef;
  readonly group: GroupRef;
  readonly backupTime: number;
  readonly base: OpenSnapshot | undefined;
  readonly baseAbsence: BaseAbsence | undefined;
  /** Unfinished snapshots of killed sessions that were found and removed. */
  readonly removedLeftoverCount: number;
  /** For compute threads; they write to the real disk. */
  readonly chunkWriter: ThreadModule;
  /** The same rules in this thread, on the session's own disk. */
  readonly chunkStore: ChunkStore;
  /** True when a chunk of the base is still in the store; it is touched. */
  hasChunk(digest: Uint8Array): boolean;
  /** A compute thread has stored it: its way to the disk begins beside the rest of the backup, not at its end. */
  chunkStored(digest: Uint8Array): void;
  /** @throws SESSION_CLOSED, FILE_EXISTS for a second index of the name, DISK_FULL */
  createDynamicIndex(name: ArchiveName): DynamicIndexFile;
  createFixedIndex(name: ArchiveName, sizeBytes: number, chunkSizeBytes: number): FixedIndexFile;
  /** A second blob of the name replaces the first. @throws SESSION_CLOSED, BLOB_CHECKSUM_WRONG and its like, DISK_FULL */
  putBlob(name: ArchiveName, blob: Uint8Array): void;
  /**
   * Durable when it resolves; the locks are let go then.
   * @param manifest  `index.json.blob`
   * @param options   `beforePublish` is awaited when all data is durable, right before the manifest gets its name; when it
   *   throws, nothing is published
   * @throws SESSION_CLOSED, SESSION_INCOMPLETE, MANIFEST_UNREADABLE, BASE_VANISHED, DISK_FULL, DISK_WRITE_FAILED
   */
  finish(manifest: Uint8Array, options?: FinishOptions): Promise<void>;
  /** Removes every trace and lets the locks go. Twice, and after `finish`, it does nothing. */
  abort(): void;
}

/**
 * Takes the locks, removes what a killed session left in the group, chooses the base, makes the snapshot's directory.
 * When it throws, nothing is left and nothing is locked.
 *
 * @throws DATASTORE_NOT_SAME, NAMESPACE_MISSING, DATASTORE_BUSY, GROUP_LOCKED, GROUP_OWNER_WRONG, GROUP_OWNER_UNKNOWN, BACKUP_TIME_TOO_OLD,
 *   SNAPSHOT_EXISTS, DISK_FULL, DISK_WRITE_FAILED
 */
export function openBackupSession(
  needs: EngineNeeds,
  datastore: Datastore,
  request: BackupRequest,
): BackupSession {
  parseBackupTime(request.backupTime);
  // Pinned first: what is asked about the store afterwards is asked of the one that is written to.
  const pin = pinStore(needs, datastore.path);
  if (request.identity !== undefined) assertStoreIdentity(needs, datastore.path, request.identity);
  assertNamespace(needs, datastore, request.group.namespace);
  const undo: (() => void)[] = [];
  try {
    const writer = registerWriter(needs, datastore.path);
    undo.push(() => writer.release());
    const group = enterGroup(needs, datastore, request.group, request.owner);
    undo.push(
      () => group.release(),
      () => group.undo(),
    );
    const choice = chooseBase(needs, datastore, request.group, request.backupTime);
    undo.push(() => closeBase(choice));
    const { namespace, type, id } = request.group;
    const snapshot: SnapshotRef = { namespace, type, id, backupTime: request.backupTime };
    const lock = makeSnapshotDirectory(needs, datastore, snapshot);
    undo.push(
      () => lock.release(),
      () => needs.disk.removeTree(snapshotPath(datastore, snapshot)),
    );
    const fileSystem = needs.disk.openFileSystem(datastore.path);
    return new DatastoreBackupSession(needs, datastore, request, {
      writer,
      group,
      choice,
      snapshot,
      lock,
      fileSystem,
      pin,
    });
  } catch (thrown) {
    runAll(undo.toReversed(), thrown);
    throw thrown;
  }
}

function closeBase(choice: BaseChoice): void {
  if (choice.outcome === "found") choice.base.close();
}

function makeSnapshotDirectory(needs: EngineNeeds, datastore: Datastore, ref: SnapshotRef): DiskLock {
  const target = { path: snapshotPath(datastore, ref), name: formatSnapshotRef(ref) };
  if (needs.disk.stat(target.path) !== undefined) {
    throw engineErrors.SNAPSHOT_EXISTS({ snapshot: target.name });
  }
  needs.disk.mkdir(target.path);
  return lockSnapshot(needs, target, "exclusive");
}

/** Every step runs, whatever the others do. @throws the first failure, unless `known` is already on its way */
function runAll(steps: readonly (() => void)[], known?: unknown): void {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (thrown) {
      // Kept: the other steps (locks above all) must not be lost with this one.
      failures.push(thrown);
    }
  }
  if (known === undefined && failures.length > 0) throw failures[0];
}

interface SessionHold {
  readonly writer: StoreWriter;
  readonly group: SessionGroup;
  readonly choice: BaseChoice;
  readonly snapshot: SnapshotRef;
  readonly lock: DiskLock;
  readonly fileSystem: FileSystemHandle;
  readonly pin: StorePin;
}

type SessionState = "writing" | "finishing" | "failed" | "finished" | "aborted";

class DatastoreBackupSession implements BackupSession {
  readonly snapshot: SnapshotRef;
  readonly group: GroupRef;
  readonly backupTime: number;
  readonly base: OpenSnapshot | undefined;
  readonly baseAbsence: BaseAbsence | undefined;
  readonly removedLeftoverCount: number;
  readonly #needs: EngineNeeds;
  readonly #datastore: Datastore;
  readonly #hold: SessionHold;
  readonly #isEncrypted: boolean | undefined;
  readonly #indexes: OpenIndexes;
  readonly #files = new Map<ArchiveName, WrittenFile>();
  #state: SessionState = "writing";
  #vouched: DigestSet | undefined;
  #chunkStore: ChunkStore | undefined;

  constructor(needs: EngineNeeds, datastore: Datastore, request: BackupRequest, hold: SessionHold) {
    this.#needs = needs;
    this.#datastore = datastore;
    this.#hold = hold;
    this.#isEncrypted = request.isEncrypted;
    this.snapshot = hold.snapshot;
    this.group = request.group;
    this.backupTime = request.backupTime;
    this.removedLeftoverCount = hold.group.removedLeftoverCount;
    const { choice } = hold;
    this.base = choice.outcome === "found" && request.isFull !== true ? choice.base : undefined;
    if (choice.outcome === "absent") this.baseAbsence = choice.reason;
    else this.baseAbsence = request.isFull === true ? "full-requested" : undefined;
    const directory = snapshotPath(datastore, this.snapshot);
    this.#indexes = createOpenIndexes(needs, directory, (name, file) => this.#files.set(name, file));
  }

  get chunkWriter(): ThreadModule {
    return chunkWriterModule(this.#datastore.path, {
      vouched: this.#getVouched().buffer,
      pin: this.#hold.pin,
      writerStartedAtMs: this.#hold.writer.startedAt,
      ...(this.#isEncrypted === undefined ? {} : { encrypted: this.#isEncrypted }),
    });
  }

  get chunkStore(): ChunkStore {
    this.#chunkStore ??= createChunkStore(this.#needs, this.#datastore.path, {
      vouched: this.#getVouched(),
      pin: this.#hold.pin,
      writerStartedAtMs: this.#hold.writer.startedAt,
      ...(this.#isEncrypted === undefined ? {} : { encrypted: this.#isEncrypted }),
    });
    return this.#chunkStore;
  }

  /** A full backup re-reads its source, but the chunks of a sound base are no less durable for it. */
  #getVouched(): DigestSet {
    const { choice } = this.#hold;
    this.#vouched ??= choice.outcome === "found" ? collectVouched(choice.base) : createDigestSet();
    return this.#vouched;
  }

  hasChunk(digest: Uint8Array): boolean {
    this.#assertWriting();
    return this.chunkStore.touchPresent(digest);
  }

  chunkStored(digest: Uint8Array): void {
    this.#hold.fileSystem.startWriteback(chunkPath(this.#datastore.path, digest));
  }

  createDynamicIndex(name: ArchiveName): DynamicIndexFile {
    this.#assertNewName(name, ".didx");
    return this.#indexes.createDynamic(name);
  }

  createFixedIndex(name: ArchiveName, sizeBytes: number, chunkSizeBytes: number): FixedIndexFile {
    this.#assertNewName(name, ".fidx");
    return this.#indexes.createFixed(name, sizeBytes, chunkSizeBytes);
  }

  putBlob(name: ArchiveName, blob: Uint8Array): void {
    this.#assertWriting();
    assertInvariant(
      name.endsWith(".blob") && name !== MANIFEST_NAME,
      "a blob is named .blob, and only finish writes the manifest",
    );
    const directory = snapshotPath(this.#datastore, this.snapshot);
    this.#files.set(name, writeBlobFile(this.#needs, directory, name, blob));
  }

  async finish(manifest: Uint8Array, options: FinishOptions = {}): Promise<void> {
    this.#assertWriting();
    this.#state = "finishing";
    try {
      this.#assertComplete(decodeManifestOf(this.snapshot, manifest));
      assertPinned(this.#needs, this.#datastore.path, this.#hold.pin);
      this.#assertBase();
      await this.#hold.fileSystem.syncInBackground();
      await options.beforePublish?.();
      // Both may have taken long, and who waited may have been cancelled in between.
      this.#assertState("finishing");
      assertPinned(this.#needs, this.#datastore.path, this.#hold.pin);
      this.#assertBase();
      writeFileAtomically(this.#needs, manifestPath(this.#datastore, this.snapshot), manifest);
    } catch (thrown) {
      if (this.#state === "finishing") this.#state = "failed";
      throw thrown;
    }
    this.#state = "finished";
    this.#release();
  }

  abort(): void {
    if (this.#state === "finished" || this.#state === "aborted") return;
    this.#state = "aborted";
    const path = snapshotPath(this.#datastore, this.snapshot);
    const { disk } = this.#needs;
    // Another store at this path has nothing of ours to be removed; what we left in our own, the group's next backup removes.
    if (!isPinned(this.#needs, this.#datastore.path, this.#hold.pin)) {
      runAll([() => this.#indexes.discardAll(), () => this.#release()]);
      return;
    }
    runAll([
      () => this.#indexes.discardAll(),
      // First of all, should finish have failed after its rename: half a snapshot must not look like a whole one,
      // not even when the power goes now.
      () => {
        if (!isFinished(this.#needs, this.#datastore, this.snapshot)) return;
        disk.unlink(manifestPath(this.#datastore, this.snapshot));
        disk.syncDirectory(path);
      },
      () => disk.removeTree(path),
      () => this.#hold.group.undo(),
      () => this.#release(),
    ]);
  }

  #release(): void {
    const { fileSystem, lock, choice, group, writer } = this.#hold;
    runAll([
      () => this.#chunkStore?.close(),
      () => fileSystem.close(),
      () => lock.release(),
      () => closeBase(choice),
      () => group.release(),
      () => writer.release(),
    ]);
  }

  #assertState(expected: SessionState): void {
    if (this.#state === expected) return;
    throw engineErrors.SESSION_CLOSED({ snapshot: formatSnapshotRef(this.snapshot), state: this.#state });
  }

  #assertWriting(): void {
    this.#assertState("writing");
  }

  #assertNewName(name: ArchiveName, extension: string): void {
    this.#assertWriting();
    assertInvariant(name.endsWith(extension), `an index of this kind is named ${extension}`);
    if (this.#files.has(name)) throw this.#incomplete(`${name} was written twice`);
  }

  #incomplete(detail: string): Error {
    return engineErrors.SESSION_INCOMPLETE({ snapshot: formatSnapshotRef(this.snapshot), detail });
  }

  /** The manifest and the directory must tell the same. */
  #assertComplete(manifest: Manifest): void {
    const { openCount } = this.#indexes;
    if (openCount > 0) throw this.#incomplete(`${openCount} indexes are not closed`);
    if (manifest.files.length === 0) throw this.#incomplete("it has no files");
    const named = new Map(manifest.files.map((file) => [String(file.name), file]));
    for (const [name, written] of this.#files) {
      const entry = named.get(name);
      if (entry === undefined) {
        if (name === CLIENT_LOG_NAME) continue;
        throw this.#incomplete(`the manifest does not name ${name}`);
      }
      if (entry.sizeBytes !== written.sizeBytes || entry.checksum !== written.checksum) {
        throw this.#incomplete(`the manifest's size or checksum of ${name} is not what was written`);
      }
      named.delete(name);
    }
    const unwritten = [...named.keys()][0];
    if (unwritten !== undefined)
      throw this.#incomplete(`the manifest names ${unwritten}, which was not written`);
  }

  #assertBase(): void {
    if (this.base === undefined || this.base.isPresent()) return;
    const base = formatSnapshotRef(this.base.snapshot);
    throw engineErrors.BASE_VANISHED({ snapshot: formatSnapshotRef(this.snapshot), base });
  }
}
