/** Imported by tests of what shows words: they read English. */

import { en } from "./en/catalogue.ts";
import { takeCatalogue } from "./texts.ts";

takeCatalogue("en", en);
