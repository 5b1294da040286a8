/** One task beside the list. */
export const taskDetail = {} as const;
