/** The list of the Task Browser and its filters. */
export const tasks = {} as const;
