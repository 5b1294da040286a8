import { Type } from "typebox";
import { expect, test } from "vitest";
import { strictObject } from "@ironcore-backup/protocol";
import { createRequestCheck } from "./request-check.ts";

const checks = createRequestCheck({
  params: strictObject({ name: Type.String({ maxLength: 5 }) }),
  query: strictObject({
    limit: Type.Optional(Type.Integer({ minimum: 1, default: 50 })),
    full: Type.Optional(Type.Boolean()),
  }),
  body: strictObject({ count: Type.Integer(), paths: Type.Array(Type.String({ pattern: "^/" })) }),
});
const good = { params: { name: "a" }, query: {}, body: { count: 1, paths: ["/x"] } };

test("text of a query becomes numbers and defaults are filled in; a body means what it says", async () => {
  const { query, body } = await checks.check({ ...good, query: { limit: "7", full: "true" } });
  expect([query, body]).toEqual([{ limit: 7, full: true }, good.body]);
  expect((await checks.check(good)).query).toEqual({ limit: 50 });
  await expect(checks.check({ ...good, body: { count: "1", paths: [] } })).rejects.toThrow(
    "/count must be integer",
  );
});

test.each([
  [{ ...good, params: { name: "abcdef" } }, "path is not valid: /name"],
  [{ ...good, query: { limti: "1" } }, "query is not valid: has no field limti"],
  [{ ...good, body: { count: 1, paths: ["x"] } }, "/paths/0 must match"],
  [{ ...good, body: { ...good.body, extra: 1 } }, "has no field extra"],
  [{ ...good, body: null }, "it must be object"],
])("says what is wrong with %j", async (parts, message) => {
  await expect(checks.check(parts)).rejects.toThrow(message);
});

test("a route without a body refuses one", async () => {
  const bare = createRequestCheck({});
  await expect(bare.check({ params: {}, query: {}, body: { a: 1 } })).rejects.toThrow(
    "this route takes none",
  );
  expect(await bare.check({ params: {}, query: {}, body: undefined })).toMatchObject({ body: undefined });
});
