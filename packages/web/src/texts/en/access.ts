/** Users, projects, roles and tokens. */
export const access = {} as const;
