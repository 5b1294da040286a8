import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { createDigestTable, openDigestTable } from "./digest-table.ts";

/** Starting a thread takes its time on a machine under load. */
const PATIENCE = { timeout: 30_000 };

test("a digest is claimed once, through any door to the table", () => {
  const table = createDigestTable(1000);
  const other = openDigestTable(table.shared);
  const random = createSeededRandom(1);
  for (let i = 0; i < 1000; i++) {
    const digest = random.bytes(32);
    expect(table.claim(digest)).toBe("claimed");
    expect(other.claim(digest)).toBe("seen");
  }
});

test("digests that differ in one bit, or begin alike, are different", () => {
  const table = createDigestTable(1000);
  const digest = createSeededRandom(2).bytes(32);
  expect(table.claim(digest)).toBe("claimed");
  for (let bit = 0; bit < 256; bit++) {
    const near = Uint8Array.from(digest);
    near[bit >>> 3] = (near[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
    expect(table.claim(near)).toBe("claimed");
  }
  expect(table.claim(new Uint8Array(32)), "all zeros is a digest like others").toBe("claimed");
  expect(table.claim(new Uint8Array(32))).toBe("seen");
});

test("a full table says so for new digests and still knows the old ones", () => {
  const table = createDigestTable(12);
  const digests = Array.from({ length: 40 }, (_, index) => createSeededRandom(index + 1).bytes(32));
  const first = digests.map((digest) => table.claim(digest));
  const claimedCount = first.filter((claim) => claim === "claimed").length;
  expect(claimedCount).toBeGreaterThanOrEqual(12);
  expect(claimedCount).toBeLessThan(40);
  expect(digests.map((digest) => table.claim(digest))).toEqual(
    first.map((claim) => (claim === "claimed" ? "seen" : "full")),
  );
});

/** Claims the same digests as its siblings, all at once, and counts what it got. */
async function claimInThread(shared: SharedArrayBuffer, start: Int32Array): Promise<number> {
  const worker = new Worker(new URL("./digest-claimer.testing.ts", import.meta.url), {
    workerData: { shared, start },
    execArgv: [],
  });
  return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
}

test("threads that claim the same digests at the same time get each of them once in all", async () => {
  const table = createDigestTable(20_000);
  const start = new Int32Array(new SharedArrayBuffer(4));
  const counts = Promise.all([claimInThread(table.shared, start), claimInThread(table.shared, start)]);
  await expect.poll(() => Atomics.load(start, 0), PATIENCE).toBe(2);
  Atomics.store(start, 0, -1);
  Atomics.notify(start, 0);
  const [one, two] = await counts;
  expect((one ?? 0) + (two ?? 0)).toBe(20_000);
});
