/** Limits on bandwidth between real processes, and a datastore whose place something else takes. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { connect } from "./support/api.ts";
import { Installation, until } from "./support/installation.ts";

interface SomeTask {
  readonly upid: string;
  readonly state: string;
  readonly error?: { readonly code: string };
  readonly stages: readonly { readonly name: string; readonly doneBytes: number }[];
  readonly statistics?: {
    readonly backup?: {
      readonly effectiveTransferRateBytesPerSecond: number;
      readonly newStoredBytes: number;
    };
  };
}

const MB = 1_000_000;
const WITHIN = 0.1;
/** Share of the limit's time that a busy machine may lose. */
const STALLED = 0.3;

const ibs = new Installation();
const show = (upid: string): SomeTask => ibs.json<SomeTask>("task", "show", upid);
const start = (...words: string[]): string => ibs.must("backup", "--datastore", "main", ...words).trim();
const ended = async (upid: string): Promise<SomeTask> => {
  await until(`the end of ${upid}`, () => !["queued", "running"].includes(show(upid).state), 120_000);
  return show(upid);
};

/** Data that neither compresses nor repeats: what is read is what is stored. */
function aSource(name: string, sizeMb: number): string {
  const path = ibs.path(name);
  mkdirSync(path);
  for (let at = 0; at < sizeMb; at += 10) writeFileSync(join(path, `${at}.bin`), randomBytes(10 * MB));
  return path;
}

/** Least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([one]) => one), mean(([, one]) => one)];
  return mean(([a, b]) => (a - x) * (b - y)) / mean(([a]) => (a - x) ** 2);
}

/** Names of everything in a store that is no empty chunk directory. */
function contentOf(store: string): string[] {
  const chunks = readdirSync(join(store, ".chunks")).flatMap((name) =>
    readdirSync(join(store, ".chunks", name)),
  );
  return [
    ...chunks,
    ...readdirSync(store, { recursive: true, encoding: "utf8" }).filter(
      (name) => !name.startsWith(".chunks"),
    ),
  ].toSorted();
}

beforeAll(async () => {
  await ibs.start("--slots", "2");
  ibs.must("datastore", "create", "main", "--path", ibs.store());
}, 120_000);
afterAll(() => ibs.dispose());

test("two backups that run at once share their datastore's limit equally", async () => {
  const sources = [aSource("one", 200), aSource("two", 200)];
  ibs.must("datastore", "update", "main", "--bwlimit", "20MB");
  const upids = sources.map((path, at) => start("--path", path, "--id", `share-${at}`));
  const client = connect(ibs);
  // While both run: the first to begin had the limit for itself for a moment, and the last to end will.
  const samples: (readonly [atMs: number, ...done: number[]])[] = [];
  for (let isOver = false; !isOver;) {
    const tasks = await Promise.all(upids.map((upid) => client.call("getTask", { params: { upid } })));
    const done = tasks.map(({ stages }) => stages[0]?.doneBytes ?? 0);
    if (Math.min(...done) >= 20 * MB) samples.push([performance.now(), ...done]);
    isOver = Math.max(...done) >= 180 * MB;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  client.close();
  // They read in bursts of some chunks: a line through all samples tells the rate better than the first and the last.
  const rates = upids.map(
    (_, at) => slopeOf(samples.map((sample) => [sample[0], sample[at + 1] ?? 0])) * 1000,
  );
  for (const upid of upids) expect((await ended(upid)).state).toBe("ok");
  ibs.must("datastore", "update", "main", "--bwlimit", "none");
  const together = rates.reduce((sum, rate) => sum + rate, 0);
  for (const rate of rates) {
    expect(rate).toBeGreaterThan((together / 2) * (1 - WITHIN));
    expect(rate).toBeLessThan((together / 2) * (1 + WITHIN));
  }
  expect(together).toBeLessThan(20 * MB * (1 + WITHIN));
  // A machine that stands still for a second while others build on it does not break the promise: a limit is no floor.
  expect(together).toBeGreaterThan(20 * MB * (1 - STALLED));
}, 180_000);

test("a limit that is taken away while a backup runs holds it back no more", async () => {
  const upid = start("--path", aSource("slow", 100), "--id", "slow", "--bwlimit", "1MB");
  await until("the backup moves", () => (show(upid).stages[0]?.doneBytes ?? 0) > 0);
  const startedAt = performance.now();
  ibs.must("task", "update", upid, "--bwlimit", "none");
  expect((await ended(upid)).state).toBe("ok");
  // With its limit it would have taken more than a minute.
  expect(performance.now() - startedAt).toBeLessThan(30_000);
}, 180_000);

test("another store in the datastore's place is filled neither by a backup that waited nor by one that runs", async () => {
  ibs.must("datastore", "create", "other", "--path", ibs.store("other"));
  ibs.must("datastore", "remove", "other");
  const [own, other, aside] = [ibs.store(), ibs.store("other"), ibs.store("aside")];
  const swap = (): void => {
    renameSync(own, aside);
    renameSync(other, own);
  };
  const swapBack = (): void => {
    renameSync(own, other);
    renameSync(aside, own);
  };
  const before = contentOf(other);
  const source = aSource("source", 60);

  ibs.must("scheduler", "pause");
  const waiting = start("--path", source, "--id", "swapped");
  swap();
  ibs.must("scheduler", "resume");
  expect((await ended(waiting)).error?.code).toBe("DATASTORE_NOT_SAME");
  expect(ibs.json<{ status: string }>("datastore", "show", "main").status).toBe("offline");
  swapBack();
  expect(contentOf(other)).toEqual(before);

  const running = start("--path", source, "--id", "swapped", "--bwlimit", "5MB");
  await until("the backup moves", () => (show(running).stages[0]?.doneBytes ?? 0) > 20 * MB);
  swap();
  const failed = await ended(running);
  swapBack();
  expect(failed.error?.code).toBe("DATASTORE_REPLACED");
  expect(contentOf(other)).toEqual(before);

  const again = await ended(start("--path", source, "--id", "swapped"));
  expect(again.state).toBe("ok");
  ibs.must("verify", "main:host/swapped/latest", "--wait");
}, 180_000);
