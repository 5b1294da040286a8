/** A task's log. */
export const taskLog = {} as const;
