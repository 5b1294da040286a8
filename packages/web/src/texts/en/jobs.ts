/** The page Jobs and its editor. */
export const jobs = {} as const;
