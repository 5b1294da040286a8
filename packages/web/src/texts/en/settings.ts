/** The page Settings. */
export const settings = {} as const;
