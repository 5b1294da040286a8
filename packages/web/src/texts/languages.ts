/** Which languages there are, and which one this browser's reader wants. */

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

/** In its own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

/** Where a choice is remembered. */
export const LANGUAGE_KEY = "ironcore-language";

/** What was chosen, else the first of the browser's languages that there is, else English. */
export function pickLanguage(chosen: string | null, wanted: readonly string[]): Language {
  const candidates = [chosen ?? "", ...wanted].map((tag) => tag.toLowerCase().split("-")[0]);
  return candidates.flatMap((tag) => LANGUAGES.filter((language) => language === tag))[0] ?? "en";
}
