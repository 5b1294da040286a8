import type { Catalogue } from "../catalogue.ts";

export const datastores = {} as const satisfies Catalogue["datastores"];
