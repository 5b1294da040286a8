/**
 * The types of texts. Keys and the values that a text wants are read off the original once, into one flat table: the library's
 * own types work all of it out again at each use, which took the compiler longer with every page that was translated.
 */

import type { en } from "./en/catalogue.ts";

/** What a translation has to bring: the keys of the original, each with words of its own. */
export type Catalogue = Translation<typeof en>;

type Translation<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Translation<T[Key]> };

type Entries<T, Path extends string = ""> = {
  [Key in keyof T & string]: T[Key] extends string
    ? [`${Path}${Key}`, T[Key]]
    : Entries<T[Key], `${Path}${Key}.`>;
}[keyof T & string];

/** `a.days_one` and `a.days_other` are two forms of `a.days`. */
type WithoutForm<Key extends string> = Key extends `${infer Base}_${"one" | "other"}` ? Base : Key;

/** Key → text, all forms of a counted one. */
type Texts = { [Entry in Entries<typeof en> as WithoutForm<Entry[0]>]: Entry[1] };

export type TextKey = keyof Texts;

type NameOf<Hole extends string> = Hole extends `${infer Name},${string}` ? Name : Hole;
type Holes<Text> = Text extends `${string}{{${infer Hole}}}${infer Rest}`
  ? NameOf<Hole> | Holes<Rest>
  : never;

/** Names of the values that its text wants. */
type WantedBy = { [Key in TextKey]: Holes<Texts[Key]> };

export type Values<Key extends TextKey> = [WantedBy[Key]] extends [never]
  ? readonly []
  : readonly [values: { readonly [Name in WantedBy[Key]]: Name extends "count" ? number : string | number }];

/** Keys of the texts that need no value: what a table of words can hold. */
export type PlainKey = { [Key in TextKey]: [WantedBy[Key]] extends [never] ? Key : never }[TextKey];
