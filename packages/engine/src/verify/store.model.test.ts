/**
 * A datastore against a model of a few lines: random backups (several at once), forgets, protections, verifications,
 * collections, kills, power cuts and clock jumps, and chunks that rot or vanish on the disk; other operations run between any
 * two disk operations of a collection.
 *
 * What must hold: what did not rot can always be read; a verdict is never OK where something rotten was read, and never
 * another where nothing was; once all is verified, a backup that has the bytes heals everything; and when nothing runs and a
 * long time has passed, what is stored is exactly what the snapshots name.
 *
 * The seed is printed; `IRONCORE_TEST_SEED` gives it back, `IRONCORE_TEST_STEPS` makes it longer.
 */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { createSeededRandom, hexFromBytes, instantFromMs, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { chunkDigest } from "@ironcore-backup/format";
import {
  CHUNK_DIRECTORY_COUNT,
  chunkDirectoryName,
  chunkPath,
  classifyChunkName,
} from "../chunk-store/chunk-path.ts";
import { createChunkStore } from "../chunk-store/chunk-store.ts";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { isProtected, setProtected } from "../datastore/snapshot-list.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { openBackupSession } from "../sessions/backup-session.ts";
import type { BackupSession } from "../sessions/backup-session.ts";
import {
  aChunk,
  FIRST_TIME,
  manifestBlob,
  OWNER,
  DYNAMIC_NAME,
  storeChunk,
} from "../sessions/backup-builder.testing.ts";
import { collect, DAY_MS, LONG_MS } from "../gc/gc.testing.ts";
import { inspectChunk } from "./chunk-damage.ts";
import { verifySnapshot } from "./verify-pass.ts";

const SEED = Number(process.env["IRONCORE_TEST_SEED"] ?? randomInt(2 ** 31));
const STEP_COUNT = Number(process.env["IRONCORE_TEST_STEPS"] ?? 2000);
const GROUP_COUNT = 4;
const CHUNK_NUMBER_MAX = 60;
const CHUNKS_PER_BACKUP_MAX = 8;
/** Of the operations of a collection on chunks, after how many something else happens. */
const INTRUSION_SHARE = 25;
/** How long one waits for a manifest's lock before trying again. */
const MANIFEST_RETRY_MS = 20;

interface Running {
  readonly session: BackupSession;
  readonly numbers: number[];
}

class World {
  readonly #store: MemoryDatastore;
  readonly #random = createSeededRandom(SEED);
  /** The model: what each finished snapshot is made of. */
  readonly #snapshots = new Map<string, { readonly ref: SnapshotRef; readonly numbers: readonly number[] }>();
  readonly #running: Running[] = [];
  /** Numbers of chunks that are not what they were, or not there, and of those that ever were. */
  readonly #rotten = new Set<number>();
  readonly #everRotten = new Set<number>();
  #time = FIRST_TIME;
  #isCollecting = false;
  readonly counts: Record<string, number> = {};

  constructor(store: MemoryDatastore) {
    this.#store = store;
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.#random.integer(0, list.length - 1)];
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** Everything but collections and cuts: what may also happen in the middle of a collection. */
  async small(): Promise<void> {
    const { clock } = this.#store.needs;
    const dice = this.#random.integer(1, 100);
    if (dice <= 15) return this.#open();
    if (dice <= 50) return this.#write();
    if (dice <= 65) return this.#finish();
    if (dice <= 69) return this.#abandon();
    if (dice <= 78) return this.#forget();
    if (dice <= 82) return this.#protect();
    if (dice <= 84) return this.#rot();
    if (dice <= 90) return this.#verifyOne();
    this.#count("clock");
    if (dice <= 97 || this.#isCollecting) clock.advance(this.#random.integer(1, 8) * 3_600_000);
    // Set back, and right again with a later jump forward.
    else clock.setNow(instantFromMs(clock.now() - this.#random.integer(1, 3) * DAY_MS));
  }

  async step(): Promise<void> {
    const dice = this.#random.integer(1, 100);
    if (dice <= 93) await this.small();
    else if (dice <= 98) await this.#collect(dice <= 95 ? "killed" : "whole");
    else this.#cutPower();
    this.#assertReadable();
  }

  #open(): void {
    const group = aGroup(`g${this.#random.integer(1, GROUP_COUNT)}`);
    this.#time++;
    const request = { group, backupTime: this.#time, owner: OWNER, isFull: this.#random.integer(0, 1) === 1 };
    try {
      const session = openBackupSession(this.#store.needs, this.#store.datastore, request);
      this.#running.push({ session, numbers: [] });
      this.#count("opened");
    } catch (thrown) {
      expect(toCodedError(thrown).code).toBe("GROUP_LOCKED");
    }
  }

  /** As an agent does it: what the base has is re-used unread, the rest is stored. */
  #write(): void {
    const running = this.#pick(this.#running);
    if (running === undefined) return this.#open();
    const { session, numbers } = running;
    for (let left = this.#random.integer(1, CHUNKS_PER_BACKUP_MAX); left > 0; left--) {
      const number = this.#random.integer(1, CHUNK_NUMBER_MAX);
      const isReused = this.#baseHas(session, number) && session.hasChunk(chunkDigest(aChunk(number)));
      if (!isReused) storeChunk(this.#store.needs, session, aChunk(number));
      this.#lookAt(number);
      numbers.push(number);
    }
    this.#count("written");
  }

  #baseHas({ base }: BackupSession, number: number): boolean {
    if (base === undefined) return false;
    const index = base.openDynamicIndex(DYNAMIC_NAME);
    const digest = hexFromBytes(chunkDigest(aChunk(number)));
    return Array.from({ length: index.chunkCount }, (_, at) => hexFromBytes(index.digestAt(at))).includes(
      digest,
    );
  }

  async #finish(): Promise<void> {
    const running = this.#pick(this.#running);
    if (running !== undefined && running.numbers.length > 0) await this.#finishOne(running);
  }

  async #finishOne(running: Running): Promise<void> {
    this.#running.splice(this.#running.indexOf(running), 1);
    const { session, numbers } = running;
    const index = session.createDynamicIndex(DYNAMIC_NAME);
    for (const [at, number] of numbers.entries()) index.append((at + 1) * 300, chunkDigest(aChunk(number)));
    const { sizeBytes, checksum } = index.close();
    const file = {
      name: DYNAMIC_NAME,
      cryptMode: "none",
      sizeBytes,
      checksum: hexFromBytes(checksum),
    } as const;
    await session.finish(manifestBlob(this.#store.needs, session.snapshot, [file]));
    this.#snapshots.set(String(session.backupTime), { ref: session.snapshot, numbers });
    this.#count("finished");
  }

  #abandon(): void {
    const running = this.#pick(this.#running);
    if (running === undefined) return;
    this.#running.splice(this.#running.indexOf(running), 1);
    running.session.abort();
    this.#count("aborted");
  }

  async #forget(): Promise<void> {
    const [key, snapshot] = this.#pick([...this.#snapshots]) ?? [];
    if (key === undefined || snapshot === undefined) return;
    const { needs, datastore } = this.#store;
    const wasProtected = isProtected(needs, datastore, snapshot.ref);
    try {
      await forgetSnapshot(needs, datastore, snapshot.ref);
      this.#snapshots.delete(key);
      this.#count("forgotten");
    } catch (thrown) {
      // The base of a running backup, or protected.
      const { code } = toCodedError(thrown);
      expect(["SNAPSHOT_LOCKED", "SNAPSHOT_PROTECTED"]).toContain(code);
      // Another operation may have lifted it meanwhile.
      if (code === "SNAPSHOT_PROTECTED")
        expect(wasProtected || isProtected(needs, datastore, snapshot.ref)).toBe(true);
    }
  }

  #protect(): void {
    const snapshot = this.#pick([...this.#snapshots.values()]);
    if (snapshot === undefined) return;
    const { needs, datastore } = this.#store;
    try {
      setProtected(needs, datastore, snapshot.ref, !isProtected(needs, datastore, snapshot.ref));
    } catch (thrown) {
      // It is being forgotten.
      expect(["SNAPSHOT_LOCKED", "SNAPSHOT_MISSING"]).toContain(toCodedError(thrown).code);
    }
  }

  async #collect(end: "whole" | "killed"): Promise<void> {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    const { needs, datastore } = this.#store;
    const killAt = end === "killed" ? this.#random.integer(1, 400) : Infinity;
    const intrusions: Promise<void>[] = [];
    let count = 0;
    let isInside = false;
    const disk = createFaultyDisk(needs.disk, ({ path }) => {
      if (isInside || !/\/[0-9a-f]{64}/.test(path)) return undefined;
      count++;
      if (count >= killAt) return "power-cut";
      if (this.#random.integer(1, INTRUSION_SHARE) > 1) return undefined;
      isInside = true;
      intrusions.push(this.small());
      isInside = false;
      return undefined;
    });
    const failure = await collect({ ...needs, disk }, datastore).then(() => undefined, toCodedError);
    await this.#untilEnded(Promise.all(intrusions));
    this.#isCollecting = false;
    this.#count(failure === undefined ? "collected" : `collection ended: ${failure.code}`);
    // Killed where the faulty disk stopped it, or ended by itself because the clock was set back.
    if (end === "whole") expect([undefined, "GC_CLOCK_SET_BACK"]).toContain(failure?.code);
  }

  /** Who waits for a manifest's lock waits on the clock, and nobody else moves it by then. */
  async #untilEnded(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = work.finally(() => (isOver = true));
    // Whoever fails is heard below.
    over.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) break;
      this.#store.needs.clock.advance(MANIFEST_RETRY_MS);
    }
    await over;
  }

  /** Everything that runs is gone, and what was not made durable with it. */
  #cutPower(): void {
    this.#store.needs.disk.cutPower(this.#random);
    this.#running.length = 0;
    // What healed them may not have been durable yet.
    for (const number of this.#everRotten) this.#lookAt(number);
    this.#count("power cut");
  }

  #assertReadable(): void {
    const store = createChunkStore(this.#store.needs, this.#store.datastore.path);
    for (const [time, { numbers }] of this.#snapshots)
      for (const number of numbers.filter((one) => !this.#rotten.has(one)))
        expect(() => store.read(chunkDigest(aChunk(number))), `chunk ${number} of ${time}`).not.toThrow();
  }

  #isSound(number: number): boolean {
    const digest = chunkDigest(aChunk(number));
    const store = createChunkStore(this.#store.needs, this.#store.datastore.path);
    return store.has(digest) && inspectChunk(store.read(digest), digest).outcome === "sound";
  }

  /** Whether a chunk that rotted is whole again, or rotten again. */
  #lookAt(number: number): void {
    if (!this.#everRotten.has(number)) return;
    if (this.#isSound(number)) this.#rotten.delete(number);
    else this.#rotten.add(number);
  }

  /** The disk gives back other bytes, or nothing. */
  #rot(): void {
    const { needs, datastore } = this.#store;
    const number = this.#pick([...new Set([...this.#snapshots.values()].flatMap(({ numbers }) => numbers))]);
    if (number === undefined || this.#rotten.has(number)) return;
    const path = chunkPath(datastore.path, chunkDigest(aChunk(number)));
    // A collection has its name right now.
    if (needs.disk.stat(path) === undefined) return;
    const bytes = needs.disk.readFile(path, 1_000_000);
    needs.disk.unlink(path);
    if (this.#random.integer(0, 1) === 1) {
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      const file = needs.disk.open(path, "create");
      file.pwrite(bytes, 0);
      file.sync();
      file.close();
    }
    needs.disk.syncDirectory(path.slice(0, path.lastIndexOf("/")));
    this.#rotten.add(number);
    this.#everRotten.add(number);
    this.#count("rotten");
  }

  async #verifyOne(): Promise<void> {
    const snapshot = this.#pick([...this.#snapshots.values()]);
    if (snapshot === undefined) return;
    const { needs, datastore } = this.#store;
    const rottenOnes = (): number[] => snapshot.numbers.filter((number) => this.#rotten.has(number));
    const before = rottenOnes();
    const options = { upid: "UPID:model", threadCount: 0 };
    try {
      const { result } = await verifySnapshot(needs, datastore, snapshot.ref, options);
      const after = rottenOnes();
      this.#count(`verified ${result}`);
      // What rots or heals while it is read may be met either way.
      if (before.some((number) => after.includes(number))) expect(result).not.toBe("ok");
      if (before.length + after.length === 0) expect(result).toBe("ok");
    } catch (thrown) {
      expect(["SNAPSHOT_LOCKED", "SNAPSHOT_MISSING"]).toContain(toCodedError(thrown).code);
    }
  }

  /** Everything is verified, so that everybody knows; then a backup that has every byte. */
  async #heal(): Promise<void> {
    const { needs, datastore } = this.#store;
    const options = { upid: "UPID:heal", threadCount: 0 };
    for (const { ref } of this.#snapshots.values()) await verifySnapshot(needs, datastore, ref, options);
    const numbers = [...this.#rotten];
    if (numbers.length > 0) {
      this.#time++;
      const request = { group: aGroup("healer"), backupTime: this.#time, owner: OWNER };
      const running = { session: openBackupSession(needs, datastore, request), numbers };
      for (const number of numbers) storeChunk(needs, running.session, aChunk(number));
      this.#running.push(running);
      await this.#finishOne(running);
    }
    for (const number of numbers) this.#lookAt(number);
    expect([...this.#rotten]).toEqual([]);
    for (const { ref } of this.#snapshots.values())
      expect(await verifySnapshot(needs, datastore, ref, options)).toMatchObject({ result: "ok" });
  }

  /** Nothing runs, a long time passes, and what is left is what is named. */
  async settle(): Promise<void> {
    const { needs, datastore } = this.#store;
    for (const { session } of this.#running.splice(0)) session.abort();
    await this.#heal();
    // Whatever the clock was set to, all of it is over by then.
    needs.clock.advance(400 * DAY_MS + LONG_MS);
    await collect(needs, datastore);
    this.#assertReadable();
    const named = new Set([...this.#snapshots.values()].flatMap(({ numbers }) => numbers));
    const stored = Array.from({ length: CHUNK_DIRECTORY_COUNT }, (_, at) =>
      needs.disk.readdir(`${datastore.path}/.chunks/${chunkDirectoryName(at)}`),
    ).flat();
    const expected = [...named].map((number) => hexFromBytes(chunkDigest(aChunk(number))));
    expect(stored.filter((name) => classifyChunkName(name) === "chunk").toSorted()).toEqual(
      expected.toSorted(),
    );
    expect(stored.filter((name) => classifyChunkName(name) !== "chunk")).toEqual([]);
  }
}

test(
  `${STEP_COUNT} random steps lose no chunk that is needed, leave none that is not, and no rot unseen`,
  { timeout: 3_600_000 },
  async () => {
    process.stdout.write(`IRONCORE_TEST_SEED=${SEED}\n`);
    const store = await aMemoryDatastore();
    store.needs.clock.advance(FIRST_TIME * 1000);
    const world = new World(store);
    for (let step = 1; step <= STEP_COUNT; step++) {
      await world.step();
      if (step % 1000 === 0) await world.settle();
    }
    await world.settle();
    process.stdout.write(`${JSON.stringify(world.counts)}\n`);
  },
);
