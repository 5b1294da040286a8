/** Reading values out of a page's address. Every value is checked; what is unknown is dropped and never asked. */

export const NAME_LENGTH_MAX = 256;

export function wordOf<Word extends string>(words: readonly Word[], value: unknown): Word | undefined {
  return words.find((word) => word === value);
}

/** A value of digits alone is read as a number by the router. */
export function textOf(value: unknown, lengthMax = NAME_LENGTH_MAX): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value).trim();
  return text === "" || text.length > lengthMax ? undefined : text;
}

export function wholeOf(value: unknown, min: number, max: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
    ? value
    : undefined;
}

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** An absent property and one that is `undefined` are not the same in an address. */
export function withoutAbsent<Fields extends object>(fields: Fields): Present<Fields> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<Fields>; // The same properties, fewer of them.
}
