import { describe, expect, test } from "vitest";
import type { Privilege, Scope } from "@ironcore-backup/protocol/calls";
import { isAllowed } from "./privilege.ts";

const granted = (privilege: Privilege, scope: Scope) => ({
  platformPrivileges: [],
  grants: [{ role: "r", scope, privileges: [privilege] }],
});

describe("what the page offers", () => {
  test("what is granted on the platform holds everywhere", () => {
    const whoami = granted("task.cancel", { kind: "platform", name: "" });
    expect(isAllowed(whoami, "task.cancel", { datastore: "main", namespace: "a" })).toBe(true);
    expect(isAllowed(whoami, "task.retry", { datastore: "main" })).toBe(false);
  });

  test("a project's grant holds for its tasks and for no others", () => {
    const whoami = granted("task.cancel", { kind: "project", name: "blue" });
    expect(isAllowed(whoami, "task.cancel", { project: "blue", datastore: "main" })).toBe(true);
    expect(isAllowed(whoami, "task.cancel", { project: "red", datastore: "main" })).toBe(false);
    expect(isAllowed(whoami, "task.cancel", { datastore: "main" })).toBe(false);
  });

  test.each([
    ["main:a", "main", "a", true],
    ["main:a", "main", "a/b", true],
    ["main:a", "main", "ab", false],
    ["main:a", "main", "", false],
    ["main:a", "mainly", "a", false],
    ["main:", "main", "z", true],
  ])("a grant on %s, asked in %s of namespace %j, holds: %s", (name, datastore, namespace, holds) => {
    const whoami = granted("task.cancel", { kind: "namespace", name });
    expect(isAllowed(whoami, "task.cancel", { datastore, namespace })).toBe(holds);
  });
});
