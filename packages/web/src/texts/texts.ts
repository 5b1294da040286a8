/**
 * Every word that the dashboard shows comes from a catalogue: `en/` is the original, `de/` a translation. `t` gives one in the
 * reader's language, filled with values. Which language it is, is settled before the first page is drawn and stays until the
 * page is loaded again; so nothing has to be drawn anew, and no module may ask for a text while it is being loaded.
 */

import i18next from "i18next";
import type { Catalogue, TextKey, Values } from "./catalogue.ts";
import { LANGUAGE_KEY } from "./languages.ts";
import type { Language } from "./languages.ts";

/** For `Rich`, which fills texts with elements. */
export const texts = i18next.createInstance();

let current: Language = "en";

/** The library's own types are left out: `t` has said what they would. */
const translate = (key: string, values: object): string =>
  (texts.t as (key: string, values: object) => string)(key, values);

/** `t("tasks.retried", { count: 3 })`. Throws `Error` before a catalogue was taken: some module asks while it is loaded. */
export function t<Key extends TextKey>(key: Key, ...values: Values<Key>): string {
  if (!texts.isInitialized) throw new Error(`No catalogue is loaded yet for the text ${key}.`);
  return translate(key, { ...values[0] });
}

/** All texts are of this language from now on. */
export function takeCatalogue(language: Language, catalogue: Catalogue): void {
  current = language;
  // With everything at hand it is done when it returns.
  void texts.init({
    lng: language,
    resources: { [language]: { translation: catalogue } },
    initAsync: false,
    // React escapes what it draws.
    interpolation: { escapeValue: false },
  });
}

/** `1,204`, `1.204`: as the reader's language writes it. */
export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
  return value.toLocaleString(languageTag(), options);
}

const timeFormats = new WeakMap<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();

/** An instant in the reader's language and zone. Making a format costs far more than using it: hand in the same options. */
export function formatTime(at: number, options: Intl.DateTimeFormatOptions): string {
  const known = timeFormats.get(options);
  const format = known ?? new Intl.DateTimeFormat(languageTag(), options);
  if (known === undefined) timeFormats.set(options, format);
  return format.format(at);
}

/** For `Intl`: English dates and numbers, with the day before the month. */
export function languageTag(): string {
  return current === "en" ? "en-GB" : current;
}

export function currentLanguage(): Language {
  return current;
}

/** Remembers the choice and loads the page again in it. A browser that keeps nothing stays as it is. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(LANGUAGE_KEY, language);
  location.reload();
}
