/** Reads a request against its route's schemas: unknown fields are refused, query numbers and defaults filled in. */

import type { TSchema } from "typebox";
import type { Route } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";

export interface RequestParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

export interface RequestCheck {
  /** @throws REQUEST_INVALID */
  check(parts: RequestParts): Promise<RequestParts>;
}

type SchemaCheck = (value: unknown) => unknown;

/** Schemas are compiled when the first request needs them: at start they would only cost time. */
export function createRequestCheck(route: Pick<Route, "params" | "query" | "body">): RequestCheck {
  let checks: Promise<Record<keyof RequestParts, SchemaCheck>> | undefined;
  const prepare = async (): Promise<Record<keyof RequestParts, SchemaCheck>> => ({
    params: await compile("path", route.params),
    query: await compile("query", route.query),
    body: await compile("body", route.body),
  });
  return {
    check: async (parts) => {
      checks ??= prepare();
      const { params, query, body } = await checks;
      return { params: params(parts.params), query: query(parts.query), body: body(parts.body) };
    },
  };
}

/** Loads the compiler, so that the first request does not wait for it. */
export async function warmUpRequestChecks(): Promise<void> {
  await Promise.all([import("typebox/compile"), import("typebox/value")]);
}

async function compile(part: "path" | "query" | "body", schema: TSchema | undefined): Promise<SchemaCheck> {
  if (schema === undefined) return part === "body" ? assertNoBody : () => ({});
  const [{ Compile }, { Value }] = await Promise.all([import("typebox/compile"), import("typebox/value")]);
  const validator = Compile(schema);
  return (value) => {
    // Text becomes numbers only where everything is text; a body says what it means.
    const read = part === "query" ? Value.Default(schema, Value.Convert(schema, value)) : value;
    if (validator.Check(read)) return read;
    throw serverErrors.REQUEST_INVALID({ part, detail: describeFirst(validator.Errors(read)) });
  };
}

function assertNoBody(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object" && Object.keys(value).length === 0) return undefined;
  throw serverErrors.REQUEST_INVALID({ part: "body", detail: "this route takes none" });
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Unions report every branch; the deepest error is nearest to what the caller meant. */
function describeFirst(errors: readonly SchemaError[]): string {
  const unknownField = errors.find((error) => error.keyword === "additionalProperties");
  if (unknownField !== undefined && "additionalProperties" in unknownField.params) {
    const names = String(unknownField.params.additionalProperties).slice(0, 200);
    return `${unknownField.instancePath === "" ? "" : `${unknownField.instancePath} `}has no field ${names}`;
  }
  const named = errors.filter((error) => error.keyword !== "boolean");
  const first = named.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  if (first === undefined) return "it does not fit its schema";
  return `${first.instancePath === "" ? "it" : first.instancePath.slice(0, 200)} ${first.message}`;
}
