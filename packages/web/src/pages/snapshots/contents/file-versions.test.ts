import { expect, test } from "vitest";
import type { Snapshot, SnapshotEntry } from "@ironcore-backup/protocol/calls";
import { differenceOf } from "./file-versions.ts";

const snapshot: Snapshot = {
  snapshot: "host/web/2026-03-01T00:00:00Z",
  namespace: "",
  type: "host",
  id: "web",
  backupTime: 1,
  finished: true,
  protected: false,
  files: [],
};
const there = (sizeBytes: number, modifiedAt: number) => {
  const entry: SnapshotEntry = { name: "a", kind: "file", mode: 0, uid: 0, gid: 0, sizeBytes, modifiedAt };
  return { snapshot, state: "there", entry } as const;
};
const absent = { snapshot, state: "absent" } as const;
const unknown = { snapshot, state: "unknown" } as const;

test("tells a file that changed from one that stayed and one that came", () => {
  expect(differenceOf(there(1, 1), there(1, 1))).toBe("same");
  expect(differenceOf(there(1, 2), there(1, 1))).toBe("changed");
  expect(differenceOf(there(2, 1), there(1, 1))).toBe("changed");
  expect(differenceOf(there(1, 1), absent)).toBe("added");
});

test("claims nothing where there is nothing to compare with", () => {
  expect(differenceOf(there(1, 1), undefined)).toBeUndefined();
  expect(differenceOf(there(1, 1), unknown)).toBeUndefined();
  expect(differenceOf(absent, there(1, 1))).toBeUndefined();
});
