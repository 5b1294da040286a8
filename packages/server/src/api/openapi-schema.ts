/** The protocol's schemas as an OpenAPI document holds them: plain JSON, the named ones once, by reference. */

export type Json = Readonly<Record<string, unknown>>;

/** The schemas that a document's operations share, by name; filled as they are met. */
export type SharedSchemas = Map<string, unknown>;

/** Copies a schema as plain JSON; one with an `$id` moves to the shared ones and leaves a reference. */
export function shareSchema(schema: unknown, schemas: SharedSchemas): unknown {
  if (Array.isArray(schema)) return schema.map((item) => shareSchema(item, schemas));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id, ...rest } = schema as { readonly $id?: unknown };
  const copy =
    enumOf(rest) ??
    Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, shareSchema(value, schemas)]));
  if (typeof $id !== "string") return copy;
  schemas.set($id, copy);
  return { $ref: `#/components/schemas/${$id}` };
}

/** A choice of words reads better as `enum`, and programs that write clients make better types of it. */
function enumOf(schema: Json): Json | undefined {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length === 0) return undefined;
  const words = anyOf.map((choice: unknown) => wordOf(choice));
  if (words.includes(undefined)) return undefined;
  return { ...rest, type: "string", enum: words };
}

function wordOf(choice: unknown): string | undefined {
  if (typeof choice !== "object" || choice === null || !("const" in choice)) return undefined;
  return Object.keys(choice).length === 2 && typeof choice.const === "string" ? choice.const : undefined;
}
