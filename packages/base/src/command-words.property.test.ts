import fc from "fast-check";
import { expect, test } from "vitest";
import { quoteCommandWords, readCommandWords } from "./command-words.ts";

test("words that are quoted are read as the same words", () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from("aZ0 '\"\\$`|;&<>\n-äß=")) });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      expect(readCommandWords(quoteCommandWords(words))).toEqual({ words });
    }),
  );
});

test.each([
  ["", "it has no word"],
  ["pg_dump 'shop", "a quote is not closed"],
  ["pg_dump shop | gzip", "there is none"],
  ["echo $HOME", "there is none"],
])("%s is not read: %s", (text, trouble) => {
  expect(readCommandWords(text).trouble).toContain(trouble);
});
