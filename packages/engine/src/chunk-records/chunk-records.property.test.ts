import { createFakeClock, createSeededRandom, instantFromMs } from "@ironcore-backup/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDigestSet } from "../digests/digest-set.ts";
import { createFaultyDisk } from "../disk/faulty-disk.ts";
import { createMemoryDisk } from "../disk/memory-disk.ts";
import { RECORD_SIZE_BYTES } from "./chunk-record.ts";
import type { ChunkRecord } from "./chunk-record.ts";
import { openChunkRecords } from "./chunk-records.ts";
import type { StoredVerdict } from "./chunk-records.ts";
import { mergeChunkRecords } from "./merge-records.ts";
import { listLogs, recordsPath, SORTED_NAME } from "./record-files.ts";
import { createRecordLog } from "./record-log.ts";

function aStore() {
  const clock = createFakeClock();
  const disk = createMemoryDisk({ clock });
  disk.mkdir("/store");
  return { disk, clock, random: createSeededRandom(1) };
}

/** 32 bytes; few different ones, some with the same beginning. */
const digestOf = (number: number): Uint8Array => {
  const digest = new Uint8Array(32).fill(number % 3 === 0 ? 9 : number * 37);
  digest[15] = number;
  digest[31] = number;
  return digest;
};
const storedOf = (number: number): Uint8Array => new Uint8Array(32).fill(number + 1);

type Step =
  | {
      readonly do: "store" | "check";
      readonly chunk: number;
      readonly content: number;
      readonly inode: number;
    }
  | { readonly do: "end" | "leave" | "merge" | "back" }
  | { readonly do: "remove"; readonly chunk: number };

const CHUNK_COUNT = 12;
const chunk = fc.nat(CHUNK_COUNT - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("store", "check"),
      chunk,
      content: fc.nat(3),
      inode: fc.nat(1).map((inode) => 2 ** 33 + inode),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("end", "leave", "merge", "back") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove"), chunk }) },
);

/** What the rule says of all records of a chunk. */
function verdictOf(records: readonly ChunkRecord[], content: number, inode: number): StoredVerdict {
  if (records.length === 0) return "unknown";
  const stored = storedOf(content);
  if (records.some((record) => Buffer.compare(record.storedDigest ?? stored, stored) === 0)) return "same";
  return records.some((record) => record.inode === inode) ? "changed" : "replaced";
}

function checkedAt(records: readonly ChunkRecord[], inode: number): number {
  return Math.max(0, ...records.filter((one) => one.inode === inode).map((one) => one.checkedAtSeconds));
}

describe("records of chunks", () => {
  test("say of each chunk what was written, whatever was merged or removed, and by however many writers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, rangeRecordCount) => {
          const needs = aStore();
          const model = new Map<number, ChunkRecord[]>();
          let log = createRecordLog(needs, "/store");
          let hasOther = false;
          const startAnother = (): void => {
            log = createRecordLog(needs, "/store");
          };
          for (const one of steps) {
            needs.clock.advance(1000);
            if (one.do === "store" || one.do === "check") {
              const record = {
                digest: digestOf(one.chunk),
                storedDigest: storedOf(one.content),
                inode: one.inode,
                checkedAtSeconds: one.do === "check" ? Math.floor(needs.clock.now() / 1000) : 0,
                storedSizeBytes: 10,
              };
              log.add(record);
              log.flush();
              model.set(one.chunk, [...(model.get(one.chunk) ?? []), record]);
            } else if (one.do === "back") needs.clock.setNow(instantFromMs(needs.clock.now() - 5000));
            // A writer that lives on beside the next one.
            else if (one.do === "leave") {
              hasOther = true;
              startAnother();
            } else {
              log.close();
              startAnother();
              if (one.do === "merge") await mergeChunkRecords(needs, "/store", { rangeRecordCount });
              if (one.do === "remove" && !hasOther) {
                const removed = createDigestSet();
                removed.add(digestOf(one.chunk));
                model.delete(one.chunk);
                await mergeChunkRecords(needs, "/store", { removed, rangeRecordCount });
              }
            }
          }
          const records = await openChunkRecords(needs, "/store");
          for (let number = 0; number < CHUNK_COUNT; number++) {
            const known = model.get(number) ?? [];
            const inode = 2 ** 33;
            for (const content of [0, 1, 2, 3, 4]) {
              const file = { digest: digestOf(number), storedDigest: storedOf(content), inode };
              expect(records.judge(file)).toBe(verdictOf(known, content, inode));
            }
            expect(records.checkedAt(digestOf(number), inode)).toBe(checkedAt(known, inode));
          }
          records.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("the sorted file", () => {
  test("finds each of many digests, also where they all begin alike, and none that is not there", async () => {
    const random = createSeededRandom(7);
    for (const prefixSizeBytes of [0, 3, 12]) {
      const needs = aStore();
      const log = createRecordLog(needs, "/store");
      const digests = Array.from({ length: 3000 }, () => {
        const digest = random.bytes(32);
        digest.fill(5, 0, prefixSizeBytes);
        return digest;
      });
      for (const [at, digest] of digests.entries())
        log.add({ digest, storedDigest: storedOf(at), inode: at, checkedAtSeconds: at, storedSizeBytes: 1 });
      log.close();
      await mergeChunkRecords(needs, "/store");
      expect(listLogs(needs.disk, "/store")).toEqual([]);
      const records = await openChunkRecords(needs, "/store");
      expect(digests.every((digest, at) => records.checkedAt(digest, at) === at)).toBe(true);
      for (let count = 0; count < 200; count++) expect(records.checkedAt(random.bytes(32), 1)).toBe(0);
      records.close();
    }
  });

  test("that is damaged in one place knows nothing of that place and everything of the others", async () => {
    const needs = aStore();
    const log = createRecordLog(needs, "/store");
    for (let number = 0; number < 100; number++)
      log.add({
        digest: digestOf(number),
        storedDigest: undefined,
        inode: 1,
        checkedAtSeconds: 7,
        storedSizeBytes: 1,
      });
    log.close();
    await mergeChunkRecords(needs, "/store");
    const path = `${recordsPath("/store")}/${SORTED_NAME}`;
    const bytes = needs.disk.readFile(path, 1_000_000);
    const hit = 40 * RECORD_SIZE_BYTES + 70;
    bytes[hit] = (bytes[hit] ?? 0) ^ 4;
    needs.disk.unlink(path);
    const file = needs.disk.open(path, "create");
    // And half a record at the end.
    file.pwrite(bytes.subarray(0, bytes.length - 30), 0);
    file.close();
    const records = await openChunkRecords(needs, "/store");
    const known = Array.from({ length: 100 }, (_, number) => records.checkedAt(digestOf(number), 1));
    expect(known.filter((seconds) => seconds === 7)).toHaveLength(98);
    expect(known.filter((seconds) => seconds === 0)).toHaveLength(2);
    records.close();
  });

  test("is whole after a power cut at any step of a merge, and nothing that was durable before is lost", async () => {
    const merges = async (faultAt: number): Promise<boolean> => {
      const needs = aStore();
      const log = createRecordLog(needs, "/store");
      for (let number = 0; number < 20; number++)
        log.add({
          digest: digestOf(number),
          storedDigest: undefined,
          inode: 1,
          checkedAtSeconds: 7,
          storedSizeBytes: 1,
        });
      log.close();
      needs.disk.openFileSystem("/store").sync();
      const faulty = createFaultyDisk(needs.disk, ({ number }) =>
        number === faultAt ? "power-cut" : undefined,
      );
      const isDone = await mergeChunkRecords({ ...needs, disk: faulty }, "/store").then(
        () => faulty.operationCount < faultAt,
        () => false,
      );
      needs.disk.cutPower(createSeededRandom(faultAt));
      const records = await openChunkRecords(needs, "/store");
      for (let number = 0; number < 20; number++) expect(records.checkedAt(digestOf(number), 1)).toBe(7);
      records.close();
      return isDone;
    };
    let faultAt = 1;
    while (!(await merges(faultAt))) faultAt++;
    expect(faultAt).toBeGreaterThan(10);
  });
});
