import type { Catalogue } from "../catalogue.ts";

export const dashboard = {} as const satisfies Catalogue["dashboard"];
