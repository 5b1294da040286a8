import type { Catalogue } from "../catalogue.ts";

export const pruneSimulator = {} as const satisfies Catalogue["pruneSimulator"];
