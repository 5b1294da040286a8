/** Values that fit a JSON schema, and values that are near it, for tests that ask in the API's own words. */

import fc from "fast-check";

export type JsonSchema = Readonly<Record<string, unknown>>;
export type SchemaLookup = (reference: string) => JsonSchema;

const TEXT_LENGTH_MAX = 40;
const ITEM_COUNT_MORE = 3;

/** Values that fit. */
export function valuesOf(schema: JsonSchema, find: SchemaLookup): fc.Arbitrary<unknown> {
  if (typeof schema["$ref"] === "string") return valuesOf(find(schema["$ref"]), find);
  if ("const" in schema) return fc.constant(schema["const"]);
  if (Array.isArray(schema["enum"])) return fc.constantFrom<unknown>(...schema["enum"]);
  if (Array.isArray(schema["anyOf"]))
    return fc.oneof(...schema["anyOf"].map((choice) => valuesOf(choice as JsonSchema, find)));
  switch (schema["type"]) {
    case "string":
      return texts(schema);
    case "integer":
      return fc.integer({
        min: numberOf(schema, "minimum", -1000),
        max: numberOf(schema, "maximum", 2 ** 31),
      });
    case "number":
      return fc.double({ min: numberOf(schema, "minimum", -1e9), max: 1e9, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return arrays(schema, find);
    case "object":
      return objects(schema, find);
    default:
      throw new Error(`no values known for ${JSON.stringify(schema)}`);
  }
}

function texts(schema: JsonSchema): fc.Arbitrary<string> {
  const minLength = numberOf(schema, "minLength", 0);
  const maxLength = Math.max(
    minLength,
    Math.min(numberOf(schema, "maxLength", TEXT_LENGTH_MAX), TEXT_LENGTH_MAX),
  );
  if (typeof schema["pattern"] !== "string") return fc.string({ minLength, maxLength });
  return fc
    .stringMatching(new RegExp(schema["pattern"]))
    .filter((text) => text.length >= minLength && text.length <= numberOf(schema, "maxLength", Infinity));
}

function arrays(schema: JsonSchema, find: SchemaLookup): fc.Arbitrary<unknown> {
  const minLength = numberOf(schema, "minItems", 0);
  const maxLength = Math.min(numberOf(schema, "maxItems", Infinity), minLength + ITEM_COUNT_MORE);
  return fc.array(valuesOf(schema["items"] as JsonSchema, find), { minLength, maxLength });
}

function objects(schema: JsonSchema, find: SchemaLookup): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>);
  const required = (schema["required"] ?? []) as readonly string[];
  const fixed = fc.record(
    Object.fromEntries(properties.map(([name, property]) => [name, valuesOf(property, find)])),
    { requiredKeys: [...required] },
  );
  const [pattern] = Object.values((schema["patternProperties"] ?? {}) as Record<string, JsonSchema>);
  if (pattern === undefined) return fixed;
  return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), valuesOf(pattern, find), { maxKeys: 3 });
}

function numberOf(schema: JsonSchema, key: string, fallback: number): number {
  return typeof schema[key] === "number" ? schema[key] : fallback;
}

/** What no schema expects, in any place. */
export const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  "",
  " ",
  "\u0000",
  "../../etc/passwd",
  "..%2f..%2f",
  "' or 1=1 --",
  "\ud800",
  "\u202e",
  "x".repeat(5000),
  "__proto__",
  [],
  {},
  [[[[]]]],
  { constructor: { prototype: { polluted: true } } },
  Array.from({ length: 2000 }, () => "x"),
];

/** The same value with one thing in it that does not belong there, or one thing gone. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null) return fc.constantFrom(...HOSTILE);
  const names = Object.keys(value);
  const inside = names.map((name) =>
    spoiled((value as Record<string, unknown>)[name]).map((inner) => replace(value, name, inner)),
  );
  const gone = names.map((name) => fc.constant(without(value, name)));
  const more = fc
    .tuple(fc.constantFrom("extra", "__proto__", "constructor", "toString", ""), fc.constantFrom(...HOSTILE))
    .map(([name, inner]) => replace(value, name, inner));
  return fc.oneof(fc.constantFrom(...HOSTILE), more, ...inside, ...gone);
}

function replace(value: object, name: string, inner: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, at) => (String(at) === name ? inner : item));
  // Not a spread with the name behind it: `__proto__` must become a field like any other.
  const copy = { ...value };
  Object.defineProperty(copy, name, { value: inner, enumerable: true, configurable: true, writable: true });
  return copy;
}

function without(value: object, name: string): unknown {
  const entries = Object.entries(value).filter(([key]) => key !== name);
  return Array.isArray(value) ? entries.map(([, inner]) => inner as unknown) : Object.fromEntries(entries);
}
