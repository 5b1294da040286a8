/** Loads the page's parts and, at the same time, the words in its reader's language; then it starts. */

import { LANGUAGE_KEY, pickLanguage } from "./texts/languages.ts";
import { loadCatalogue } from "./texts/load-catalogue.ts";
import { takeCatalogue } from "./texts/texts.ts";

/** Nothing is awaited at the top: what is imported here imports parts of this file's bundle, and would wait for it in turn. */
async function boot(): Promise<void> {
  const language = pickLanguage(chosenLanguage(), navigator.languages);
  document.documentElement.lang = language;
  const [catalogue, { start }] = await Promise.all([loadCatalogue(language), import("./main.tsx")]);
  takeCatalogue(language, catalogue);
  const root = document.querySelector("#root");
  if (root !== null) start(root);
}

function chosenLanguage(): string | null {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    return null;
  }
}

void boot();
