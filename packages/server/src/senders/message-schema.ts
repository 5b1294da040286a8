/**
 * The JSON Schema of a message for those who receive it, made from the shape that the server itself keeps to. It is looser
 * than that one where a later version may add something: fields, and words for events. So nobody who validates by it refuses a
 * message of tomorrow.
 */

import { NOTIFICATION_EVENTS, NotificationMessageSchema } from "@ironcore-backup/protocol";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export function messageJsonSchema(): Json {
  // Through JSON, which leaves behind what only the library reads.
  const plain = JSON.parse(JSON.stringify(NotificationMessageSchema)) as Json;
  const schema = loosened(plain);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Notification message of Ironcore Backup, version 1",
    description:
      "The body of a webhook with the preset standard. Take fields and events that you do not know.",
    ...(isRecord(schema) ? schema : {}),
  };
}

function loosened(schema: Json): Json {
  if (isList(schema)) return schema.map(loosened);
  if (!isRecord(schema)) return schema;
  const words = wordsOf(schema);
  if (words !== undefined)
    return words.length === NOTIFICATION_EVENTS.length ? eventWord(words) : { enum: words };
  const kept = Object.entries(schema).filter(([name]) => name !== "additionalProperties" && name !== "$id");
  return Object.fromEntries(kept.map(([name, inner]) => [name, loosened(inner)]));
}

function eventWord(words: readonly string[]): Json {
  return { type: "string", description: "More may come.", examples: words };
}

/** A choice of fixed words. */
function wordsOf({ anyOf }: { readonly [name: string]: Json }): readonly string[] | undefined {
  if (anyOf === undefined || !isList(anyOf)) return undefined;
  const words = anyOf.map((one) => (isRecord(one) ? one["const"] : undefined));
  return words.every((word) => typeof word === "string") ? words : undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isRecord(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
