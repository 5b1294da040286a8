/**
 * People who do whatever they can, in any order, together: none of them ever gets what none of them had. And whatever
 * administrators do to each other, one stays.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError } from "@ironcore-backup/base";
import type { Privilege, Scope } from "@ironcore-backup/protocol";
import { countEnabledHolders } from "../state/grant-records.ts";
import { findUserRecord } from "../state/user-records.ts";
import { rightsOf } from "./caller.ts";
import { aProject, aStore, anAccessHouse, bearer, change, PLATFORM_SCOPE } from "./access.testing.ts";
import type { AccessHouse } from "./access.testing.ts";
import { mayDo, resourceOf } from "./rights.ts";
import type { Rights } from "./rights.ts";

const PEOPLE = ["one@ibs", "two@ibs", "three@ibs"];
const SCOPES: readonly Scope[] = [
  PLATFORM_SCOPE,
  { kind: "project", name: "web" },
  { kind: "project", name: "shop" },
  { kind: "datastore", name: "store" },
  { kind: "namespace", name: "store:a" },
  { kind: "namespace", name: "store:a/b" },
];
const ROLES = ["project-reader", "project-admin", "platform-auditor", "granter", "helper", "made"];
const PRIVILEGES: readonly Privilege[] = [
  "task.read",
  "snapshot.forget",
  "grant.read",
  "grant.manage",
  "user.read",
  "user.manage",
  "token.manage",
];

interface Step {
  readonly who: number;
  readonly asToken: boolean;
  readonly whom: number;
  readonly ofToken: boolean;
  readonly role: string;
  readonly scope: Scope;
  readonly privileges: readonly Privilege[];
  readonly act:
    "grant" | "take" | "make-token" | "make-role" | "change-role" | "disable" | "enable" | "remove";
}

const index = fc.nat({ max: PEOPLE.length - 1 });
const step: fc.Arbitrary<Step> = fc.record({
  who: index,
  asToken: fc.boolean(),
  whom: index,
  ofToken: fc.boolean(),
  role: fc.constantFrom(...ROLES),
  scope: fc.constantFrom(...SCOPES),
  privileges: fc.uniqueArray(fc.constantFrom(...PRIVILEGES), { minLength: 1 }),
  act: fc.constantFrom<Step["act"]>(
    "grant",
    "grant",
    "grant",
    "take",
    "make-token",
    "make-role",
    "change-role",
    "disable",
    "enable",
    "remove",
  ),
});
const steps = fc.array(step, { minLength: 60, maxLength: 120, size: "max" });
const start = fc.array(fc.tuple(index, fc.constantFrom(...ROLES.slice(0, 5)), fc.constantFrom(...SCOPES)), {
  maxLength: 6,
});

async function aHouse(): Promise<AccessHouse> {
  const house = await anAccessHouse();
  await house.person("boss", ["platform-administrator", PLATFORM_SCOPE]);
  for (const project of ["web", "shop"]) await aProject(house, project);
  await aStore(house, "store");
  const root = await house.root();
  await house.access.roles.create(root, { name: "granter", privileges: ["grant.manage", "grant.read"] });
  await house.access.roles.create(root, { name: "helper", privileges: ["user.manage", "user.read"] });
  for (const person of PEOPLE) await house.person(person.replace("@ibs", ""));
  return house;
}

/** Refusals are what most steps end with. @returns whether it was done */
async function unlessRefused(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (cause) {
    if (cause instanceof CodedError) return false;
    throw cause;
  }
}

async function take(house: AccessHouse, secrets: Map<string, string>, one: Step): Promise<void> {
  const { access } = house;
  const user = PEOPLE[one.who] ?? "";
  if ((await findUserRecord(house.state.database, user)) === undefined) return;
  const secret = one.asToken ? secrets.get(user) : await house.session(user);
  const caller = await access.admit(bearer(secret ?? ""), change);
  const target = PEOPLE[one.whom] ?? "";
  const holder = one.ofToken ? `${target}!t` : target;
  const { role, scope, privileges } = one;
  switch (one.act) {
    case "grant":
      return void (await access.grants.create(caller, { authId: holder, role, scope }));
    case "take": {
      const grants = await access.grants.list(caller, undefined);
      return void (await access.grants.remove(caller, grants[one.whom]?.id ?? ""));
    }
    case "make-token": {
      const made = await access.tokens.create(caller, { user: target, name: "t" });
      return void secrets.set(target, made.secret);
    }
    case "make-role":
      return void (await access.roles.create(caller, { name: "made", privileges: [...privileges] }));
    case "change-role":
      return void (await access.roles.update(caller, role, { privileges: [...privileges] }));
    case "disable":
    case "enable":
      return void (await access.users.update(caller, target, { enabled: one.act === "enable" }));
    case "remove":
      return access.users.remove(caller, one.ofToken ? "boss@ibs" : target);
  }
}

/** What anybody of them can do anywhere, by themselves or by their tokens. */
async function reachOf(house: AccessHouse): Promise<Set<string>> {
  const all: Rights[] = [];
  for (const person of PEOPLE) all.push(await rightsOf(house.state.database, person));
  const reach = new Set<string>();
  for (const privilege of PRIVILEGES)
    for (const scope of SCOPES)
      if (all.some((rights) => mayDo(rights, privilege, resourceOf(scope))))
        reach.add(`${privilege} ${scope.kind} ${scope.name}`);
  return reach;
}

test("nobody gets by any number of steps what none of those who take them had", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SCOPES), start, steps, async (where, given, taken) => {
      const house = await aHouse();
      try {
        const root = await house.root();
        // Somebody who may give, somebody who may manage people, and what chance adds.
        for (const [who, role, scope] of [
          [0, "granter", where],
          [1, "helper", PLATFORM_SCOPE],
          ...given,
        ] as const)
          await unlessRefused(() =>
            house.access.grants.create(root, { authId: PEOPLE[who] ?? "", role, scope }),
          );
        const before = await reachOf(house);
        const secrets = new Map<string, string>();
        for (const one of taken) {
          if (!(await unlessRefused(() => take(house, secrets, one)))) continue;
          const after = await reachOf(house);
          expect([...after].filter((right) => !before.has(right))).toEqual([]);
          expect(await countEnabledHolders(house.state.database, "platform-administrator")).toBe(1);
        }
      } finally {
        await house.close();
      }
    }),
    { numRuns: 12 },
  );
});

test("whatever administrators do to each other, one of them stays enabled", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const house = await aHouse();
      try {
        const root = await house.root();
        const role = "platform-administrator";
        for (const authId of PEOPLE)
          await house.access.grants.create(root, { authId, role, scope: PLATFORM_SCOPE });
        for (const one of taken) {
          const act = one.act === "grant" || one.act === "make-role" ? "take" : one.act;
          await unlessRefused(() => take(house, new Map(), { ...one, act, asToken: false }));
          const count = await countEnabledHolders(house.state.database, role);
          expect(count).toBeGreaterThan(0);
        }
      } finally {
        await house.close();
      }
    }),
    { numRuns: 8 },
  );
});
