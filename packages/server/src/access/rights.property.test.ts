import fc from "fast-check";
import { expect, test } from "vitest";
import { PRIVILEGES } from "@ironcore-backup/protocol";
import type { Privilege, Scope } from "@ironcore-backup/protocol";
import { isTaskVisible } from "../state/task-visibility.ts";
import {
  assertMay,
  commonRights,
  hasAll,
  hasAllOf,
  maySomewhere,
  mayDo,
  resourceOf,
  taskVisibilityOf,
} from "./rights.ts";
import type { Resource, Right, Rights } from "./rights.ts";

// Few names that meet often, some that begin alike.
const projects = ["p", "pp", "q"];
const datastores = ["ds", "ds2", "other"];
const namespaces = ["a", "ab", "a/b", "a/b/c", "b"];

const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant<Scope>({ kind: "platform", name: "" }),
  fc.constantFrom(...projects).map((name): Scope => ({ kind: "project", name })),
  fc.constantFrom(...datastores).map((name): Scope => ({ kind: "datastore", name })),
  fc
    .tuple(fc.constantFrom(...datastores), fc.constantFrom(...namespaces))
    .map(([datastore, namespace]): Scope => ({ kind: "namespace", name: `${datastore}:${namespace}` })),
);
const privileges = fc.constantFrom<Privilege>("task.read", "task.cancel", "grant.manage", "snapshot.read");
const right: fc.Arbitrary<Right> = fc.record({
  role: fc.constant("r"),
  scope,
  privileges: fc.array(privileges, { minLength: 1, maxLength: 3 }).map((list) => new Set(list)),
});
const rights: fc.Arbitrary<Rights> = fc.array(right, { maxLength: 5 });
const task = fc.record({
  upid: fc.constant("UPID:x"),
  authId: fc.constant("a@ibs"),
  datastore: fc.constantFrom(...datastores),
  namespace: fc.constantFrom("", ...namespaces),
  project: fc.constantFrom(undefined, ...projects),
});
type TaskPlace = Extract<Resource, { kind: "task" }>["task"];
const placeOf = ({
  project,
  ...rest
}: { project: string | undefined } & Omit<TaskPlace, "project">): TaskPlace =>
  project === undefined ? rest : { ...rest, project };
const place: fc.Arbitrary<Resource> = scope.map(resourceOf);
const resource: fc.Arbitrary<Resource> = fc.oneof(
  place,
  task.map((one): Resource => ({ kind: "task", task: placeOf(one) })),
);

/** The same decision said otherwise: every scope that lies above a thing, by name. */
function scopesAbove(thing: Resource): string[] {
  const ofNamespace = (datastore: string, namespace: string): string[] => {
    const parts = namespace === "" ? [] : namespace.split("/");
    const inside = parts.map((_part, at) => `namespace ${datastore}:${parts.slice(0, at + 1).join("/")}`);
    return ["platform ", `datastore ${datastore}`, ...inside];
  };
  switch (thing.kind) {
    case "platform":
      return ["platform "];
    case "project":
      return ["platform ", `project ${thing.project}`];
    case "datastore":
      return ofNamespace(thing.datastore, "");
    case "namespace":
      return ofNamespace(thing.datastore, thing.namespace);
    case "task":
      return [
        ...ofNamespace(thing.task.datastore, thing.task.namespace),
        ...(thing.task.project === undefined ? [] : [`project ${thing.task.project}`]),
      ];
  }
}

const codeOf = (work: () => void): string => {
  try {
    work();
    return "allowed";
  } catch (thrown) {
    return (thrown as { code: string }).code; // Nothing else is thrown.
  }
};

test("a right holds exactly where one of the scopes above a thing was granted", () => {
  fc.assert(
    fc.property(rights, privileges, resource, (held, privilege, thing) => {
      const above = new Set(scopesAbove(thing));
      const expected = held.some(
        ({ scope: { kind, name }, privileges: these }) =>
          these.has(privilege) && above.has(`${kind} ${name}`),
      );
      expect(mayDo(held, privilege, thing)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test("without a grant nothing is allowed, anywhere", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PRIVILEGES), resource, (privilege, thing) => {
      expect(mayDo([], privilege, thing)).toBe(false);
      expect(maySomewhere([], privilege)).toBe(false);
      expect(codeOf(() => assertMay({ authId: "a@ibs", rights: [] }, privilege, thing))).not.toBe("allowed");
    }),
  );
});

test("one more grant never takes a right away, of a user or of a token", () => {
  fc.assert(
    fc.property(rights, rights, right, privileges, resource, (held, owner, more, privilege, thing) => {
      if (mayDo(held, privilege, thing)) expect(mayDo([...held, more], privilege, thing)).toBe(true);
      if (!mayDo(commonRights(held, owner), privilege, thing)) return;
      expect(mayDo(commonRights([...held, more], owner), privilege, thing)).toBe(true);
      expect(mayDo(commonRights(held, [...owner, more]), privilege, thing)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("a token may do what it was granted and its owner may do too, and nothing else", () => {
  fc.assert(
    fc.property(rights, rights, privileges, resource, (token, owner, privilege, thing) => {
      const common = commonRights(token, owner);
      const both = mayDo(token, privilege, thing) && mayDo(owner, privilege, thing);
      if (mayDo(common, privilege, thing)) expect(both).toBe(true);
      // A task lies in two places, which two grants may reach by different ways; all else has one.
      if (thing.kind !== "task") expect(mayDo(common, privilege, thing)).toBe(both);
      expect(hasAllOf(owner, common)).toBe(true);
      expect(hasAllOf(token, common)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("who has all privileges of a role on a scope can do there whatever the role could", () => {
  fc.assert(
    fc.property(rights, right, privileges, resource, (giver, given, privilege, thing) => {
      if (!hasAll(giver, given.privileges, given.scope)) return;
      if (mayDo([given], privilege, thing)) expect(mayDo(giver, privilege, thing)).toBe(true);
    }),
    { numRuns: 4000 },
  );
});

test("lists and events show exactly the tasks that can be read one by one", () => {
  fc.assert(
    fc.property(rights, task, (held, one) => {
      const seen = isTaskVisible(taskVisibilityOf(held), placeOf(one));
      expect(seen).toBe(mayDo(held, "task.read", { kind: "task", task: placeOf(one) }));
    }),
    { numRuns: 2000 },
  );
});

/** Whether anything was granted above a place, at it, or, for a datastore and its namespaces, in the same datastore. */
function isNear(held: Rights, thing: Resource): boolean {
  return held.some(({ scope: { kind, name } }) => {
    if (kind === "platform" || thing.kind === "platform") return true;
    if (thing.kind === "project") return kind === "project" && name === thing.project;
    return kind !== "project" && thing.kind !== "task" && name.split(":")[0] === thing.datastore;
  });
}

test("what lies where nothing was granted is not there, what lies where something was is at most forbidden", () => {
  fc.assert(
    fc.property(rights, privileges, place, (held, privilege, thing) => {
      const code = codeOf(() => assertMay({ authId: "a@ibs", rights: held }, privilege, thing));
      const missing = thing.kind === "project" ? "PROJECT_NOT_FOUND" : "DATASTORE_NOT_FOUND";
      const refused = thing.kind === "platform" || isNear(held, thing) ? "FORBIDDEN" : missing;
      expect(code).toBe(mayDo(held, privilege, thing) ? "allowed" : refused);
    }),
    { numRuns: 2000 },
  );
});

test("a task that cannot be read is not there, whatever is asked of it", () => {
  fc.assert(
    fc.property(rights, privileges, task, (held, privilege, one) => {
      const thing: Resource = { kind: "task", task: placeOf(one) };
      const code = codeOf(() => assertMay({ authId: "a@ibs", rights: held }, privilege, thing));
      if (mayDo(held, privilege, thing)) return;
      expect(code).toBe(mayDo(held, "task.read", thing) ? "FORBIDDEN" : "TASK_NOT_FOUND");
    }),
  );
});
