/** The README's own way, on a tree with everything in it: back up, watch, verify, restore, compare. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rmSync } from "node:fs";
import { Installation } from "./support/installation.ts";
import { assertSameTree, growTree } from "./support/tree.ts";

interface TaskView {
  readonly upid: string;
  readonly type: string;
  readonly state: string;
  readonly exitStatus?: string;
  readonly statistics?: { readonly kind: string; readonly backup?: Record<string, number> };
}

describe("a first backup and its restore", () => {
  const ibs = new Installation();
  const tree = ibs.path("tree");

  beforeAll(async () => {
    growTree(tree, { seed: 1, fileCount: 500 });
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
  });
  afterAll(() => ibs.dispose());

  test("the backup ends OK and says what it did", () => {
    const printed = ibs.must("backup", "--path", tree, "--datastore", "main", "--id", "web-1", "--wait");
    expect(printed).toMatch(/UPID:[^\s]+:backup:/);
    expect(printed).toContain("OK");
    const [task] = ibs.json<TaskView[]>("task", "list", "--type", "backup");
    expect(task).toMatchObject({ type: "backup", state: "ok", exitStatus: "OK" });
    expect(task?.statistics?.backup?.["sourceReadBytes"]).toBeGreaterThan(20_000_000);
  });

  test("the log tells the story, and every snapshot is listed", () => {
    const [task] = ibs.json<TaskView[]>("task", "list", "--type", "backup");
    expect(ibs.must("task", "log", task?.upid ?? "")).toContain(tree);
    expect(ibs.must("snapshot", "list", "--datastore", "main")).toContain("host/web-1/");
  });

  test("verify finds every chunk sound", () => {
    expect(ibs.must("verify", "--datastore", "main", "--wait")).toContain("OK");
  });

  test("the restore brings back the same bytes, modes, owners, times, links and attributes", () => {
    ibs.must("restore", "main:host/web-1/latest", "--target", ibs.path("restored"), "--wait");
    assertSameTree(tree, ibs.path("restored"));
  });

  test("a restore never overwrites silently", () => {
    const again = ibs.run("restore", "main:host/web-1/latest", "--target", ibs.path("restored"), "--wait");
    expect(again.exitCode).not.toBe(0);
    expect(again.stdout + again.stderr).toContain("--overwrite");
  });

  test("one directory alone can be restored", () => {
    ibs.must(
      "restore",
      "main:host/web-1/latest",
      "--target",
      ibs.path("part"),
      "--include",
      "/d3/",
      "--wait",
    );
    assertSameTree(`${tree}/d3`, ibs.path("part/d3"));
    rmSync(ibs.path("part"), { recursive: true });
  });

  test("a forgotten snapshot is gone, and no other", () => {
    ibs.must("backup", "--path", tree, "--datastore", "main", "--id", "web-2", "--wait");
    ibs.must("snapshot", "forget", "main:host/web-2/latest");
    const listed = ibs.must("snapshot", "list", "--datastore", "main");
    expect(listed).toContain("host/web-1/");
    expect(listed).not.toContain("host/web-2/");
  });
});
