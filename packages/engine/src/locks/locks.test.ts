import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFakeClock,
  createSeededRandom,
  createSystemClock,
  createSystemRandom,
} from "@ironcore-backup/base";
import type { FakeClock } from "@ironcore-backup/base";
import { describe, expect, it } from "vitest";
import type { Disk } from "../disk/disk.ts";
import { createMemoryDisk } from "../disk/memory-disk.ts";
import { createRealDisk } from "../disk/real-disk.ts";
import { lockGroup, lockManifest, lockSnapshot } from "./backup-lock.ts";
import { tryLockPath } from "./path-lock.ts";
import { findOldestWriter, registerWriter } from "./store-writer.ts";

const GROUP = { path: "/group", name: "host/web" };
const MANIFEST = { path: "/group/manifest", name: "host/web/2024-05-01T12:00:00Z" };

function aDisk(clock: FakeClock = createFakeClock()): { disk: Disk; clock: FakeClock } {
  const disk = createMemoryDisk({ clock });
  disk.mkdir("/group");
  disk.open("/.lock", "create").close();
  return { disk, clock };
}

describe("a lock on a path", () => {
  it("is taken again when the path was made anew between opening and locking", () => {
    const { disk } = aDisk();
    let lockCount = 0;
    const racing: Disk = {
      ...disk,
      tryLock: (path, mode) => {
        const lock = disk.tryLock(path, mode);
        lockCount++;
        if (lockCount === 1) {
          disk.rmdir("/group");
          disk.mkdir("/group");
        }
        return lock;
      },
    };
    const attempt = tryLockPath({ disk: racing }, "/group", "exclusive");
    expect(attempt.outcome).toBe("locked");
    expect(lockCount).toBe(2);
    expect(disk.tryLock("/group", "shared")).toBeUndefined();
  });

  it("reports a path that vanished as missing", () => {
    const { disk } = aDisk();
    const racing: Disk = {
      ...disk,
      tryLock: (path, mode) => {
        disk.rmdir("/group");
        return disk.tryLock(path, mode);
      },
    };
    expect(tryLockPath({ disk: racing }, "/group", "shared")).toEqual({ outcome: "missing" });
  });
});

describe("locks of groups and snapshots", () => {
  it("never wait: a busy group says that another backup is running", () => {
    const { disk } = aDisk();
    const lock = lockGroup({ disk }, GROUP);
    expect(() => lockGroup({ disk }, GROUP)).toThrow(
      "another backup is running: the group host/web is locked",
    );
    lock.release();
    lockGroup({ disk }, GROUP).release();
  });

  it("let readers share a snapshot and keep whoever removes it out", () => {
    const { disk } = aDisk();
    const reader = lockSnapshot({ disk }, GROUP, "shared");
    lockSnapshot({ disk }, GROUP, "shared").release();
    expect(() => lockSnapshot({ disk }, GROUP, "exclusive")).toThrow(
      expect.objectContaining({ code: "SNAPSHOT_LOCKED" }),
    );
    reader.release();
    const remover = lockSnapshot({ disk }, GROUP, "exclusive");
    expect(() => lockSnapshot({ disk }, GROUP, "shared")).toThrow(
      expect.objectContaining({ code: "SNAPSHOT_LOCKED" }),
    );
    remover.release();
  });
});

describe("the lock of a manifest", () => {
  it("waits while another holds it, and passes on to the file that replaced the locked one", async () => {
    const { disk, clock } = aDisk();
    disk.open(MANIFEST.path, "create").close();
    const first = await lockManifest({ disk, clock }, MANIFEST);
    const waiting = lockManifest({ disk, clock }, MANIFEST);
    disk.open("/group/new", "create").close();
    disk.rename("/group/new", MANIFEST.path);
    first.release();
    clock.advance(20);
    const second = await waiting;
    expect(second.isCurrent()).toBe(true);
    second.release();
  });

  it("gives up after five seconds", async () => {
    const { disk, clock } = aDisk();
    disk.open(MANIFEST.path, "create").close();
    await lockManifest({ disk, clock }, MANIFEST);
    const waiting = expect(lockManifest({ disk, clock }, MANIFEST)).rejects.toMatchObject({
      code: "MANIFEST_LOCKED",
    });
    for (let step = 0; step < 260; step++) {
      clock.advance(20);
      await Promise.resolve();
      await Promise.resolve();
    }
    await waiting;
  });

  it("wakes an idle wait when it is cancelled", async () => {
    const { disk, clock } = aDisk();
    disk.open(MANIFEST.path, "create").close();
    await lockManifest({ disk, clock }, MANIFEST);
    const controller = new AbortController();
    const waiting = lockManifest({ disk, clock }, MANIFEST, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("the register of writers", () => {
  it("knows the oldest living writer, and forgets those that ended", () => {
    const { disk, clock } = aDisk();
    const needs = { disk, clock, random: createSeededRandom(1) };
    expect(findOldestWriter(needs, "")).toBeUndefined();
    const older = registerWriter(needs, "");
    clock.advance(1000);
    const newer = registerWriter(needs, "");
    expect(findOldestWriter(needs, "")).toBe(older.startedAt);
    older.release();
    expect(findOldestWriter(needs, "")).toBe(newer.startedAt);
    newer.release();
    expect(findOldestWriter(needs, "")).toBeUndefined();
    expect(disk.readdir("/.locks/writers")).toEqual([]);
  });

  it("registers anew when a reader took the unlocked file for a dead writer's", () => {
    const { disk, clock } = aDisk();
    let isProbed = false;
    const racing: Disk = {
      ...disk,
      open: (path, mode) => {
        const file = disk.open(path, mode);
        if (mode === "create" && !isProbed) {
          isProbed = true;
          expect(findOldestWriter({ disk }, "")).toBeUndefined();
        }
        return file;
      },
    };
    const writer = registerWriter({ disk: racing, clock, random: createSeededRandom(1) }, "");
    expect(isProbed).toBe(true);
    expect(findOldestWriter({ disk }, "")).toBe(writer.startedAt);
  });

  it("refuses while somebody needs the datastore alone, and keeps that one out while it writes", () => {
    const { disk, clock } = aDisk();
    const needs = { disk, clock, random: createSeededRandom(1) };
    const alone = disk.tryLock("/.lock", "exclusive");
    expect(() => registerWriter(needs, "")).toThrow(expect.objectContaining({ code: "DATASTORE_BUSY" }));
    alone?.release();
    registerWriter(needs, "");
    expect(disk.tryLock("/.lock", "exclusive")).toBeUndefined();
  });
});

/** Takes all three kinds of lock in a process of its own, says so, and stays until it is killed. */
const HOLDER = `
  import { createSystemClock, createSystemRandom } from "@ironcore-backup/base";
  import { createRealDisk, lockGroup, lockSnapshot, registerWriter } from "@ironcore-backup/engine";
  const disk = createRealDisk();
  const root = process.argv[1];
  registerWriter({ disk, clock: createSystemClock(), random: createSystemRandom() }, root);
  lockGroup({ disk }, { path: root + "/group", name: "group" });
  lockSnapshot({ disk }, { path: root + "/group/snapshot", name: "snapshot" }, "shared");
  process.stdout.write("locked");
  setInterval(() => undefined, 1000);
`;

describe("locks between processes", () => {
  it("hold against another process, and go with it when it is killed", async () => {
    const root = mkdtempSync(join(tmpdir(), "lock-test-"));
    const disk = createRealDisk();
    const needs = { disk, clock: createSystemClock(), random: createSystemRandom() };
    disk.open(`${root}/.lock`, "create").close();
    disk.mkdir(`${root}/group`);
    disk.mkdir(`${root}/group/snapshot`);
    const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, root], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      await new Promise((resolve, reject) => {
        child.stdout.once("data", resolve);
        child.once("exit", () => reject(new Error("the other process ended before it had its locks")));
      });
      expect(tryLockPath(needs, `${root}/group`, "exclusive").outcome).toBe("busy");
      expect(tryLockPath(needs, `${root}/group/snapshot`, "exclusive").outcome).toBe("busy");
      const shared = tryLockPath(needs, `${root}/group/snapshot`, "shared");
      expect(shared.outcome).toBe("locked");
      if (shared.outcome === "locked") shared.lock.release();
      expect(findOldestWriter(needs, root)).toBeDefined();
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    expect(tryLockPath(needs, `${root}/group`, "exclusive").outcome).toBe("locked");
    expect(tryLockPath(needs, `${root}/group/snapshot`, "exclusive").outcome).toBe("locked");
    expect(disk.tryLock(`${root}/.lock`, "exclusive")).toBeDefined();
    expect(findOldestWriter(needs, root)).toBeUndefined();
    expect(disk.readdir(`${root}/.locks/writers`)).toEqual([]);
    rmSync(root, { recursive: true });
  });
});
