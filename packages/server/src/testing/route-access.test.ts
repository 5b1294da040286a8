/** Every route of the API's own description, asked as everybody, compared with the table. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { API_PREFIX } from "@ironcore-backup/protocol";
import { anAccessHouse, INSIDERS, OUTSIDERS, SECRET_MARK } from "./access-house.ts";
import type { AccessHouse, Insider, Outsider } from "./access-house.ts";
import { routeAccessTable } from "./route-access-table.ts";
import { askRoute } from "./route-requests.ts";
import type { Operation } from "./route-requests.ts";
import { closeAll } from "./server-fixture.ts";

let house: AccessHouse;
let operations: readonly Operation[];
beforeAll(async () => {
  house = await anAccessHouse();
  operations = await listOperations();
}, 120_000);
afterAll(closeAll);

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

async function listOperations(): Promise<Operation[]> {
  const { body } = await house.fixture.call<Description>("GET", "/openapi.json", { token: null });
  const described = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      method: method.toUpperCase(),
      path: path.slice(API_PREFIX.length),
      operationId,
    })),
  );
  const descriptions = ["/openapi.json", "/docs"].map((path) => ({ method: "GET", path, operationId: path }));
  // Signing out ends what the others are asked with.
  const isLast = ({ operationId }: Operation): boolean => operationId === "logout";
  const all = [...described, ...descriptions];
  return [...all.filter((one) => !isLast(one)), ...all.filter(isLast)];
}

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** What answers say that is not about what was asked. */
function normalised(text: string, names: readonly string[]): string {
  let plain = text.replace(/"requestId":"[^"]*"/, "").replace(/new-\d+/g, "NEW");
  // A UPID has backslashes, which JSON doubles.
  for (const name of names) plain = plain.replaceAll(JSON.stringify(name).slice(1, -1), "NAME");
  return plain;
}

test("the table names every route of the description, and no other", () => {
  expect([...routeAccessTable.keys()].toSorted()).toEqual(operations.map(nameOf).toSorted());
});

test("a foreign thing is answered in the very words for a thing that does not exist", async () => {
  const different: unknown[] = [];
  const names = [...Object.values(house.names), ...Object.values(house.missing)].toSorted(
    (a, b) => b.length - a.length,
  );
  for (const operation of operations.filter(isAboutSomething)) {
    const there = await askRoute(house, { operation, who: "foreign-member", names: { ...house.names } });
    const nowhere = await askRoute(house, { operation, who: "foreign-member", names: house.missing });
    const [first, second] = [there, nowhere].map(({ text }) => normalised(text, names));
    if (there.outcome !== nowhere.outcome || first !== second)
      different.push([nameOf(operation), there.outcome, nowhere.outcome, first, second]);
  }
  expect(different).toEqual([]);
}, 300_000);

test("every route answers everybody as the table says, and tells a foreign project's member nothing of this one", async () => {
  const found: Record<string, Record<string, string>> = {};
  const leaks: string[] = [];
  const ask = async (operation: Operation, who: Insider | Outsider): Promise<string> => {
    const { outcome, text } = await askRoute(house, { operation, who });
    // Names that were sent come back in refusals; what nobody sent must not.
    const telling = isAboutSomething(operation)
      ? [SECRET_MARK]
      : [SECRET_MARK, ...TELLING_NAMES, house.names["upid"] ?? ""];
    if (!mayKnow(who) && operation.operationId !== "login" && telling.some((word) => text.includes(word)))
      leaks.push(`${nameOf(operation)} as ${who}: ${text}`);
    return outcome;
  };
  for (const operation of operations) {
    const outsiders = await Promise.all(OUTSIDERS.map((who) => ask(operation, who)));
    const row: Record<string, string> = { outsiders: [...new Set(outsiders)].join(" or ") };
    // One after the other: what an administrator removes is gone for those who come later.
    for (const who of INSIDERS) {
      row[who] = await ask(operation, who);
      if (operation.operationId === "pauseScheduler") await house.make("/scheduler/resume", undefined);
    }
    found[nameOf(operation)] = row;
  }
  expect(found).toEqual(Object.fromEntries(routeAccessTable));
  expect(leaks).toEqual([]);
}, 300_000);

const TELLING_NAMES = ["someone@ibs", '"mine"', '"store"', "project-reader@ibs"];
const mayKnow = (who: Insider | Outsider): boolean =>
  who !== "foreign-member" && !OUTSIDERS.some((one) => one === who);
const BODY_OPERATIONS = [
  "planPrune",
  "startPrune",
  "startGc",
  "startBackup",
  "backUpWorkload",
  "startRestore",
  "startVerify",
  "startDrill",
  "createJob",
  "createTarget",
  "createNotificationGroup",
  "createNotificationRule",
  "previewNotificationRule",
  "createApiToken",
  "createGrant",
];
const isAboutSomething = ({ path, operationId }: Operation): boolean =>
  path.includes("{") || BODY_OPERATIONS.includes(operationId);
