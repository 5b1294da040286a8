import type { Catalogue } from "../catalogue.ts";

export const access = {} as const satisfies Catalogue["access"];
