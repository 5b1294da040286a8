/** The page Statistics. */
export const statistics = {} as const;
