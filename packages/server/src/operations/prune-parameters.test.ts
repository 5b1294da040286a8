import { expect, test } from "vitest";
import type { RetentionTable } from "../datastores/retention-choice.ts";
import type { TaskParameters } from "./operation.ts";
import { withRetentionsOfNow } from "./prune-parameters.ts";

const table: RetentionTable = {
  datastore: "main",
  timeZone: "UTC",
  ofNamespaces: { "": { keepDaily: 7 } },
  ofJobs: {},
};

test("a prune that waited goes by what is set when it starts, except for what it brings itself", () => {
  const prune = (retentions: RetentionTable): TaskParameters => ({
    type: "prune",
    request: { datastore: "main" },
    // Made by the parser of names elsewhere.
    datastore: { name: "main", path: "/main" } as Extract<TaskParameters, { type: "prune" }>["datastore"],
    retentions,
  });
  const now = { ...table, ofNamespaces: {} };
  expect(withRetentionsOfNow(prune(table), () => now)).toMatchObject({ retentions: now });
  const own = prune({ ...table, ofRequest: { keepLast: 1 } });
  expect(withRetentionsOfNow(own, () => now)).toMatchObject({
    retentions: { ...now, ofRequest: { keepLast: 1 } },
  });
});
