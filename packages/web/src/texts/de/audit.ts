import type { Catalogue } from "../catalogue.ts";

export const audit = {} as const satisfies Catalogue["audit"];
