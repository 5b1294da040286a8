/** The first page. */
export const dashboard = {} as const;
