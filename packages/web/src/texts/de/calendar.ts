import type { Catalogue } from "../catalogue.ts";

export const calendar = {} as const satisfies Catalogue["calendar"];
