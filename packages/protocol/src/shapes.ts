/** Small shapes that many messages share. Instants are milliseconds since 1970; sizes are bytes. */

import { Type } from "typebox";
import type { Static, TObject, TProperties } from "typebox";

/** An object that refuses fields it does not know: what a caller misspells must not be ignored. */
export function strictObject<Properties extends TProperties>(
  properties: Properties,
  id?: string,
): TObject<Properties> {
  return Type.Object(
    properties,
    id === undefined ? { additionalProperties: false } : { additionalProperties: false, $id: id },
  );
}

export const InstantSchema = Type.Integer({ minimum: 0, description: "Milliseconds since 1970-01-01 UTC" });
export const SizeSchema = Type.Integer({ minimum: 0, description: "Bytes" });
export const CountSchema = Type.Integer({ minimum: 0 });

export const ErrorShapeSchema = strictObject({
  code: Type.String({ description: "Stable name of the error" }),
  message: Type.String({ description: "What happened" }),
  remedy: Type.String({ description: "What to do next" }),
  retry: Type.Union([Type.Literal("never"), Type.Literal("later"), Type.Literal("now")]),
  context: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
});

/** The body of every refused request. */
export const ErrorResponseSchema = strictObject({
  error: ErrorShapeSchema,
  requestId: Type.String(),
});
export type ErrorResponse = Static<typeof ErrorResponseSchema>;
