/** What goes wrong in real life, each told by the text that the product promises, and nothing finished is ever lost. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { Installation, tool, until } from "./support/installation.ts";
import { newestTask } from "./support/task-view.ts";
import type { TaskView } from "./support/task-view.ts";
import { assertSameTree, growTree, textBytes } from "./support/tree.ts";

/** The chunk files of a datastore, the largest first. */
const chunkFiles = (store: string): string[] =>
  readdirSync(join(store, ".chunks"))
    .flatMap((directory) =>
      readdirSync(join(store, ".chunks", directory)).map((name) => join(store, ".chunks", directory, name)),
    )
    .filter((path) => /\/[0-9a-f]{64}$/.test(path))
    .sort((a, b) => statSync(b).size - statSync(a).size);

const flipByte = (path: string): void => {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0x40;
  writeFileSync(path, bytes);
};

/** The base cannot be trusted, which is a warning: everything is read again. */
const healingBackup = (ibs: Installation): void => {
  const healed = ibs.run(
    "backup",
    "--path",
    ibs.path("tree"),
    "--datastore",
    "main",
    "--id",
    "one",
    "--wait",
  );
  expect(healed.stdout).toContain("DEDUPLICATION_PARTIAL");
  expect(healed.exitCode).toBe(3);
};

describe("a damaged datastore", () => {
  const ibs = new Installation();
  const store = ibs.store();

  beforeAll(async () => {
    growTree(ibs.path("tree"), { seed: 4, fileCount: 100 });
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", store);
    ibs.must("backup", "--path", ibs.path("tree"), "--datastore", "main", "--id", "one", "--wait");
  });
  afterAll(() => ibs.dispose());

  test("a flipped byte reads CORRUPT with chunk and archive, the restore refuses, the next backup heals", () => {
    const [victim = ""] = chunkFiles(store);
    flipByte(victim);
    expect(ibs.run("verify", "--datastore", "main", "--wait").exitCode).toBe(1);
    const verify = newestTask(ibs, "verify");
    expect(verify.state).toBe("failed");
    const [report] = verify.statistics?.verify?.snapshots ?? [];
    expect(report?.result).toBe("CORRUPT");
    expect(report?.findings[0]).toMatchObject({
      kind: "corrupt",
      digest: victim.slice(-64),
      archive: expect.stringMatching(/pxar\.didx$/) as string,
    });
    const chunk = ["datastore", "chunk", "main", victim.slice(-64)] as const;
    expect(ibs.run(...chunk).stdout).toContain("1 snapshot needs it, in 1 archive");
    const { archives } = ibs.json<{ archives: { archive: string; fileCount: number; files: unknown[] }[] }>(
      ...chunk,
      "--snapshot",
      "host/one/latest",
    );
    expect(archives).toHaveLength(1);
    expect(archives[0]?.archive).toBe(report?.findings[0]?.archive);
    expect(archives[0]?.fileCount).toBeGreaterThan(0);
    const refused = ibs.run("restore", "main:host/one/latest", "--target", ibs.path("refused"), "--wait");
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(/verif/i);
    healingBackup(ibs);
    ibs.must("verify", "main:host/one/latest", "--wait");
    ibs.must("restore", "main:host/one/latest", "--target", ibs.path("healed"), "--wait");
    assertSameTree(ibs.path("tree"), ibs.path("healed"));
  });

  test("a lost chunk reads MISSING, a lost and a flipped one CORRUPT with both, and the next backup heals", () => {
    const [first = "", second = ""] = chunkFiles(store);
    rmSync(first);
    expect(ibs.run("verify", "main:host/one/latest", "--wait").exitCode).toBe(1);
    expect(newestTask(ibs, "verify").statistics?.verify?.snapshots[0]?.result).toBe("MISSING");
    flipByte(second);
    expect(ibs.run("verify", "main:host/one/latest", "--wait").exitCode).toBe(1);
    const report = newestTask(ibs, "verify").statistics?.verify?.snapshots[0];
    expect(report?.result).toBe("CORRUPT");
    expect(report?.findings.map((finding) => finding.digest)).toEqual(
      expect.arrayContaining([first.slice(-64), second.slice(-64)]),
    );
    healingBackup(ibs);
    ibs.must("verify", "main:host/one/latest", "--wait");
  });

  test("a restore that meets a damaged chunk fails and names what it was for", () => {
    const [victim = ""] = chunkFiles(store);
    const whole = readFileSync(victim);
    flipByte(victim);
    const failed = ibs.run("restore", "main:host/one/latest", "--target", ibs.path("half"), "--wait");
    expect(failed.exitCode).toBe(1);
    expect(newestTask(ibs, "restore").error?.code).toBe("RESTORE_CHUNK_FAILED");
    expect(failed.stdout + failed.stderr).toContain(victim.slice(-64));
    writeFileSync(victim, whole);
  });
});

describe("a wrong key", () => {
  const ibs = new Installation();
  beforeAll(async () => {
    growTree(ibs.path("tree"), { seed: 5, fileCount: 50 });
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    ibs.must("key", "create", ibs.path("right.key"), "--kdf", "none");
    ibs.must("key", "create", ibs.path("wrong.key"), "--kdf", "none");
  });
  afterAll(() => ibs.dispose());

  test("restores with the right key only, and writes nothing with another or none", () => {
    ibs.must(
      "backup",
      "--path",
      ibs.path("tree"),
      "--datastore",
      "main",
      "--id",
      "secret",
      "--keyfile",
      ibs.path("right.key"),
      "--wait",
    );
    ibs.must("verify", "--datastore", "main", "--wait");
    const restore = (target: string, ...words: string[]) =>
      ibs.run("restore", "main:host/secret/latest", "--target", ibs.path(target), ...words, "--wait");
    expect(restore("wrong", "--keyfile", ibs.path("wrong.key")).exitCode).toBe(1);
    expect(newestTask(ibs, "restore").error?.code).toBe("KEY_WRONG");
    expect(restore("none").exitCode).toBe(1);
    expect(newestTask(ibs, "restore").error?.code).toBe("KEY_REQUIRED");
    for (const target of ["wrong", "none"])
      expect(existsSync(ibs.path(target)) ? readdirSync(ibs.path(target)) : []).toEqual([]);
    expect(restore("right", "--keyfile", ibs.path("right.key")).exitCode).toBe(0);
    assertSameTree(ibs.path("tree"), ibs.path("right"));
  });

  test("no plain text of the source is in the datastore", () => {
    const found = spawnSync("grep", ["-rlaF", "#!/bin/sh", ibs.store()], { encoding: "utf8" });
    expect(found.stdout).toBe("");
  });
});

describe("a full disk", () => {
  const ibs = new Installation();
  const mount = ibs.path("small");
  beforeAll(async () => {
    mkdirSync(mount);
    // 65,536 chunk directories need inodes, the data needs room for the first backup only.
    tool("mount", ["-t", "tmpfs", "-o", "size=400m,nr_inodes=200k", "tmpfs", mount]);
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", `${mount}/store`);
  });
  afterAll(async () => {
    await ibs.dispose().catch(() => undefined);
    spawnSync("umount", ["-l", mount]);
    rmSync(ibs.root, { recursive: true, force: true });
  });

  test("fails the backup with its own words, leaves no trace, and earlier snapshots stay whole", () => {
    growTree(ibs.path("tree"), { seed: 6, fileCount: 100 });
    ibs.must("backup", "--path", ibs.path("tree"), "--datastore", "main", "--id", "small", "--wait");
    mkdirSync(ibs.path("large"));
    const random = createSeededRandom(7);
    for (let i = 0; i < 16; i++) writeFileSync(ibs.path(`large/${i}`), random.bytes(32 << 20));
    const failed = ibs.run(
      "backup",
      "--path",
      ibs.path("large"),
      "--datastore",
      "main",
      "--id",
      "large",
      "--wait",
    );
    expect(failed.exitCode).toBe(1);
    const task = newestTask(ibs, "backup");
    expect(task.state).toBe("failed");
    expect(task.error?.code).toBe("DISK_FULL");
    expect(task.exitStatus).toContain("no space left on datastore");
    expect(ibs.must("snapshot", "list", "--datastore", "main")).not.toContain("host/large/");
    ibs.must("verify", "--datastore", "main", "--wait");
    ibs.must("restore", "main:host/small/latest", "--target", ibs.path("back"), "--wait");
    assertSameTree(ibs.path("tree"), ibs.path("back"));
  });
});

describe("a kill in mid backup", () => {
  let ibs = new Installation();
  afterEach(async () => {
    await ibs.dispose();
    ibs = new Installation();
  });

  /** A first snapshot that must survive, and a second backup, made slow by its compression, that is killed once it moves. */
  async function killedBackup(kill: (upid: string) => void): Promise<TaskView> {
    growTree(ibs.path("tree"), { seed: 8, fileCount: 100 });
    mkdirSync(ibs.path("large"));
    const random = createSeededRandom(9);
    for (let i = 0; i < 12; i++) writeFileSync(ibs.path(`large/${i}`), textBytes(random, 12_000_000));
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    const backup = (path: string, ...words: string[]) =>
      ibs.must("backup", "--path", ibs.path(path), "--datastore", "main", "--id", "one", ...words);
    backup("tree", "--wait");
    const chunkCountBefore = chunkFiles(ibs.store()).length;
    backup("large", "--compression", "19");
    await until("chunks of the second backup", () => chunkFiles(ibs.store()).length > chunkCountBefore + 1);
    const task = newestTask(ibs, "backup");
    expect(task.state).toBe("running");
    kill(task.upid);
    return task;
  }

  /** The killed one left nothing that looks like a snapshot; the first is whole; the same backup runs now. */
  function assertRecovered(): void {
    const listed = ibs.json<{ finished: boolean }[]>("snapshot", "list", "--datastore", "main");
    expect(listed.filter((snapshot) => snapshot.finished)).toHaveLength(1);
    expect(listed).toHaveLength(1);
    ibs.must("verify", "--datastore", "main", "--wait");
    ibs.must("restore", "main:host/one/latest", "--target", ibs.path("back"), "--wait");
    assertSameTree(ibs.path("tree"), ibs.path("back"));
    ibs.must("backup", "--path", ibs.path("large"), "--datastore", "main", "--id", "one", "--wait");
    ibs.must("verify", "--datastore", "main", "--wait");
  }

  test("of everything: after restart the task is failed with that reason and nothing finished is lost", async () => {
    const killed = await killedBackup(() => undefined);
    ibs.killEverything();
    await ibs.start();
    const task = ibs.json<TaskView>("task", "show", killed.upid);
    expect(task.state).toBe("failed");
    expect(task.error?.code).toBe("WORKER_LOST");
    assertRecovered();
  });

  test("of the server alone: its worker stops too, and after restart nothing is stuck", async () => {
    const killed = await killedBackup(() => undefined);
    process.kill(serverProcess(ibs), "SIGKILL");
    await until("the end of every process", () => processesOf(ibs).length === 0, 20_000);
    await ibs.start();
    expect(ibs.json<TaskView>("task", "show", killed.upid).state).toBe("failed");
    assertRecovered();
  });

  test("of the worker alone: the task fails within seconds, the server stays", async () => {
    const killed = await killedBackup(() => undefined);
    const [worker] = processesOf(ibs).filter(
      (pid) => openFilesBelow(pid, ibs.store()) && pid !== serverProcess(ibs),
    );
    if (worker === undefined) throw new Error("no worker process found at work on the datastore");
    process.kill(worker, "SIGKILL");
    await until(
      "the task to fail",
      () => ibs.json<TaskView>("task", "show", killed.upid).state === "failed",
      20_000,
    );
    expect(ibs.json<TaskView>("task", "show", killed.upid).error?.code).toBe("WORKER_LOST");
    assertRecovered();
  });

  test("a cancelled backup ends cancelled within seconds and leaves no trace", async () => {
    const killed = await killedBackup((upid) => ibs.must("task", "cancel", upid));
    await until(
      "the task to end",
      () => ibs.json<TaskView>("task", "show", killed.upid).state === "cancelled",
      10_000,
    );
    assertRecovered();
  });
});

/** Processes whose command line names the installation's data directory, and their children. */
function processesOf(ibs: Installation): number[] {
  const rows = tool("ps", ["-eo", "pid=,ppid=,args="])
    .toString()
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
  const found = new Set(
    rows
      .filter((row) => row.slice(2).join(" ").includes(ibs.dataDir) && row[2]?.includes("node"))
      .map(([pid]) => Number(pid)),
  );
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, parent] of rows) {
      if (!found.has(Number(parent)) || found.has(Number(pid))) continue;
      found.add(Number(pid));
      grew = true;
    }
  }
  return [...found];
}

/** The process that listens: the command line's `serve` starts it as a child. */
function serverProcess(ibs: Installation): number {
  const listening = processesOf(ibs).find((pid) => openFilesBelow(pid, join(ibs.dataDir, "state.db")));
  if (listening === undefined) throw new Error("no server process found");
  return listening;
}

function openFilesBelow(pid: number, path: string): boolean {
  const links = spawnSync("find", [`/proc/${pid}/fd`, "-printf", "%l\\n"], { encoding: "utf8" });
  return links.stdout.split("\n").some((link) => link.startsWith(path));
}
