/**
 * The document and the table say the same. The server checks requests against the table, the client's types come from
 * the table, so what fits the document must fit the table, and what does not, must not.
 */

import fc from "fast-check";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { routes } from "@ironcore-backup/protocol";
import type { Route } from "@ironcore-backup/protocol";
import { spoiled, valuesOf } from "./json-schema-values.testing.ts";
import type { JsonSchema } from "./json-schema-values.testing.ts";
import { createOpenApi } from "./openapi.ts";

interface Operation {
  readonly operationId: string;
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: JsonSchema } };
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: { readonly "application/json"?: { readonly schema: JsonSchema } } }>
  >;
}

// Written and read again, as a caller gets it.
const document = JSON.parse(JSON.stringify(createOpenApi("1.2.3"))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
};
const find = (reference: string): JsonSchema =>
  document.components.schemas[reference.slice("#/components/schemas/".length)] ?? {};

/** Every reference replaced by what it names. */
function resolve(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(resolve);
  if (typeof schema !== "object" || schema === null) return schema;
  if ("$ref" in schema) return resolve(find(String(schema.$ref)));
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolve(value)]));
}

const operations = new Map(
  Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => [operation.operationId, operation] as const),
  ),
);

const cases = Object.entries<Route>(routes).flatMap(([name, route]) => {
  const operation = operations.get(name);
  const answer = operation?.responses[route.status]?.content?.["application/json"]?.schema;
  const body = operation?.requestBody?.content["application/json"].schema;
  return [
    ...(body === undefined || route.body === undefined ? [] : [[`${name} body`, body, route.body] as const]),
    ...(answer === undefined ? [] : [[`${name} answer`, answer, route.response] as const]),
  ];
});

test("there is a schema on both sides for every body and every answer", () => {
  const expected = Object.values<Route>(routes).map(
    (route) => (route.body === undefined ? 0 : 1) + (route.status === 204 ? 0 : 1),
  );
  expect(cases).toHaveLength(expected.reduce<number>((sum, count) => sum + count, 0));
});

test.each(cases)(
  "what fits the document fits the table, and the other way round: %s",
  (_name, inDocument, inTable) => {
    const byTable = Compile(inTable);
    // Any JSON schema can be compiled; the type is that of schemas made with the library.
    const byDocument = Compile(resolve(inDocument) as TSchema);
    fc.assert(
      fc.property(
        valuesOf(inDocument, find).chain((value) => fc.tuple(fc.constant(value), spoiled(value))),
        ([value, broken]) => {
          expect(byTable.Check(value), JSON.stringify(value)).toBe(true);
          expect(byTable.Check(broken), JSON.stringify(broken)).toBe(byDocument.Check(broken));
        },
      ),
      { numRuns: 40 },
    );
  },
);
