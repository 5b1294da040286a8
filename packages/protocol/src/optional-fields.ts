/** Tables of fields, once for what makes a thing and once for what changes it. */

import { Type } from "typebox";

type Member = Parameters<typeof Type.Union>[0][number];
/** May be left out; `null` takes it away. */
export const clearable = <Schema extends Member>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
/** All may be left out. */
export function optional<Fields extends Record<string, Member>>(fields: Fields) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, Type.Optional(schema)]),
  ) as {
    [Name in keyof Fields]: ReturnType<typeof Type.Optional<Fields[Name]>>;
  };
}
/** All may be left out; `null` takes one away. */
export function clearables<Fields extends Record<string, Member>>(fields: Fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, clearable(schema)])) as {
    [Name in keyof Fields]: ReturnType<typeof clearable<Fields[Name]>>;
  };
}
