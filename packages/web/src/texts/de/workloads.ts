import type { Catalogue } from "../catalogue.ts";

export const workloads = {} as const satisfies Catalogue["workloads"];
