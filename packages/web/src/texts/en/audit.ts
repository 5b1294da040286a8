/** The page Audit Log. */
export const audit = {} as const;
