/** The page Workloads. */
export const workloads = {} as const;
