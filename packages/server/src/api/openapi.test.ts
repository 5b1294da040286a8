import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  API_PREFIX,
  calls,
  EVENTS_PATH,
  routes,
  SNAPSHOT_DOWNLOAD_PATH,
  TASK_LOG_TEXT_PATH,
} from "@ironcore-backup/protocol";
import type { Route } from "@ironcore-backup/protocol";
import { createDocsPage } from "./docs-page.ts";
import { createOpenApi } from "./openapi.ts";

const text = JSON.stringify(createOpenApi("1.2.3"));
const document = JSON.parse(text) as {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        security?: unknown[];
        parameters: { name: string; in: string; required: boolean }[];
        responses: Record<string, unknown>;
      }
    >
  >;
  security: unknown;
  components: { schemas: Record<string, unknown>; responses: Record<string, unknown> };
};
const operationOf = (name: string) =>
  Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .find((operation) => operation.operationId === name);

test("describes every call of the table and both streams, once each", () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const braced = (path: string): string => path.replace(/:([a-z]+)/g, "{$1}");
  const expected = [
    ...Object.values(calls).map((call) => `${call.method} ${API_PREFIX}${braced(call.path)}`),
    `GET ${EVENTS_PATH}`,
    `GET ${braced(SNAPSHOT_DOWNLOAD_PATH)}`,
    `GET ${braced(TASK_LOG_TEXT_PATH)}`,
  ];
  expect(described.toSorted()).toEqual(expected.toSorted());
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test("every reference leads to a schema, and none is left inline with an id", () => {
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    (match) => match[1] ?? "",
  );
  expect(references.length).toBeGreaterThan(5);
  for (const name of references) expect(document.components.schemas).toHaveProperty(name);
  for (const [, name = ""] of text.matchAll(/"\$ref":"#\/components\/responses\/(\w+)"/g))
    expect(document.components.responses).toHaveProperty(name);
  expect(text).not.toContain('"$id"');
});

test("every parameter of a path is declared and required; only four calls are open", () => {
  const open: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
      const declared = operation.parameters.filter((parameter) => parameter.in === "path");
      expect(declared.map((parameter) => parameter.name).toSorted()).toEqual(names.toSorted());
      expect(declared.every((parameter) => parameter.required)).toBe(true);
      if (operation.security?.length === 0) open.push(operation.operationId);
    }
  }
  expect(open.toSorted()).toEqual(["getHealth", "getReadiness", "login", "ping"]);
});

test("every route says how it refuses, and what creates takes an Idempotency-Key", () => {
  for (const [name, route] of Object.entries<Route>(routes)) {
    const operation = operationOf(name);
    const statuses = Object.keys(operation?.responses ?? {});
    expect([name, statuses]).toEqual([name, expect.arrayContaining([String(route.status), "429", "500"])]);
    if (route.authenticated) expect([name, statuses]).toEqual([name, expect.arrayContaining(["401", "403"])]);
    const takesKey = operation?.parameters.some((parameter) => parameter.name === "Idempotency-Key");
    expect([name, takesKey]).toEqual([name, route.method === "POST" && [201, 202].includes(route.status)]);
  }
});

test("a change with a cookie needs the CSRF token beside it", () => {
  expect(operationOf("createDatastore")?.security).toEqual([{ bearer: [] }, { cookie: [], csrf: [] }]);
  expect(operationOf("getDatastore")?.security).toBeUndefined();
  expect(document.security).toEqual([{ bearer: [] }, { cookie: [] }]);
});

test("docs/api/openapi.json is this document; after a change run `node packages/server/src/openapi-main.ts`", () => {
  const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
  // The product's own manifest.
  const { version } = read("../../package.json") as { readonly version: string };
  const made: unknown = JSON.parse(JSON.stringify(createOpenApi(version)));
  expect(read("../../../../docs/api/openapi.json")).toEqual(made);
});

test("the page names every call and loads nothing from anywhere", () => {
  const page = createDocsPage("1.2.3");
  for (const name of Object.keys(calls)) expect(page).toContain(`<strong>${name}</strong>`);
  expect(page).not.toMatch(/<script|src=|https?:\/\//);
});
