import { expect, test } from "vitest";
import type { Workload } from "@ironcore-backup/protocol/calls";
import {
  createRequest,
  EMPTY_WORKLOAD,
  formOfWorkload,
  isComplete,
  troublesOf,
  updateRequest,
} from "./workload-form.ts";

const FILES = { ...EMPTY_WORKLOAD, name: "web", paths: "/srv/www\n/etc\n", optionalPaths: "/opt/site" };

test("directories become one list of paths, of which some may be absent", () => {
  expect(
    createRequest({ ...FILES, excludes: "*.log\n\n cache/", tags: "prod, web", oneFileSystem: true }),
  ).toEqual({
    name: "web",
    kind: "files",
    paths: ["/srv/www", "/etc", "/opt/site"],
    optionalPaths: ["/opt/site"],
    excludes: ["*.log", "cache/"],
    oneFileSystem: true,
    tags: ["prod", "web"],
  });
});

test("commands are read as words, and kept with their time limits when they are edited", () => {
  const form = {
    ...EMPTY_WORKLOAD,
    name: "db",
    kind: "command" as const,
    commands: "shop.dump=pg_dump -Fc 'my shop'",
  };
  expect(createRequest(form).commands).toEqual([
    { archive: "shop.dump", argv: ["pg_dump", "-Fc", "my shop"] },
  ]);
  const before: Workload = {
    name: "db",
    kind: "command",
    commands: [{ archive: "shop.dump", argv: ["pg_dump", "-Fc", "my shop"], timeoutSeconds: 600 }],
    preCommand: { argv: ["sync"], timeoutSeconds: 5 },
    createdAt: 1,
    changedAt: 1,
    jobs: [],
  };
  expect(updateRequest(formOfWorkload(before), before)).toEqual({
    tags: [],
    comment: null,
    keyFile: null,
    commands: before.commands,
    preCommand: before.preCommand,
    postCommand: null,
  });
});

test("what the server would refuse is said at its field", () => {
  expect(troublesOf(FILES)).toEqual({});
  expect(
    Object.keys(troublesOf({ ...FILES, name: "a b", tags: "a b§", paths: "srv", keyFile: "k" })).sort(),
  ).toEqual(["keyFile", "name", "paths", "tags"]);
  const command = { ...EMPTY_WORKLOAD, name: "db", kind: "command" as const };
  expect(troublesOf({ ...command, commands: "pg_dump shop" }).commands).toContain("NAME=COMMAND");
  expect(troublesOf({ ...command, commands: "a=pg_dump | gzip", preCommand: "'open" })).toMatchObject({
    commands: expect.stringContaining("shell"),
    preCommand: expect.stringContaining("quote"),
  });
  expect([isComplete(FILES), isComplete(command), isComplete({ ...FILES, name: "" })]).toEqual([
    true,
    false,
    false,
  ]);
});
