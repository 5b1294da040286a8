import { describe, expect, test } from "vitest";
import { LANGUAGES } from "./languages.ts";
import { loadCatalogue } from "./load-catalogue.ts";

/** `tasks.retried_one` → text */
function flat(catalogue: object, path = ""): [key: string, text: string][] {
  return Object.entries(catalogue).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "string" ? [[`${path}${name}`, value]] : flat(value as object, `${path}${name}.`),
  );
}

/** Values that are filled in, and elements. */
const holesOf = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)|<(\w+)[ />]/g)]
    .map(([, value, element]) => value ?? `<${element ?? ""}>`)
    .toSorted();

describe.each(LANGUAGES)("the catalogue %s", async (language) => {
  const catalogue = flat(await loadCatalogue(language));
  const original = new Map(flat(await loadCatalogue("en")));

  test("has no empty text and none with a space at its edge", () => {
    expect(catalogue.filter(([, text]) => text.trim() !== text || text === "")).toEqual([]);
  });

  test("fills in what the original does", () => {
    for (const [key, text] of catalogue) expect(holesOf(text), key).toEqual(holesOf(original.get(key) ?? ""));
  });

  test("has every form of a number that its language knows", () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const keys = new Set(catalogue.map(([key]) => key));
    for (const key of keys) {
      const base = /^(.*)_(?:zero|one|two|few|many|other)$/.exec(key)?.[1];
      for (const form of base === undefined ? [] : forms)
        expect(keys.has(`${base}_${form}`), `${base}_${form}`).toBe(true);
    }
  });
});
