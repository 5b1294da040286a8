import type { Catalogue } from "../catalogue.ts";

export const statistics = {} as const satisfies Catalogue["statistics"];
