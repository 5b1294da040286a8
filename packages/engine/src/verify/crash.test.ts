/**
 * The power goes at every single disk operation of a backup; then everything that was ever finished must verify, and the
 * next backup must come through, whatever the last one left. One disk lives through all cuts, so damage would add up.
 */

import { createSeededRandom, toCodedError } from "@ironcore-backup/base";
import type { SnapshotRef } from "@ironcore-backup/base";
import { beforeEach, describe, expect, it } from "vitest";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { openDatastore } from "../datastore/datastore.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";
import { forgetSnapshot } from "../datastore/forget.ts";
import { updateUnprotected } from "../datastore/manifest-file.ts";
import { findSnapshot, isFinished, listSnapshotRefs, listSnapshots } from "../datastore/snapshot-list.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import type { DiskFault, DiskOperation } from "../disk/faulty-disk.ts";
import { findOldestWriter } from "../locks/store-writer.ts";
import { aChunk, FIRST_TIME, requestFor, takeBackup } from "../sessions/backup-builder.testing.ts";
import type { BackupContent } from "../sessions/backup-builder.testing.ts";
import { verifySnapshot } from "./verify-pass.ts";

/** In every title, so that a failure can be met again. */
const SEED = Number(process.env["IRONCORE_TEST_SEED"] || 20_240_501);
const OPERATION_COUNT_MAX = 2000;

let store: MemoryDatastore;
beforeEach(async () => {
  store = await aMemoryDatastore(SEED);
});

/** Half of it is the same each time, half is new with each number. */
function contentOf(number: number): BackupContent {
  return {
    chunks: [aChunk(1), aChunk(2), aChunk(1000 + number), aChunk(2000 + number), aChunk(2000 + number)],
    imageChunks: [aChunk(3, 4096), aChunk(3000 + number, 4096)],
    blob: `number ${number}`,
  };
}

function needsWith(chooseFault: (operation: DiskOperation) => DiskFault | undefined): EngineNeeds {
  return { ...store.needs, disk: createFaultyDisk(store.needs.disk, chooseFault) };
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "done";
  } catch (thrown) {
    return toCodedError(thrown).code;
  }
}

async function expectSound(snapshot: SnapshotRef): Promise<void> {
  const report = await verifySnapshot(store.needs, store.datastore, snapshot, {
    upid: "UPID:test",
    threadCount: 0,
  });
  expect(report.findings, `seed ${SEED}`).toEqual([]);
}

describe(`a power cut at every operation of a backup (seed ${SEED})`, () => {
  it("loses no finished snapshot, leaves nothing half that looks whole, and stops no later backup", async () => {
    const random = createSeededRandom(SEED);
    const finished: SnapshotRef[] = [];
    let round = 0;
    let isThrough = false;
    while (!isThrough && round < OPERATION_COUNT_MAX) {
      round++;
      const backupTime = FIRST_TIME + round;
      const cut = needsWith(({ number }) => (number === round ? "power-cut" : undefined));
      // The same content until it is finished once: each attempt meets the chunks that the one before it left.
      const content = contentOf(finished.length);
      const code = await codeOf(() => takeBackup(cut, store.datastore, requestFor(backupTime), content));
      isThrough = code === "done" && createdWithoutCut(cut, round);
      store.needs.disk.cutPower(random);

      const datastore = openDatastore(store.needs, "/store");
      const ref = { ...aGroup(), backupTime };
      const isVisible = findSnapshot(store.needs, datastore, ref)?.state === "finished";
      // A backup that said "done" is there; one that was cut after its manifest's rename may be.
      if (code === "done") expect(isVisible, `round ${round}, seed ${SEED}`).toBe(true);
      if (isVisible) finished.push(ref);
      expect(findOldestWriter(store.needs, datastore.path)).toBeUndefined();
      const newest = finished.at(-1);
      if (newest !== undefined) await expectSound(newest);
    }
    expect(isThrough, "the backup came to its end without a cut").toBe(true);
    expect(round).toBeGreaterThan(50);

    await takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME + 10_000), contentOf(1));
    const rows = listSnapshots(store.needs, store.datastore, aGroup());
    expect(rows.map((row) => row.state)).toEqual(rows.map(() => "finished"));
    for (const row of rows) await expectSound(row.snapshot);
    expect(rows.map((row) => row.snapshot.backupTime)).toEqual(
      expect.arrayContaining(finished.map((snapshot) => snapshot.backupTime)),
    );
  });

  it("keeps the owner of a group that has snapshots", async () => {
    const random = createSeededRandom(SEED + 1);
    for (let round = 1; round <= 60; round++) {
      const group = aGroup(`group-${round}`);
      const cut = needsWith(({ number }) => (number === round * 2 ? "power-cut" : undefined));
      await codeOf(() => takeBackup(cut, store.datastore, requestFor(FIRST_TIME, group), contentOf(round)));
      store.needs.disk.cutPower(random);
      await takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME + 1, group), contentOf(round));
    }
  });
});

describe("a power cut at every operation of a forget", () => {
  it("leaves the snapshot whole or unfinished, and never touches the others", async () => {
    const random = createSeededRandom(SEED + 2);
    const kept = await takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME), contentOf(1));
    let doneCount = 0;
    for (let round = 1, isThrough = false; !isThrough; round++) {
      const snapshot = await takeBackup(
        store.needs,
        store.datastore,
        requestFor(FIRST_TIME + round),
        contentOf(round),
      );
      const cut = needsWith(({ number }) => (number === round ? "power-cut" : undefined));
      const code = await codeOf(() => forgetSnapshot(cut, store.datastore, snapshot));
      // Several times through to the end: what a cut right behind it brings back is a matter of chance.
      if (code === "done") doneCount++;
      isThrough = doneCount === 20;
      store.needs.disk.cutPower(random);
      if (code === "done") expect(isFinished(store.needs, store.datastore, snapshot)).toBe(false);
      if (isFinished(store.needs, store.datastore, snapshot)) await expectSound(snapshot);
      await expectSound(kept);
    }
  });
});

describe("a power cut at every operation of a change of the manifest", () => {
  it("shows the old or the new manifest, never none", async () => {
    const random = createSeededRandom(SEED + 3);
    const snapshot = await takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME), contentOf(1));
    for (let round = 1, isThrough = false; !isThrough; round++) {
      const cut = needsWith(({ number }) => (number === round ? "power-cut" : undefined));
      const change = () =>
        updateUnprotected(cut, store.datastore, snapshot, (before) => ({
          ...before,
          notes: `round ${round}`,
        }));
      isThrough = (await codeOf(change)) === "done";
      store.needs.disk.cutPower(random);
      const row = findSnapshot(store.needs, store.datastore, snapshot);
      expect(row?.state).toBe("finished");
      if (isThrough) expect(row).toMatchObject({ manifest: { unprotected: { notes: `round ${round}` } } });
    }
  });
});

describe("a full disk at every write of a backup", () => {
  it.each(["once", "from then on"])(
    "ends with `no space left on datastore` and leaves the rest as it was: %s",
    async (how) => {
      const first = await takeBackup(store.needs, store.datastore, requestFor(FIRST_TIME), contentOf(0));
      let round = 0;
      for (let isThrough = false; !isThrough && round < OPERATION_COUNT_MAX;) {
        round++;
        let growCount = 0;
        const full = needsWith(({ effect }) => {
          if (effect === "grow") growCount++;
          const isHit = effect === "grow" && (how === "once" ? growCount === round : growCount >= round);
          return isHit ? { errno: "ENOSPC" } : undefined;
        });
        const request = requestFor(FIRST_TIME + round);
        const failure = await takeBackup(full, store.datastore, request, contentOf(round)).then(
          () => undefined,
          (thrown: unknown) => toCodedError(thrown),
        );
        isThrough = failure === undefined;
        if (failure !== undefined) {
          expect(failure).toMatchObject({ code: "DISK_FULL", message: "no space left on datastore" });
          expect(listSnapshotRefs(store.needs, store.datastore, aGroup())).toEqual([first]);
          expect(store.needs.disk.tryLock("/store/host/web", "exclusive")?.release()).toBeUndefined();
        }
      }
      expect(round).toBeGreaterThan(15);
      for (const row of listSnapshots(store.needs, store.datastore, aGroup())) {
        expect(row.state).toBe("finished");
        await expectSound(row.snapshot);
      }
    },
  );
});

/** True when the backup needed fewer operations than the round's number: the cut never came. */
function createdWithoutCut(needs: EngineNeeds, round: number): boolean {
  return "operationCount" in needs.disk && Number(needs.disk.operationCount) < round;
}
