import type { Catalogue } from "../catalogue.ts";

export const jobs = {} as const satisfies Catalogue["jobs"];
