import type { Catalogue } from "../catalogue.ts";

export const taskLog = {} as const satisfies Catalogue["taskLog"];
