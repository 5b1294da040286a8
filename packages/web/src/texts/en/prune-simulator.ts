/** The Prune Simulator. */
export const pruneSimulator = {} as const;
