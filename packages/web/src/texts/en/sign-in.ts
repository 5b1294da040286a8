/** The way in. */
export const signIn = {} as const;
