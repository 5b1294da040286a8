/** Each language is a file of its own: a reader loads one. */

import type { Catalogue } from "./catalogue.ts";
import type { Language } from "./languages.ts";

export async function loadCatalogue(language: Language): Promise<Catalogue> {
  switch (language) {
    case "en":
      return (await import("./en/catalogue.ts")).en;
    case "de":
      return (await import("./de/catalogue.ts")).de;
  }
}
