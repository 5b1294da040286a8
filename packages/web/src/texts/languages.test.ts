import { expect, test } from "vitest";
import { pickLanguage } from "./languages.ts";

test("a choice goes before the browser's languages, and these in their order", () => {
  expect(pickLanguage("en", ["de-AT", "en"])).toBe("en");
  expect(pickLanguage(null, ["de-AT", "en"])).toBe("de");
  expect(pickLanguage(null, ["fr-FR", "de"])).toBe("de");
});

test("what there is no catalogue for reads English", () => {
  expect(pickLanguage("xx", [])).toBe("en");
  expect(pickLanguage(null, ["ja"])).toBe("en");
});
