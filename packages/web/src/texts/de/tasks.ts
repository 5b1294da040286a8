import type { Catalogue } from "../catalogue.ts";

export const tasks = {} as const satisfies Catalogue["tasks"];
