/** Verifications that go on with what earlier ones read, and what a server without the key can tell of encrypted chunks. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { parseBlobHeader } from "@ironcore-backup/format";
import type { Task } from "@ironcore-backup/protocol/calls";
import { connect } from "./support/api.ts";
import { Installation } from "./support/installation.ts";
import { newestTask } from "./support/task-view.ts";
import { growTree } from "./support/tree.ts";

/** Bytes that do not compress. */
const FILE_SIZE_BYTES = 12_000_000;
const FILE_COUNT = 20;

describe("a verification that kill -9 of everything cut short", () => {
  const ibs = new Installation();
  beforeAll(async () => {
    mkdirSync(ibs.path("source"));
    const random = createSeededRandom(21);
    for (let at = 0; at < FILE_COUNT; at++)
      writeFileSync(ibs.path("source", `part-${at}`), random.bytes(FILE_SIZE_BYTES));
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    const source = ["--path", ibs.path("source"), "--datastore", "main", "--id", "one"];
    ibs.must("backup", ...source, "--wait");
  });
  afterAll(() => ibs.dispose());

  async function readSome(): Promise<void> {
    const client = connect(ibs);
    const { upid } = await client.call("startVerify", {
      body: { datastore: "main", bandwidthLimitBytesPerSecond: 48 << 20 },
    });
    for (;;) {
      const task: Task = await client.call("getTask", { params: { upid } });
      const readBytes = task.stages[0]?.doneBytes ?? 0;
      if (readBytes > 150e6) return;
      expect(task.endedAt).toBeUndefined();
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  test("is gone on with by the next one, which reads what is left", async () => {
    await readSome();
    ibs.killEverything();
    await ibs.start();
    ibs.must("verify", "--datastore", "main", "--wait");
    const { statistics } = newestTask(ibs, "verify");
    const verify = statistics?.verify;
    expect(verify?.continuedUpid).toMatch(/^UPID:/u);
    expect(verify?.snapshots[0]).toMatchObject({ result: "OK" });
    // What was read in the last moments may not have been written down.
    expect(verify?.readBytes).toBeLessThan(200e6);
    ibs.must("verify", "--datastore", "main", "--wait");
    const whole = newestTask(ibs, "verify").statistics?.verify;
    expect(whole?.continuedUpid).toBeUndefined();
    expect(whole?.readBytes).toBeGreaterThan(200e6);
  });
});

describe("a window", () => {
  const ibs = new Installation();
  beforeAll(async () => {
    growTree(ibs.path("tree"), { seed: 12, fileCount: 200 });
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    const source = ["--path", ibs.path("tree"), "--datastore", "main"];
    ibs.must("backup", ...source, "--id", "plain", "--wait");
    ibs.must("key", "create", ibs.path("key.json"), "--kdf", "none");
    ibs.must("backup", ...source, "--id", "secret", "--keyfile", ibs.path("key.json"), "--wait");
  });
  afterAll(() => ibs.dispose());

  test("is filled by shares: everything at first, then what is due, with a map of what was checked when", () => {
    ibs.must("verify", "--datastore", "main", "--cover-days", "30", "--wait");
    const first = newestTask(ibs, "verify").statistics?.verify;
    expect(first?.coverage).toMatchObject({ coverDays: 30, neverBytes: 0, leftBytes: 0 });
    expect(first?.coverage?.coveredBytes).toBe(first?.coverage?.totalBytes);
    expect(first?.snapshots.map(({ result }) => result)).toEqual(["OK", "OK"]);
    const shown = ibs.must("verify", "--datastore", "main", "--cover-days", "30", "--wait");
    expect(shown).toContain("Within 30 days");
    const second = newestTask(ibs, "verify").statistics?.verify;
    expect(second?.readBytes).toBeLessThan((first?.readBytes ?? 0) / 4);
    expect(second?.coverage?.coveredBytes).toBe(first?.coverage?.totalBytes);
  });

  test("of a job is run by it, and what makes no sense is refused", () => {
    ibs.must(
      "job",
      "create",
      "weekly",
      "--type",
      "verify",
      "--datastore",
      "main",
      "--cover-days",
      "7",
      "--max-duration",
      "1h",
    );
    ibs.must("job", "run", "weekly", "--wait");
    expect(newestTask(ibs, "verify").statistics?.verify?.coverage?.coverDays).toBe(7);
    const refused = ibs.run("verify", "--datastore", "main", "--max-duration", "1h");
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("VERIFY_EXTENT_INVALID")]);
    expect(ibs.run("job", "update", "weekly", "--verify-window-days", "7").stderr).toContain("JOB_INVALID");
  });

  test("and a server without the key finds a forged encrypted chunk, and its next backup heals it", () => {
    const chunks = join(ibs.store(), ".chunks");
    const encrypted = readdirSync(chunks)
      .flatMap((name) => readdirSync(join(chunks, name)).map((file) => join(chunks, name, file)))
      .filter((path) => isEncrypted(readFileSync(path)));
    expect(encrypted.length).toBeGreaterThan(0);
    const victim = encrypted[0] ?? "";
    const blob = readFileSync(victim);
    blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
    // The checksum fits again: nothing but what was stored tells.
    blob.writeUInt32LE(crc32(blob.subarray(44)), 8);
    writeFileSync(victim, blob);
    expect(ibs.run("verify", "main:host/secret/latest", "--wait").exitCode).not.toBe(0);
    const [report] = newestTask(ibs, "verify").statistics?.verify?.snapshots ?? [];
    expect(report).toMatchObject({ result: "CORRUPT", findingCount: 1 });
    const source = ["--path", ibs.path("tree"), "--datastore", "main", "--id", "secret"];
    // It warns that it does not stand on what failed.
    expect(ibs.run("backup", ...source, "--keyfile", ibs.path("key.json"), "--wait").exitCode).toBe(3);
    ibs.must("verify", "main:host/secret/latest", "--wait");
    expect(newestTask(ibs, "verify").statistics?.verify?.snapshots[0]).toMatchObject({
      result: "OK",
      checksumOnlyChunkCount: 0,
    });
  });
});

function isEncrypted(blob: Buffer): boolean {
  return parseBlobHeader(blob).encrypted;
}
