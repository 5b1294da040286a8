/** The page Datastores. */
export const datastores = {} as const;
