/** Snapshots whose own files are damaged, and verifications of some of them: as a person meets it. */

import { existsSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation } from "./support/installation.ts";
import { newestTask } from "./support/task-view.ts";
import { assertSameTree, growTree } from "./support/tree.ts";

describe("a snapshot whose own files are cut short", () => {
  const ibs = new Installation();
  const store = ibs.store();
  const fileOf = (snapshot: string, pattern: RegExp): string => {
    const folder = join(store, snapshot);
    const name = readdirSync(folder).find((one) => pattern.test(one));
    if (name === undefined) throw new Error(`${snapshot} has no such file`);
    return join(folder, name);
  };
  const backUp = (): string => {
    ibs.run("backup", "--path", ibs.path("tree"), "--datastore", "main", "--id", "one", "--wait");
    const [newest] = ibs.json<{ snapshot: string }[]>("snapshot", "list", "--datastore", "main");
    return newest?.snapshot ?? "";
  };
  const reportOf = (snapshot: string) => {
    expect(ibs.run("verify", `main:${snapshot}`, "--wait").exitCode).toBe(1);
    return newestTask(ibs, "verify").statistics?.verify?.snapshots[0];
  };

  beforeAll(async () => {
    growTree(ibs.path("tree"), { seed: 11, fileCount: 100 });
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", store);
  });
  afterAll(() => ibs.dispose());

  test.each([
    ["an index", /\.pxar\.didx$|\.ppxar\.didx$/, /pxar\.didx$/, "SNAPSHOT_VERIFY_FAILED"],
    ["the manifest", /^index\.json\.blob$/, /^index\.json/, "MANIFEST_UNREADABLE"],
  ])("with %s is CORRUPT with a reason, and the next backup is sound", (_what, pattern, archive, refusal) => {
    const snapshot = backUp();
    const victim = fileOf(snapshot, pattern);
    truncateSync(victim, statSync(victim).size - 7);
    const report = reportOf(snapshot);
    expect(report?.result).toBe("CORRUPT");
    expect(report?.findings[0]).toMatchObject({
      kind: "corrupt",
      archive: expect.stringMatching(archive) as string,
    });
    expect(report?.findings[0]?.reason.length).toBeGreaterThan(10);
    const [shown] = ibs
      .json<{ snapshot: string; verification?: { result: string } }[]>(
        "snapshot",
        "list",
        "--datastore",
        "main",
      )
      .filter((one) => one.snapshot === snapshot);
    expect(shown?.verification?.result).toBe("CORRUPT");
    expect(ibs.run("restore", `main:${snapshot}`, "--target", ibs.path("refused"), "--wait").exitCode).toBe(
      1,
    );
    expect(newestTask(ibs, "restore").error?.code).toBe(refusal);
    const healed = backUp();
    expect(healed).not.toBe(snapshot);
    ibs.must("verify", `main:${healed}`, "--wait");
    ibs.must("restore", `main:${healed}`, "--target", ibs.path(`back-${archive.source.length}`), "--wait");
    assertSameTree(ibs.path("tree"), ibs.path(`back-${archive.source.length}`));
  });

  test("is refused by a restore, which names the newest sound one; who insists is told what is not to be had", () => {
    const snapshots = ibs.json<
      { snapshot: string; verification?: { result: string }; manifestError?: string }[]
    >("snapshot", "list", "--datastore", "main");
    const sound = snapshots.find(({ verification }) => verification?.result === "OK")?.snapshot ?? "none";
    const [unopenable, cut] = snapshots.filter(({ verification }) => verification?.result === "CORRUPT");
    const restore = (snapshot = "none"): readonly [string, ...string[]] => [
      "restore",
      `main:${snapshot}`,
      "--target",
      ibs.path("insisted"),
      "--wait",
    ];
    expect(ibs.run(...restore(cut?.snapshot)).exitCode).toBe(1);
    const { error } = newestTask(ibs, "restore");
    expect(error?.message).toContain(sound);
    expect(error?.remedy).toContain("--allow-corrupt");
    expect(ibs.run(...restore(unopenable?.snapshot)).stdout).toContain(
      `the newest one that verified is ${sound}`,
    );
    expect(existsSync(ibs.path("insisted"))).toBe(false);
    expect(ibs.run(...restore(cut?.snapshot), "--allow-corrupt").stdout).toContain("SNAPSHOT_NOT_SOUND");
    expect(newestTask(ibs, "restore").error?.code).toBe("INDEX_CORRUPT");
  });

  test("is met by a verify of its group, and a verify with a window leaves out what was sound today", () => {
    expect(ibs.run("verify", "--datastore", "main", "--group", "host/one", "--wait").exitCode).toBe(1);
    const whole = newestTask(ibs, "verify").statistics?.verify;
    expect(whole?.snapshots.map(({ result }) => result).toSorted()).toEqual([
      "CORRUPT",
      "CORRUPT",
      "OK",
      "OK",
    ]);
    expect(ibs.run("verify", "--datastore", "main", "--verify-window-days", "30", "--wait").exitCode).toBe(1);
    const rest = newestTask(ibs, "verify").statistics?.verify;
    expect(rest?.snapshots.map(({ result }) => result)).toEqual(["CORRUPT", "CORRUPT"]);
    expect(rest?.recentlyVerifiedCount).toBe(2);
  });

  test("a namespace is verified with those below it, and one that is not there is refused", () => {
    ibs.must("namespace", "create", "a/b", "--datastore", "main");
    const backup = ["backup", "--path", ibs.path("tree"), "--datastore", "main"];
    ibs.must(...backup, "--namespace", "a/b", "--wait");
    ibs.must("verify", "--datastore", "main", "--namespace", "a", "--wait");
    expect(newestTask(ibs, "verify").statistics?.verify?.snapshots).toHaveLength(1);
    ibs.must("verify", "--datastore", "main", "--namespace", "a", "--depth", "0", "--wait");
    expect(newestTask(ibs, "verify").statistics?.verify?.snapshots).toHaveLength(0);
    const missing = ibs.run("verify", "--datastore", "main", "--namespace", "nowhere", "--wait");
    expect(missing.exitCode).toBe(1);
    expect(missing.stdout + missing.stderr).toContain("NAMESPACE_MISSING");
  });
});
