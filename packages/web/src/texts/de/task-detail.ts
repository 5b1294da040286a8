import type { Catalogue } from "../catalogue.ts";

export const taskDetail = {} as const satisfies Catalogue["taskDetail"];
