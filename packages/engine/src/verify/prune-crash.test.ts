/** The power goes at every single disk operation of a prune; then every snapshot that stays must verify. */

import { createSeededRandom, toCodedError } from "@ironcore-backup/base";
import type { GroupRef, SnapshotRef } from "@ironcore-backup/base";
import { describe, expect, it } from "vitest";
import { aGroup, aMemoryDatastore } from "../datastore/datastore.testing.ts";
import type { EngineNeeds } from "../datastore/datastore.ts";
import { isFinished, listSnapshotRefs } from "../datastore/snapshot-list.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { executePrune } from "../prune/prune-execute.ts";
import { createGroupPlanner } from "../prune/prune-plan.ts";
import { aChunk, FIRST_TIME, requestFor, takeBackup } from "../sessions/backup-builder.testing.ts";
import { verifySnapshot } from "./verify-pass.ts";

/** In the title, so that a failure can be met again. */
const SEED = Number(process.env["IRONCORE_TEST_SEED"] || 20_261_123);
const HOUR = 3600;
const LAST_2 = { key: "", retention: { counts: { "keep-last": 2 }, timeZone: "UTC" } };

describe(`a power cut at every operation of a prune (seed ${SEED})`, () => {
  it("leaves every kept snapshot whole, and the next prune finishes the work", async () => {
    const store = await aMemoryDatastore(SEED);
    const random = createSeededRandom(SEED);
    const pruneLast2 = async (needs: EngineNeeds, group: GroupRef): Promise<void> => {
      const plan = createGroupPlanner(needs, store.datastore, () => LAST_2)(group);
      for await (const { outcome } of executePrune(needs, store.datastore, plan))
        expect(["removed", "failed"]).toContain(outcome);
    };
    const takeFive = async (group: GroupRef): Promise<SnapshotRef[]> => {
      const taken: SnapshotRef[] = [];
      for (let number = 0; number < 5; number++) {
        const content = { chunks: [aChunk(1), aChunk(number + 10)], blob: `number ${number}` };
        const request = requestFor(FIRST_TIME + number * HOUR, group);
        taken.push(await takeBackup(store.needs, store.datastore, request, content));
      }
      return taken;
    };
    const isWhole = async (snapshot: SnapshotRef): Promise<boolean> => {
      const options = { upid: "UPID:test", threadCount: 0 };
      return (await verifySnapshot(store.needs, store.datastore, snapshot, options)).findings.length === 0;
    };
    const timesLeft = (group: GroupRef): number[] =>
      listSnapshotRefs(store.needs, store.datastore, group).map(({ backupTime }) => backupTime - FIRST_TIME);
    for (let round = 1, isThrough = false; !isThrough; round++) {
      const group = aGroup(`group-${round}`);
      const taken = await takeFive(group);
      const disk = createFaultyDisk(store.needs.disk, ({ number }) =>
        number === round ? "power-cut" : undefined,
      );
      try {
        await pruneLast2({ ...store.needs, disk }, group);
        isThrough = disk.operationCount < round;
      } catch (thrown) {
        expect(toCodedError(thrown).code).not.toBe("INTERNAL_ERROR");
      }
      store.needs.disk.cutPower(random);
      for (const kept of taken.slice(-2))
        expect(await isWhole(kept), `round ${round}, ${kept.backupTime}`).toBe(true);
      for (const { backupTime } of taken.slice(0, 3)) {
        const snapshot = { ...group, backupTime };
        // Gone, a rest without a manifest, or whole: never a manifest over something that is not there.
        if (isFinished(store.needs, store.datastore, snapshot)) expect(await isWhole(snapshot)).toBe(true);
      }
      await pruneLast2(store.needs, group);
      expect(timesLeft(group)).toEqual([4 * HOUR, 3 * HOUR]);
      expect(round).toBeLessThan(500);
    }
  });
});
