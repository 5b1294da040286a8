import { expect, test } from "vitest";
import { parseDatastoreName } from "@ironcore-backup/base";
import type { BackupRequest } from "@ironcore-backup/protocol";
import { cancelGraceMsOf } from "./cancel-grace.ts";

const patience = { cancelGraceMs: 1500 };
const backup = (request: Partial<BackupRequest>) => ({
  type: "backup" as const,
  datastore: { name: parseDatastoreName("main"), path: "/srv/main" },
  request: { datastore: "main", paths: ["/srv"], ...request },
});

test("a cancelled task is killed soon, but a command that follows a backup has its time", () => {
  expect(cancelGraceMsOf(patience, backup({}))).toBe(1500);
  expect(cancelGraceMsOf(patience, backup({ preCommand: { argv: ["true"] } }))).toBe(1500);
  expect(cancelGraceMsOf(patience, backup({ postCommand: { argv: ["true"], timeoutSeconds: 20 } }))).toBe(
    21_500,
  );
  expect(cancelGraceMsOf(patience, backup({ postCommand: { argv: ["true"] } }))).toBe(301_500);
  expect(cancelGraceMsOf(patience, undefined)).toBe(1500);
});
