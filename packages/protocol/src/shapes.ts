/** Small shapes that many messages share. Instants are milliseconds since 1970; sizes are bytes. */

import { Type } from "typebox";
import type { Static, TObject, TProperties, TUnsafe } from "typebox";

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

/** One of these words. */
export function words<const Word extends string>(list: readonly Word[]): TUnsafe<Word> {
  return Type.Unsafe<Word>(Type.Union(list.map((word) => Type.Literal(word))));
}

export const InstantSchema = Type.Integer({ minimum: 0, description: "Milliseconds since 1970-01-01 UTC" });
export const SizeSchema = Type.Integer({ minimum: 0, description: "Bytes" });
export const CountSchema = Type.Integer({ minimum: 0 });

/** A count for each of these words. */
export function countsOf<const Word extends string>(
  list: readonly Word[],
): TUnsafe<Readonly<Record<Word, number>>> {
  return Type.Unsafe<Readonly<Record<Word, number>>>(Type.Record(words(list), CountSchema));
}

const PATH_LENGTH_MAX = 4096;

export const NameSchema = Type.String({ minLength: 1, maxLength: 256 });
export const AbsolutePathSchema = Type.String({
  minLength: 1,
  maxLength: PATH_LENGTH_MAX,
  pattern: "^/[^\\u0000]*$",
});
export const PatternSchema = Type.String({ minLength: 1, maxLength: PATH_LENGTH_MAX });
export const CommentSchema = Type.String({ maxLength: 1024 });

/** What a list's query has in common: how many, and where the last page ended. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  /** `nextCursor` of the page before. */
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
};

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
